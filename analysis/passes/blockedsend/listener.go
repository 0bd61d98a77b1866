// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A listener is a goroutine that alone receives from a channel, until it is told to stop.
type listener struct {
	pass  *check.Pass
	chans *chans.Info
	group *chans.Group
	fn    inspector.Cursor
	stop  ast.Node // the case in which it leaves
}

// listened looks at a channel of an object that one goroutine listens to: sends by others
// wait for ever once it has left, and its own at once.
func listened(pass *check.Pass, info *chans.Info, g *chans.Group) {
	receives := g.Of(chans.Receive)
	if len(receives) == 0 || !g.Has(chans.Send) || g.Has(chans.Close) || !g.Private(pass.Pkg) || !g.Unbuffered(pass.TypesInfo) {
		return
	}
	l := &listener{pass: pass, chans: info, group: g, fn: receives[0].Func()}
	if !l.fn.Valid() || !l.listens(receives) || !l.started() {
		return
	}
	for _, send := range g.Of(chans.Send) {
		if inSelect(send) || code.IsTest(pass.Fset, send.At.Node().Pos()) {
			continue
		}
		name := types.ExprString(send.At.Node().(ast.Expr))
		switch {
		case l.ownSend(send):
			pass.Reportf(send.At.Parent().Node(), "%s has no buffer, and this is in the goroutine that alone receives from it: the send waits for ever", name)
		case l.others(send):
			pass.Reportf(send.At.Parent().Node(), "%s has no buffer, and its receiver leaves at line %d: a send after that waits for ever", name, pass.Fset.Position(l.stop.Pos()).Line)
		}
	}
}

// listens reports whether all receives are cases of selects in a loop of one function
// that another case leaves.
func (l *listener) listens(receives []*chans.Use) bool {
	for _, u := range receives {
		if u.Func() != l.fn || loopOf(u.At) == nil {
			return false
		}
		clause := commOf(u)
		if !clause.Valid() {
			return false
		}
		for _, s := range clause.Parent().Node().(*ast.BlockStmt).List {
			if c := s.(*ast.CommClause); l.isStop(c) {
				l.stop = c
			}
		}
	}
	return l.stop != nil
}

// commOf returns the case that a receive is the communication of.
func commOf(u *chans.Use) inspector.Cursor {
	for clause := range u.At.Enclosing((*ast.CommClause)(nil), (*ast.FuncLit)(nil)) {
		comm, ok := clause.Node().(*ast.CommClause)
		if ok && comm.Comm != nil && code.Contains(comm.Comm, u.At.Node()) {
			return clause
		}
		break
	}
	return inspector.Cursor{}
}

// isStop reports whether a case is that of a context's end, and only returns.
func (l *listener) isStop(c *ast.CommClause) bool {
	stmt, ok := c.Comm.(*ast.ExprStmt)
	if !ok || len(c.Body) == 0 {
		return false
	}
	u, ok := stmt.X.(*ast.UnaryExpr)
	if !ok {
		return false
	}
	call, ok := u.X.(*ast.CallExpr)
	if !ok || !code.IsCall(l.pass.TypesInfo, call, "(context.Context).Done") {
		return false
	}
	_, returns := c.Body[len(c.Body)-1].(*ast.ReturnStmt)
	return returns
}

// started reports whether the listener is started by one go statement, not in a loop.
func (l *listener) started() bool {
	n := 0
	for _, s := range l.chans.Funcs.StartsOf(l.fn) {
		if !repeats(s.Go) {
			n++
		}
	}
	return n == 1
}

// ownSend reports whether a send runs in the listener itself, or in a function of the
// package that only it calls.
func (l *listener) ownSend(send *chans.Use) bool {
	f := send.Func()
	return f == l.fn || l.calledFrom(f, func(c inspector.Cursor) bool { return c == l.fn })
}

// others reports whether a send runs in another goroutine that does not look at a stop,
// or in a function that only such call.
func (l *listener) others(send *chans.Use) bool {
	goroutine := func(f inspector.Cursor) bool {
		return f != l.fn && inGoroutine(l.chans, f)
	}
	f := send.Func()
	return goroutine(f) || f != l.fn && l.calledFrom(f, goroutine)
}

// calledFrom reports whether a function is called, and only in functions that from accepts.
func (l *listener) calledFrom(f inspector.Cursor, from func(inspector.Cursor) bool) bool {
	called := false
	for _, cur := range l.chans.Funcs.Calls(f) {
		if code.IsTest(l.pass.Fset, cur.Node().Pos()) {
			continue
		}
		if _, ok := cur.Parent().Node().(*ast.GoStmt); ok || !from(code.Function(cur)) {
			return false
		}
		called = true
	}
	return called
}
