// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// piped reports the sends of goroutines on a channel that their function returns, where
// who gets it from a call in this package leaves at a stop: the goroutine waits for ever
// then, with what waits for it.
func piped(pass *check.Pass, info *chans.Info, g *chans.Group) {
	if g.Has(chans.Origin, chans.Receive) || !g.Has(chans.Send) || len(g.Of(chans.Make)) != 1 || !g.Unbuffered(pass.TypesInfo) {
		return
	}
	made := g.Of(chans.Make)[0]
	if made.Var.IsField() || !made.Func().Valid() || code.IsTest(pass.Fset, made.At.Node().Pos()) {
		return
	}
	left := (&pipe{pass, info}).left(g, made.Func())
	if left == nil {
		return
	}
	for _, send := range g.Of(chans.Send) {
		if !inSelect(send) && inGoroutine(info, send.Func()) {
			pass.Reportf(send.At.Parent().Node(), "%s has no buffer, and who receives from it leaves at line %d: this send, and its goroutine, then wait for ever",
				types.ExprString(send.At.Node().(ast.Expr)), pass.Fset.Position(left.Pos()).Line)
		}
	}
}

// inGoroutine reports whether a function is one that a go statement runs.
func inGoroutine(info *chans.Info, fn inspector.Cursor) bool {
	return len(info.Funcs.StartsOf(fn)) > 0
}

// A pipe follows a channel to who gets it.
type pipe struct {
	pass  *check.Pass
	chans *chans.Info
}

// left returns the case in which a receiver of the channel that a function returns leaves.
func (p *pipe) left(g *chans.Group, fn inspector.Cursor) ast.Node {
	for _, u := range g.Of(chans.Escape) {
		if u.At.ParentEdgeKind() != edge.ReturnStmt_Results || u.Func() != fn {
			return nil // others may have it, too
		}
	}
	for _, u := range g.Of(chans.Escape) {
		_, i := u.At.ParentEdge()
		for _, cur := range p.chans.Funcs.Calls(fn) {
			if code.IsTest(p.pass.Fset, cur.Node().Pos()) {
				continue
			}
			if left := p.leftBy(cur, i); left != nil {
				return left
			}
		}
	}
	return nil
}

// leftBy returns where who gets the i-th result of a call leaves.
func (p *pipe) leftBy(call inspector.Cursor, i int) ast.Node {
	switch call.ParentEdgeKind() {
	case edge.ExprStmt_X:
		return call.Node()
	case edge.RangeStmt_X:
		return earlyReturn(p.pass.TypesInfo, call.Parent(), true)
	}
	return p.leaves(p.chans.Of(p.result(call, i)))
}

// earlyReturn returns a return in a loop over a channel that is for an error, and not for
// one that was received. With errs, one that comes by another channel counts: it is not from
// who sends.
func earlyReturn(info *types.Info, loop inspector.Cursor, errs bool) ast.Node {
	over := loop.Node().(*ast.RangeStmt)
	received := types.Object(nil)
	if over.Key != nil {
		received = code.ObjectOf(info, over.Key)
	}
	for ret := range loop.Preorder((*ast.ReturnStmt)(nil)) {
		if c, ok := ret.Parent().Node().(*ast.CommClause); ok && code.Function(ret) == code.Function(loop) && hearsEnd(info, c, errs) {
			return ret.Node()
		}
		cond, ok := ret.Parent().Parent().Node().(*ast.IfStmt)
		if !ok || code.Function(ret) != code.Function(loop) || ret.Parent().Node() != cond.Body {
			continue
		}
		if isError(info, cond.Cond) && (received == nil || !code.Mentions(info, cond.Cond, received)) {
			return ret.Node()
		}
	}
	return nil
}

// hearsEnd reports whether a case is that of a context's end, or, with errs, of an error.
func hearsEnd(info *types.Info, c *ast.CommClause, errs bool) bool {
	var e ast.Expr
	switch s := c.Comm.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		e = s.Rhs[0]
	default:
		return false
	}
	u, ok := ast.Unparen(e).(*ast.UnaryExpr)
	if !ok || u.Op != token.ARROW {
		return false
	}
	t := info.TypeOf(u.X)
	return code.IsCall(info, ast.Unparen(u.X), "(context.Context).Done") || errs && code.IsChan(t) && isErrorType(t.Underlying().(*types.Chan).Elem())
}

// result returns the variable that gets the i-th result of a call.
func (p *pipe) result(call inspector.Cursor, i int) *types.Var {
	s, ok := call.Parent().Node().(*ast.AssignStmt)
	if !ok || len(s.Rhs) != 1 || i >= len(s.Lhs) {
		return nil
	}
	v, _ := code.ObjectOf(p.pass.TypesInfo, s.Lhs[i]).(*types.Var)
	return v
}

// leaves returns the case in which a receiver returns at a stop, if all receivers have one.
func (p *pipe) leaves(g *chans.Group) (left ast.Node) {
	for _, u := range g.Of(chans.Receive) {
		if u.At.ParentEdgeKind() == edge.RangeStmt_X {
			if left = earlyReturn(p.pass.TypesInfo, u.At.Parent(), false); left == nil {
				return nil
			}
			continue
		}
		clause := commOf(u)
		if !clause.Valid() {
			return nil
		}
		own := ast.Node(nil)
		for _, s := range clause.Parent().Node().(*ast.BlockStmt).List {
			if c := s.(*ast.CommClause); isStop(p.pass, p.chans, c) {
				own = c
			}
		}
		if own == nil {
			return nil
		}
		left = own
	}
	return left
}
