// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A listing is the field or variable with the channels of all receivers, or with what has them.
type listing struct {
	sends    []inspector.Cursor // those to each of them, under a lock
	locks    []types.Object     // what each send holds
	removals map[types.Object]inspector.Cursor
}

// broadcasts reports sends to each receiver of a list under the lock that a receiver needs to
// get off the list: one that has stopped to receive waits for the lock, and the send for it.
func (l *leavers) broadcasts() {
	var order []*types.Var
	known := map[*types.Var]*listing{}
	for cur := range l.Inspect.Root().Preorder((*ast.SendStmt)(nil)) {
		if code.IsTest(l.Fset, cur.Node().Pos()) || cur.ParentEdgeKind() == edge.CommClause_Comm && len(cur.Parent().Parent().Node().(*ast.BlockStmt).List) > 1 {
			continue
		}
		list, loop := l.listOf(cur)
		if list == nil || l.empties(code.Function(cur), list) {
			continue
		}
		lock := l.heldAt(loop, cur)
		if lock == nil {
			continue
		}
		if known[list] == nil {
			known[list] = &listing{removals: map[types.Object]inspector.Cursor{}}
			order = append(order, list)
		}
		known[list].sends = append(known[list].sends, cur)
		known[list].locks = append(known[list].locks, lock)
	}
	if len(order) == 0 {
		return
	}
	l.removals(known)
	for _, list := range order {
		of := known[list]
		for i, send := range of.sends {
			removal, ok := of.removals[of.locks[i]]
			if ok && code.Function(removal) != code.Function(send) {
				l.Reportf(send.Node(), "%s may have no receiver any more, and this send has %s locked, which line %d waits for to take the receiver off: then both wait for ever",
					types.ExprString(send.Node().(*ast.SendStmt).Chan), of.locks[i].Name(), l.Fset.Position(removal.Node().Pos()).Line)
			}
		}
	}
}

// listOf returns the field or package variable that a loop goes over to send to each element,
// with the loop.
func (l *leavers) listOf(send inspector.Cursor) (*types.Var, inspector.Cursor) {
	to := ast.Unparen(send.Node().(*ast.SendStmt).Chan)
	if sel, ok := to.(*ast.SelectorExpr); ok {
		to = ast.Unparen(sel.X)
	}
	v := code.ObjectOf(l.TypesInfo, to)
	if v == nil {
		return nil, inspector.Cursor{}
	}
	for loop := range send.Enclosing((*ast.RangeStmt)(nil), (*ast.FuncLit)(nil)) {
		over, ok := loop.Node().(*ast.RangeStmt)
		if !ok {
			break
		}
		if over.Key != nil && code.ObjectOf(l.TypesInfo, over.Key) == v || over.Value != nil && code.ObjectOf(l.TypesInfo, over.Value) == v {
			return l.shared(over.X), loop
		}
	}
	return nil, inspector.Cursor{}
}

// empties reports whether a function takes off the list those that it has sent to: each gets
// one value, for which it may have room.
func (l *leavers) empties(fn inspector.Cursor, list *types.Var) bool {
	for cur := range fn.Preorder((*ast.AssignStmt)(nil), (*ast.CallExpr)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.AssignStmt:
			if slices.ContainsFunc(n.Lhs, func(e ast.Expr) bool { return l.shared(e) == list }) {
				return true
			}
		case *ast.CallExpr:
			if (code.IsBuiltin(l.TypesInfo, n, "delete") || code.IsBuiltin(l.TypesInfo, n, "clear")) && l.shared(n.Args[0]) == list {
				return true
			}
		}
	}
	return false
}

// shared returns the field or package variable that an expression is.
func (l *leavers) shared(e ast.Expr) *types.Var {
	v, _ := code.ObjectOf(l.TypesInfo, e).(*types.Var)
	if v == nil || code.IsChan(v.Type()) || !v.IsField() && v.Parent() != l.Pkg.Scope() {
		return nil
	}
	return v
}

// heldAt returns the mutex that a function locks before a loop, and holds at a place in it.
func (l *leavers) heldAt(loop, at inspector.Cursor) (held types.Object) {
	fn := code.Function(loop)
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if call.Pos() > at.Node().Pos() {
			break
		}
		if code.Function(cur) != fn || cur.ParentEdgeKind() == edge.DeferStmt_Call {
			continue
		}
		switch lock, name := l.mutex(call); {
		case lock == nil:
		case name == "lock" || name == "rlock":
			held = lock
		case lock == held && !code.EndsInReturn(listAround(cur)):
			held = nil
		}
	}
	return held
}

