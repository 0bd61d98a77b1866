// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// itself reports the send of a loop on the channel that it alone receives from, itself or by a
// method that others call, too: without room, it waits for itself, and all others for it.
func (l *leavers) itself(g *chans.Group) {
	receives := g.Of(chans.Receive)
	if len(receives) == 0 || !g.Has(chans.Send) || g.Has(chans.Origin, chans.Escape) || !l.kept(g) || !l.bounded(g) {
		return
	}
	fn := receives[0].Func()
	loop, ok := l.loopFor(receives, fn)
	if !ok || !l.alone(fn) {
		return
	}
	for _, send := range g.Of(chans.Send) {
		if inSelect(send) || code.IsTest(l.Fset, send.At.Node().Pos()) || l.asksRoom(send) {
			continue
		}
		at := send.At
		if send.Func() != fn {
			if at = l.calledIn(send.Func(), loop); !at.Valid() {
				continue
			}
		}
		if !l.sameChannel(send, at, receives[0]) {
			continue
		}
		if !loop.Contains(at) || code.Function(at) != fn || lastOf(at, loop) || !g.Unbuffered(l.TypesInfo) && !l.shares(g, send, fn) {
			continue
		}
		l.Reportf(send.At.Parent().Node(), "%s is received only by the loop at line %d, which itself sends to it at line %d: without room, both wait for ever",
			types.ExprString(send.At.Node().(ast.Expr)), l.Fset.Position(loop.Node().Pos()).Line, l.Fset.Position(at.Node().Pos()).Line)
	}
}

// loopFor returns the loop of a function that all receives are in, as cases of selects or by a
// range.
func (l *leavers) loopFor(receives []*chans.Use, fn inspector.Cursor) (loop inspector.Cursor, ok bool) {
	for i, u := range receives {
		own, in := code.Loop(u.At)
		if u.At.ParentEdgeKind() == edge.RangeStmt_X {
			own, in = u.At.Parent(), true
		} else if !commOf(u).Valid() {
			return loop, false
		}
		if !in || u.Func() != fn || i > 0 && own != loop {
			return loop, false
		}
		loop = own
	}
	return loop, true
}

// alone reports whether one goroutine at most runs a function, as far as can be seen.
func (l *leavers) alone(fn inspector.Cursor) bool {
	starts := l.chans.Funcs.StartsOf(fn)
	return len(starts) == 1 && !repeats(starts[0].Go) && len(l.chans.Funcs.Calls(fn)) <= 1
}

// calledIn returns the call of a function, other than by a go statement, in a loop.
func (l *leavers) calledIn(f, loop inspector.Cursor) inspector.Cursor {
	for _, call := range l.chans.Funcs.Calls(f) {
		if loop.Contains(call) && call.ParentEdgeKind() != edge.GoStmt_Call && call.ParentEdgeKind() != edge.DeferStmt_Call {
			return call
		}
	}
	return inspector.Cursor{}
}

// sameChannel reports whether a send, or the call that leads to it, is on the object whose
// channel is received from: another one of the same type has a channel of its own.
func (l *leavers) sameChannel(send *chans.Use, at inspector.Cursor, receive *chans.Use) bool {
	from, ok := flow.PlaceOf(l.TypesInfo, receive.At.Node().(ast.Expr))
	to, known := flow.PlaceOf(l.TypesInfo, send.At.Node().(ast.Expr))
	call, isCall := at.Node().(*ast.CallExpr)
	if !ok || !known || at == send.At || !isCall {
		return ok && known && from == to
	}
	decl, isMethod := send.Func().Node().(*ast.FuncDecl)
	if !isMethod || decl.Recv == nil {
		return from == to
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || len(decl.Recv.List[0].Names) == 0 || l.TypesInfo.Defs[decl.Recv.List[0].Names[0]] != to.Root {
		return false
	}
	base, ok := flow.PlaceOf(l.TypesInfo, sel.X)
	return ok && base.Root == from.Root && base.Fields+to.Fields == from.Fields
}

// shares reports whether others send to a channel as well, so that it may be full.
func (l *leavers) shares(g *chans.Group, send *chans.Use, fn inspector.Cursor) bool {
	if decl, ok := send.Func().Node().(*ast.FuncDecl); ok && send.Func() != fn {
		return decl.Name.IsExported() || slices.ContainsFunc(l.chans.Funcs.Calls(send.Func()), func(c inspector.Cursor) bool {
			return code.Function(c) != fn && !code.IsTest(l.Fset, c.Node().Pos())
		})
	}
	return slices.ContainsFunc(g.Of(chans.Send), func(u *chans.Use) bool { return code.Declaration(u.At) != code.Declaration(send.At) })
}

// asksRoom reports whether a function asks how much is in a channel before it sends.
func (l *leavers) asksRoom(send *chans.Use) bool {
	for cur := range send.Func().Preorder((*ast.Ident)(nil)) {
		if isLen(l.TypesInfo, cur) || cur.ParentEdgeKind() == edge.SelectorExpr_Sel && isLen(l.TypesInfo, cur.Parent()) {
			return true
		}
	}
	return false
}
