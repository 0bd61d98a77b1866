// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// failing reports the send of a goroutine, in a loop, to another one that alone receives,
// and that leaves its loop at an error without a word to anybody: with the buffer full,
// the first waits for ever. Without one, so does who stops the object, or gives it something.
func (l *leavers) failing(g *chans.Group) {
	receives := g.Of(chans.Receive)
	if len(receives) == 0 || g.Has(chans.Origin, chans.Escape) || !g.Has(chans.Send) || !l.kept(g) || !l.bounded(g) {
		return
	}
	fn := receives[0].Func()
	if !fn.Valid() || !inGoroutine(l.chans, fn) || code.IsTest(l.Fset, fn.Node().Pos()) || l.speaks(code.Body(fn.Node()), true) {
		return
	}
	for _, u := range receives {
		if u.Func() != fn || loopOf(u.At) == nil && u.At.ParentEdgeKind() != edge.RangeStmt_X {
			return
		}
	}
	left := l.silentReturn(fn, receives)
	if left == nil {
		return
	}
	for _, send := range g.Of(chans.Send) {
		f := send.Func()
		if inSelect(send) || f == fn || code.IsTest(l.Fset, send.At.Node().Pos()) {
			continue
		}
		if !(inGoroutine(l.chans, f) && endless(send.At)) && !(g.Unbuffered(l.TypesInfo) && (l.orders(send) || l.gives(send, fn))) {
			continue
		}
		l.Reportf(send.At.Parent().Node(), "%s is received by a goroutine that leaves at an error, at line %d, and tells nobody: then this send waits for ever",
			types.ExprString(send.At.Node().(ast.Expr)), l.Fset.Position(left.Pos()).Line)
	}
}

// gives reports whether a send is by a method for others of the object that receives, which
// does not ask whether that goes on.
func (l *leavers) gives(send *chans.Use, receiver inspector.Cursor) bool {
	of := l.receiverType(receiver)
	return of != nil && l.receiverType(send.Func()) == of && l.offered(send.Func()) && !l.asks(send)
}

// bounded reports whether each make of a channel gives it no buffer, or one of a fixed size.
func (l *leavers) bounded(g *chans.Group) bool {
	for _, u := range g.Of(chans.Make) {
		if len(u.Make.Args) > 1 && l.TypesInfo.Types[u.Make.Args[1]].Value == nil {
			return false
		}
	}
	return g.Has(chans.Make)
}

// endless reports whether a place is in a loop without a condition.
func endless(at inspector.Cursor) bool {
	loop, ok := loopOf(at).(*ast.ForStmt)
	return ok && loop.Cond == nil
}

// silentReturn returns a return in the loop of a receiver that is for an error other than
// that nothing more will come, and with which it ends nothing else.
func (l *leavers) silentReturn(fn inspector.Cursor, receives []*chans.Use) ast.Node {
	loop := loopOf(receives[0].At)
	if over, ok := receives[0].At.Parent().Node().(*ast.RangeStmt); ok {
		loop = over
	}
	for ret := range fn.Preorder((*ast.ReturnStmt)(nil)) {
		if code.Function(ret) != fn || !code.Contains(loop, ret.Node()) {
			continue
		}
		cond, ok := ret.Parent().Parent().Node().(*ast.IfStmt)
		if !ok || !code.Contains(cond.Body, ret.Node()) || !isError(l.TypesInfo, cond.Cond) || l.speaks(cond.Body, false) || l.speaks(ret.Node(), false) {
			continue
		}
		return ret.Node()
	}
	return nil
}

// isError reports whether a condition is that there is an error.
func isError(info *types.Info, e ast.Expr) bool {
	b, ok := ast.Unparen(e).(*ast.BinaryExpr)
	if !ok || b.Op != token.NEQ || !info.Types[b.Y].IsNil() {
		return false
	}
	t := info.TypeOf(b.X)
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

// speaks reports whether statements end something, or tell others: they close, cancel,
// stop, send, or end the process. Of a function, only what it defers is looked at.
func (l *leavers) speaks(n ast.Node, deferred bool) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt:
			found = found || deferred && l.speaks(n.Call, false)
			return false
		case *ast.SendStmt:
			found = found || !deferred
		case *ast.CallExpr:
			if !deferred {
				found = found || l.ending(n)
			}
		}
		return !found
	})
	return found
}

func (l *leavers) ending(call *ast.CallExpr) bool {
	if code.IsNamed(l.TypesInfo.TypeOf(call.Fun), "context.CancelFunc") {
		return true
	}
	if code.IsCall(l.TypesInfo, call, "(*time.Ticker).Stop", "(*time.Timer).Stop") {
		return false
	}
	name := code.CallName(call)
	return slices.ContainsFunc([]string{"close", "cancel", "stop", "shut", "exit", "fatal", "panic", "kill", "quit", "disconnect", "abort", "fail", "terminate", "drain", "remove", "unregister", "leave", "delete", "store"},
		func(word string) bool { return strings.Contains(name, word) })
}
