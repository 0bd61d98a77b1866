// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// closesAtReturn reports a goroutine that a function tells to end, by a channel or context of
// its own, when it returns, and that uses what the function closes then, too. A plain
// function of a program is left out: the process ends when it returns.
func (f *finder) closesAtReturn(start chans.Start) {
	fn := code.Function(start.Go)
	if _, isGo := start.Go.Node().(*ast.GoStmt); !isGo || !fn.Valid() || f.unheard[start.Go] {
		return
	}
	decl := code.Declaration(fn)
	if !decl.Valid() || code.IsMain(f.Pass.Pass) && (decl.Node().(*ast.FuncDecl).Recv == nil || decl != fn) {
		return
	}
	closed := f.deferredCloses(fn)
	if len(closed) == 0 || f.waitsIn(fn) || !f.toldAtReturn(start, fn) {
		return
	}
	for _, c := range closed {
		if c.field != nil && f.uses(start.Body, c.field, false, false) || c.field == nil && f.usesLocal(start, c.call) {
			f.unheard[start.Go] = true
			f.Reportf(start.Go.Node(), "%s is closed at line %d, when the function returns, without waiting for this goroutine, which may still use it",
				types.ExprString(code.Receiver(c.call)), f.Fset.Position(c.call.Pos()).Line)
			return
		}
	}
}

// deferredCloses returns what a function closes by a defer statement, of what breaks then: a
// field, or a local variable.
func (f *finder) deferredCloses(fn inspector.Cursor) (out []*closeCall) {
	for cur := range fn.Preorder((*ast.DeferStmt)(nil)) {
		call := cur.Node().(*ast.DeferStmt).Call
		if code.Function(cur) != fn {
			continue
		}
		if field := f.resource(call); field != nil {
			out = append(out, &closeCall{call, field})
		} else if v := f.localResource(call, fn); v != nil {
			out = append(out, &closeCall{call, nil})
		}
	}
	return out
}

// localResource returns the local variable of a function that a call closes, if what uses it
// breaks then.
func (f *finder) localResource(call *ast.CallExpr, fn inspector.Cursor) *types.Var {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Close" {
		return nil
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok {
		return nil
	}
	v, ok := f.TypesInfo.Uses[id].(*types.Var)
	if !ok || !code.ContainsPos(code.Body(fn.Node()), v.Pos()) || !f.breaks(v.Type(), 2) {
		return nil
	}
	return v
}

// waitsIn reports whether a function waits for goroutines in some way: it calls what is named
// so, or receives outside of a select, as in what it defers.
func (f *finder) waitsIn(fn inspector.Cursor) bool {
	for cur := range own(fn, (*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.CallExpr:
			name := code.CallName(n)
			for _, word := range []string{"wait", "join", "drain", "stop", "shutdown"} {
				if strings.Contains(name, word) && !code.IsCall(f.TypesInfo, n, "(*time.Ticker).Stop", "(*time.Timer).Stop") {
					return true
				}
			}
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && !inSelect(cur) {
				return true
			}
		}
	}
	return false
}

// inSelect reports whether a receive is a case of a select in a loop.
func inSelect(recv inspector.Cursor) bool {
	for c := range recv.Enclosing((*ast.CommClause)(nil), (*ast.BlockStmt)(nil)) {
		clause, ok := c.Node().(*ast.CommClause)
		return ok && clause.Comm != nil && code.Contains(clause.Comm, recv.Node()) && code.InLoop(c)
	}
	return false
}

// toldAtReturn reports whether a goroutine has a loop that ends when the function that starts
// it returns: by a channel that this makes and closes, or a context that it cancels, with a
// defer statement.
func (f *finder) toldAtReturn(start chans.Start, fn inspector.Cursor) bool {
	for cur := range fn.Preorder((*ast.DeferStmt)(nil)) {
		call := cur.Node().(*ast.DeferStmt).Call
		if code.Function(cur) != fn {
			continue
		}
		if code.IsBuiltin(f.TypesInfo, call, "close") {
			ch := f.ownVar(call.Args[0], fn)
			if ch != nil && f.hears(start, &stop{decl: fn, signals: []*types.Var{ch}}) {
				return true
			}
			continue
		}
		if ctx := f.cancelled(call, fn); ctx != nil && f.looksAt(start, ctx) {
			return true
		}
	}
	return false
}

// ownVar returns the local variable of a function that an expression names.
func (f *finder) ownVar(e ast.Expr, fn inspector.Cursor) *types.Var {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return nil
	}
	v, ok := f.TypesInfo.Uses[id].(*types.Var)
	if !ok || !code.ContainsPos(code.Body(fn.Node()), v.Pos()) {
		return nil
	}
	return v
}

// cancelled returns the context that a call of a cancel function of a function ends.
func (f *finder) cancelled(call *ast.CallExpr, fn inspector.Cursor) *types.Var {
	cancel := f.ownVar(call.Fun, fn)
	if cancel == nil || !code.IsNamed(cancel.Type(), "context.CancelFunc") {
		return nil
	}
	for cur := range fn.Preorder((*ast.AssignStmt)(nil)) {
		s := cur.Node().(*ast.AssignStmt)
		if len(s.Lhs) == 2 && code.ObjectOf(f.TypesInfo, s.Lhs[1]) == cancel {
			ctx, _ := code.ObjectOf(f.TypesInfo, s.Lhs[0]).(*types.Var)
			return ctx
		}
	}
	return nil
}

// looksAt reports whether a goroutine looks in a loop whether a context of the function
// around it, or one that it gets from there, has ended.
func (f *finder) looksAt(start chans.Start, ctx *types.Var) bool {
	named := f.within(start, ctx)
	for cur := range own(start.Body, (*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if code.IsCall(f.TypesInfo, call, "(context.Context).Done", "(context.Context).Err") && named != nil &&
			code.ObjectOf(f.TypesInfo, code.Receiver(call)) == named && looped(cur, start.Body) {
			return true
		}
	}
	return false
}

// within returns the variable that has the value of a local one in a goroutine: itself, in a
// literal, or the parameter that gets it.
func (f *finder) within(start chans.Start, v *types.Var) *types.Var {
	call := start.Go.Node().(*ast.GoStmt).Call
	params := code.FuncType(start.Body.Node()).Params
	i := 0
	for _, field := range params.List {
		for _, name := range field.Names {
			if i < len(call.Args) && code.ObjectOf(f.TypesInfo, call.Args[i]) == v {
				p, _ := f.TypesInfo.Defs[name].(*types.Var)
				return p
			}
			i++
		}
	}
	if _, lit := start.Body.Node().(*ast.FuncLit); lit {
		return v
	}
	return nil
}

// usesLocal reports whether a goroutine uses, in a loop, what a function closes.
func (f *finder) usesLocal(start chans.Start, closing *ast.CallExpr) bool {
	v, _ := code.ObjectOf(f.TypesInfo, code.Receiver(closing)).(*types.Var)
	named := f.within(start, v)
	if v == nil || named == nil {
		return false
	}
	for cur := range own(start.Body, (*ast.Ident)(nil)) {
		if f.TypesInfo.Uses[cur.Node().(*ast.Ident)] == named && isLate(cur, start.Body) && isUse(cur) {
			return true
		}
	}
	return false
}