// listAround returns the statements that a place is in one of.
func listAround(at inspector.Cursor) []ast.Stmt {
	for block := range at.Enclosing((*ast.BlockStmt)(nil)) {
		return block.Node().(*ast.BlockStmt).List
	}
	return nil
}

// mutex returns the mutex that a call locks or unlocks, with what it does: the field or package
// variable, or the type that has it embedded.
func (l *leavers) mutex(call *ast.CallExpr) (types.Object, string) {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || !code.IsCall(l.TypesInfo, call, "(*sync.Mutex).Lock", "(*sync.Mutex).Unlock", "(*sync.RWMutex).Lock", "(*sync.RWMutex).Unlock", "(*sync.RWMutex).RLock", "(*sync.RWMutex).RUnlock") {
		return nil, ""
	}
	name := code.CallName(call)
	if v, ok := code.ObjectOf(l.TypesInfo, sel.X).(*types.Var); ok && (v.IsField() || v.Parent() == l.Pkg.Scope()) {
		return v, name
	}
	t := l.TypesInfo.TypeOf(sel.X)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() == l.Pkg {
		return n.Obj(), name
	}
	return nil, ""
}

// removals notes where something is taken off a list, by the mutex that is locked for it.
func (l *leavers) removals(known map[*types.Var]*listing) {
	for cur := range l.Inspect.Root().Preorder((*ast.CallExpr)(nil), (*ast.AssignStmt)(nil)) {
		var list *types.Var
		switch n := cur.Node().(type) {
		case *ast.CallExpr:
			if code.IsBuiltin(l.TypesInfo, n, "delete") {
				list = l.shared(n.Args[0])
			}
		case *ast.AssignStmt:
			if len(n.Lhs) == 1 && l.shrinks(n.Rhs[0]) {
				list = l.shared(n.Lhs[0])
			}
		}
		of := known[list]
		if list == nil || of == nil || code.IsTest(l.Fset, cur.Node().Pos()) || l.drains(code.Function(cur), list) {
			continue
		}
		for call := range code.Function(cur).Preorder((*ast.CallExpr)(nil)) {
			lock, name := l.mutex(call.Node().(*ast.CallExpr))
			if lock != nil && name == "lock" && call.Node().Pos() < cur.Node().Pos() && code.Function(call) == code.Function(cur) && !of.removals[lock].Valid() {
				of.removals[lock] = call
			}
		}
	}
}

// shrinks reports whether an expression is a slice without some of its elements.
func (l *leavers) shrinks(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok && (code.IsBuiltin(l.TypesInfo, call, "append") && call.Ellipsis.IsValid() || code.IsCall(l.TypesInfo, call, "slices.Delete", "slices.DeleteFunc"))
}

// drains reports whether a function receives something of the kind that is sent to a list, or
// has others do so: then the send comes to its end.
func (l *leavers) drains(fn inspector.Cursor, list *types.Var) bool {
	sent := elements(list.Type())
	for cur := range fn.Preorder((*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil)) {
		var from ast.Expr
		switch n := cur.Node().(type) {
		case *ast.RangeStmt:
			from = n.X
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				from = n.X
			}
		}
		if t := l.TypesInfo.TypeOf(from); from != nil && code.IsChan(t) && slices.ContainsFunc(sent, func(e types.Type) bool {
			return types.Identical(e, t.Underlying().(*types.Chan).Elem())
		}) {
			return true
		}
	}
	return false
}

// elements returns what the channels of a list carry.
func elements(t types.Type) []types.Type {
	var out []types.Type
	switch u := t.Underlying().(type) {
	case *types.Map:
		out = append(elements(u.Key()), elements(u.Elem())...)
	case *types.Slice:
		out = elements(u.Elem())
	case *types.Pointer:
		out = elements(u.Elem())
	case *types.Struct:
		for i := range u.NumFields() {
			if ch, ok := u.Field(i).Type().Underlying().(*types.Chan); ok {
				out = append(out, ch.Elem())
			}
		}
	case *types.Chan:
		out = append(out, u.Elem())
	}
	return out
}
