// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// siblings reports a send in the loop of a goroutine whose other sends on the same channel
// look for a stop: the receiver leaves then, and this one waits for ever. A buffer of a fixed
// size only puts that off.
func (l *leavers) siblings(g *chans.Group) {
	receives := g.Of(chans.Receive)
	if len(receives) == 0 || !l.bounded(g) || slices.ContainsFunc(receives, func(u *chans.Use) bool { return !l.mayLeave(u) }) {
		return
	}
	for _, send := range g.Of(chans.Send) {
		loop, ok := code.Loop(send.At)
		if inSelect(send) || !ok || code.IsTest(l.Fset, send.At.Node().Pos()) || l.inStop(send) || !l.inWorker(send.Func()) {
			continue
		}
		if lastOf(send.At, loop) && !g.Unbuffered(l.TypesInfo) || slices.ContainsFunc(receives, func(u *chans.Use) bool { return u.Func() == send.Func() }) {
			continue
		}
		if stop := l.guardOf(g, send); stop != nil {
			l.Reportf(send.At.Parent().Node(), "%s may have no receiver any more, and this send does not look for the stop as that at line %d does: then it waits for ever",
				types.ExprString(send.At.Node().(ast.Expr)), l.Fset.Position(stop.Pos()).Line)
		}
	}
}

// inWorker reports whether a function runs as a goroutine, or only such functions call it.
func (l *leavers) inWorker(f inspector.Cursor) bool {
	goroutine := func(c inspector.Cursor) bool { return inGoroutine(l.chans, c) }
	return f.Valid() && (goroutine(f) || (&listener{pass: l.Pass, chans: l.chans}).calledFrom(f, goroutine))
}

// guardOf returns the case for a stop beside another send on the channel, in a loop of the
// same function.
func (l *leavers) guardOf(g *chans.Group, send *chans.Use) ast.Node {
	for _, other := range g.Of(chans.Send) {
		clause := commOf(other)
		if other == send || other.Var != send.Var || other.Func() != send.Func() || !clause.Valid() || !code.InLoop(other.At) {
			continue
		}
		for _, s := range clause.Parent().Node().(*ast.BlockStmt).List {
			if c := s.(*ast.CommClause); l.isGuard(c) {
				return c
			}
		}
	}
	return nil
}

// isGuard reports whether a case waits for the end of a context, or for a channel that the
// package closes and nobody sends to, and gives the send up.
func (l *leavers) isGuard(c *ast.CommClause) bool {
	stmt, ok := c.Comm.(*ast.ExprStmt)
	if !ok || len(c.Body) > 0 && !code.EndsInReturn(c.Body) && !endsInBranch(c.Body) {
		return false
	}
	u, ok := ast.Unparen(stmt.X).(*ast.UnaryExpr)
	if !ok || u.Op != token.ARROW {
		return false
	}
	if code.IsCall(l.TypesInfo, ast.Unparen(u.X), "(context.Context).Done") {
		return true
	}
	v, _ := code.ObjectOf(l.TypesInfo, u.X).(*types.Var)
	g := l.chans.Of(v)
	return g != nil && g.Has(chans.Close) && !g.Has(chans.Send)
}

// endsInBranch reports whether the last of some statements is a break or continue.
func endsInBranch(list []ast.Stmt) bool {
	_, ok := list[len(list)-1].(*ast.BranchStmt)
	return ok
}

// mayLeave reports whether the loop around a receive may end although more may be sent: other
// than when the channel is closed, or what was received says so.
func (l *leavers) mayLeave(u *chans.Use) bool {
	loop, ok := code.Loop(u.At)
	var got []ast.Expr
	if over, isRange := u.At.Parent().Node().(*ast.RangeStmt); isRange && u.At.ParentEdgeKind() == edge.RangeStmt_X {
		loop, ok = u.At.Parent(), true
		got = []ast.Expr{over.Key}
	} else if s, isAssign := u.At.Parent().Parent().Node().(*ast.AssignStmt); isAssign {
		got = s.Lhs
	}
	if !ok {
		return false
	}
	for cur := range loop.Preorder((*ast.ReturnStmt)(nil), (*ast.BranchStmt)(nil)) {
		if code.Function(cur) == u.Func() && l.leavesLoop(cur, loop) && !l.aboutReceived(cur, loop, got) {
			return true
		}
	}
	return false
}

// leavesLoop reports whether a statement ends a loop.
func (l *leavers) leavesLoop(cur, loop inspector.Cursor) bool {
	b, ok := cur.Node().(*ast.BranchStmt)
	switch {
	case !ok:
		return true
	case b.Tok != token.BREAK && b.Tok != token.GOTO:
		return false
	case b.Label == nil:
		return code.BreakTarget(cur) == loop
	}
	of, ok := loop.Parent().Node().(*ast.LabeledStmt)
	return ok && of.Label.Name == b.Label.Name
}

// aboutReceived reports whether a place in a loop is under a condition about what was received.
func (l *leavers) aboutReceived(at, loop inspector.Cursor, got []ast.Expr) bool {
	for up := range at.Enclosing((*ast.IfStmt)(nil), (*ast.SwitchStmt)(nil)) {
		if !loop.Contains(up) {
			break
		}
		var cond ast.Expr
		switch n := up.Node().(type) {
		case *ast.IfStmt:
			cond = n.Cond
		case *ast.SwitchStmt:
			cond = n.Tag
		}
		if cond != nil && slices.ContainsFunc(got, func(e ast.Expr) bool {
			obj := types.Object(nil)
			if e != nil {
				obj = code.ObjectOf(l.TypesInfo, e)
			}
			return obj != nil && code.Mentions(l.TypesInfo, cond, obj)
		}) {
			return true
		}
	}
	return false
}
