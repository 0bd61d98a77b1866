// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/edge"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// unheard reports the send by which a method stops its object, where the method that runs the
// object may have returned with an error before it came to wait for that.
func (l *leavers) unheard(g *chans.Group) {
	receives := g.Of(chans.Receive)
	if len(receives) != 1 || g.Has(chans.Origin, chans.Escape, chans.Close) || !g.Unbuffered(l.TypesInfo) || !l.kept(g) {
		return
	}
	fn := receives[0].Func()
	of := l.receiverType(fn)
	if of == nil || !l.offered(fn) && !inGoroutine(l.chans, fn) || !l.plain(receives[0]) {
		return
	}
	left := l.before(receives[0])
	if left == nil {
		return
	}
	for _, send := range g.Of(chans.Send) {
		if inSelect(send) || !send.Func().Valid() || l.receiverType(send.Func()) != of || !l.orders(send) || code.IsTest(l.Fset, send.At.Node().Pos()) {
			continue
		}
		l.Reportf(send.At.Parent().Node(), "%s has no buffer, and its receiver may have returned at line %d: then this send waits for ever",
			types.ExprString(send.At.Node().(ast.Expr)), l.Fset.Position(left.Pos()).Line)
	}
}

// plain reports whether a receive is a statement of its function's own list.
func (l *leavers) plain(u *chans.Use) bool {
	receive := u.At.Parent()
	return u.At.ParentEdgeKind() == edge.UnaryExpr_X && receive.ParentEdgeKind() == edge.ExprStmt_X && receive.Parent().Parent().Node() == code.Body(u.Func().Node())
}

// before returns a return at an error before a receive, with which its function ends nothing
// else that is to do with the object.
func (l *leavers) before(u *chans.Use) ast.Node {
	fn := u.Func()
	for ret := range fn.Preorder((*ast.ReturnStmt)(nil)) {
		if ret.Node().Pos() > u.At.Node().Pos() || code.Function(ret) != fn {
			continue
		}
		if cond, ok := ret.Parent().Parent().Node().(*ast.IfStmt); ok && cond.Body == ret.Parent().Node() && isError(l.TypesInfo, cond.Cond) {
			return ret.Node()
		}
	}
	return nil
}

// orders reports whether a send is what a method does to stop its object, in any case: it does
// not ask whether the object still runs.
func (l *leavers) orders(send *chans.Use) bool {
	decl, ok := send.Func().Node().(*ast.FuncDecl)
	if !ok || decl.Recv == nil || !speaksOfEnd(decl.Name.Name) || l.asks(send) {
		return false
	}
	ch, ok := l.TypesInfo.TypeOf(send.At.Node().(ast.Expr)).Underlying().(*types.Chan)
	if !ok {
		return false
	}
	basic, isBasic := ch.Elem().Underlying().(*types.Basic)
	return code.IsEmptyStruct(ch.Elem()) || isBasic && basic.Kind() == types.Bool || speaksOfEnd(send.Var.Name())
}
