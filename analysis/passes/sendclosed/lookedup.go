// SPDX-License-Identifier: Apache-2.0

package sendclosed

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// lookedUp reports the send on a channel that is taken out of a map under a lock and sent to
// without it, where a function closes all channels of the map: it may do so between the two.
func (f *finder) lookedUp() {
	closing := map[*types.Var]inspector.Cursor{}
	for loop := range f.Inspect.Root().Preorder((*ast.RangeStmt)(nil)) {
		if v := f.closesEach(loop); v != nil {
			closing[v] = loop
		}
	}
	if len(closing) == 0 {
		return
	}
	for cur := range f.Inspect.Root().Preorder((*ast.SendStmt)(nil)) {
		send := cur.Node().(*ast.SendStmt)
		fn := code.Function(cur)
		of, lookup := f.entryOf(fn, send)
		loop, ok := closing[of]
		if !ok || fn == code.Function(loop) || code.IsTest(f.Fset, send.Pos()) || recovers(fn) || !unlocked(fn, lookup, send) {
			continue
		}
		f.Reportf(send, "send on %s, which line %d may have closed since it was taken out of %s: then it panics",
			types.ExprString(send.Chan), f.Fset.Position(loop.Node().Pos()).Line, of.Name())
	}
}

// closesEach returns the field or package variable that a loop closes all channels of, where
// nothing is waited for first, and the process does not end with it.
func (f *finder) closesEach(loop inspector.Cursor) *types.Var {
	over := loop.Node().(*ast.RangeStmt)
	t, fn := f.TypesInfo.TypeOf(over.X), code.Function(loop)
	if t == nil || !fn.Valid() || code.IsTest(f.Fset, over.Pos()) || f.waitsBefore(fn, loop) {
		return nil
	}
	m, ok := t.Underlying().(*types.Map)
	if !ok || !code.IsChan(m.Elem()) || over.Value == nil {
		return nil
	}
	if _, more := loop.NextSibling(); !more && code.IsMainFunc(f.Pass.Pass, fn.Node()) {
		return nil
	}
	v := code.ObjectOf(f.TypesInfo, over.Value)
	for _, s := range over.Body.List {
		stmt, ok := s.(*ast.ExprStmt)
		if !ok {
			continue
		}
		if call, ok := stmt.X.(*ast.CallExpr); ok && code.IsBuiltin(f.TypesInfo, call, "close") && code.ObjectOf(f.TypesInfo, call.Args[0]) == v {
			return f.holder(over.X)
		}
	}
	return nil
}

// waitsBefore reports whether a function waits for others before a place.
func (f *finder) waitsBefore(fn, at inspector.Cursor) bool {
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if call.Pos() > at.Node().Pos() {
			break
		}
		switch code.CallName(call) {
		case "wait", "shutdown", "acquire":
			return true
		}
	}
	return false
}

// holder returns the field or package variable that an expression names.
func (f *finder) holder(e ast.Expr) *types.Var {
	v, _ := code.ObjectOf(f.TypesInfo, e).(*types.Var)
	if v == nil || !v.IsField() && v.Parent() != f.Pkg.Scope() {
		return nil
	}
	return v.Origin()
}

// entryOf returns the field or package variable with the map that the channel of a send is
// taken out of, and the statement that does so.
func (f *finder) entryOf(fn inspector.Cursor, send *ast.SendStmt) (of *types.Var, lookup ast.Node) {
	v := code.ObjectOf(f.TypesInfo, send.Chan)
	if v == nil || !fn.Valid() {
		return nil, nil
	}
	for cur := range fn.Preorder((*ast.AssignStmt)(nil)) {
		s := cur.Node().(*ast.AssignStmt)
		if len(s.Rhs) != 1 || code.ObjectOf(f.TypesInfo, s.Lhs[0]) != v || s.Pos() > send.Pos() {
			continue
		}
		if index, ok := ast.Unparen(s.Rhs[0]).(*ast.IndexExpr); ok {
			of, lookup = f.holder(index.X), s
		}
	}
	return of, lookup
}

// unlocked reports whether a function gives a lock up after a statement, and takes none again
// before a send.
func unlocked(fn inspector.Cursor, lookup ast.Node, send *ast.SendStmt) (free bool) {
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if call.Pos() < lookup.End() || call.Pos() > send.Pos() || cur.ParentEdgeKind() == edge.DeferStmt_Call {
			continue
		}
		switch code.CallName(call) {
		case "unlock", "runlock":
			free = true
		case "lock", "rlock":
			free = false
		}
	}
	return free
}
