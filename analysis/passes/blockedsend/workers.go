// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// workers reports a send of work in a loop, where all that receive it are goroutines that
// return at an error, and leave the rest of the work to nobody.
func workers(pass *check.Pass, info *chans.Info, g *chans.Group) {
	if g.Has(chans.Origin, chans.Escape) || !g.Has(chans.Send) || len(g.Of(chans.Make)) != 1 {
		return
	}
	made := g.Of(chans.Make)[0]
	if made.Var.IsField() || !made.Func().Valid() || code.IsTest(pass.Fset, made.At.Node().Pos()) {
		return
	}
	w := &pool{pass: pass, chans: info, group: g, made: made}
	left := w.leaves()
	if left == nil {
		return
	}
	for _, send := range g.Of(chans.Send) {
		if !inSelect(send) && w.isWork(send) {
			pass.Reportf(send.At.Parent().Node(), "%s is received by goroutines that return at an error, at line %d: when all have, this send waits for ever",
				types.ExprString(send.At.Node().(ast.Expr)), pass.Fset.Position(left.Pos()).Line)
		}
	}
}

// A pool is a channel of a function that goroutines receive their work from.
type pool struct {
	pass  *check.Pass
	chans *chans.Info
	group *chans.Group
	made  *chans.Use
}

// leaves returns where a receiver leaves early, nil if not all do: one that goes on
// receives what is left.
func (w *pool) leaves() (out ast.Node) {
	fns := map[ast.Node]bool{}
	for _, u := range w.group.Of(chans.Receive) {
		loop, ok := u.At.Parent().Node().(*ast.RangeStmt)
		if !ok || !u.Func().Valid() || fns[u.Func().Node()] || !w.started(u.Func()) {
			return nil
		}
		fns[u.Func().Node()] = true
		if out = w.returnsAtError(u.At.Parent(), loop); out == nil {
			return nil
		}
	}
	return out
}

// started reports whether a function runs as a goroutine, and in no other way.
func (w *pool) started(fn inspector.Cursor) bool {
	found := inGoroutine(w.chans, fn)
	if _, literal := fn.Node().(*ast.FuncLit); literal || !found {
		return found
	}
	for _, cur := range w.chans.Funcs.Calls(fn) {
		if _, isGo := cur.Parent().Node().(*ast.GoStmt); !isGo {
			return false
		}
	}
	return true
}

// returnsAtError returns a return in the loop of a receiver that is under "err != nil",
// where the error is not what was received.
func (w *pool) returnsAtError(at inspector.Cursor, loop *ast.RangeStmt) ast.Node {
	job := types.Object(nil)
	if loop.Key != nil {
		job = code.ObjectOf(w.pass.TypesInfo, loop.Key)
	}
	for ret := range at.Preorder((*ast.ReturnStmt)(nil)) {
		if code.Function(ret) != code.Function(at) {
			continue
		}
		failed, aboutJob := false, false
		for up := range ret.Enclosing((*ast.IfStmt)(nil), (*ast.RangeStmt)(nil)) {
			if up == at {
				break
			}
			if cond, ok := up.Node().(*ast.IfStmt); ok && code.Contains(cond.Body, ret.Node()) {
				failed = failed || w.isError(cond.Cond)
				aboutJob = aboutJob || job != nil && code.Mentions(w.pass.TypesInfo, cond.Cond, job)
			}
		}
		if failed && !aboutJob {
			return ret.Node()
		}
	}
	return nil
}

// isError reports whether a condition is that there is an error.
func (w *pool) isError(e ast.Expr) bool {
	b, ok := ast.Unparen(e).(*ast.BinaryExpr)
	if !ok || b.Op != token.NEQ {
		return false
	}
	_, variable := b.X.(*ast.Ident)
	t := w.pass.TypesInfo.TypeOf(b.X)
	return variable && t != nil && types.Identical(t, types.Universe.Lookup("error").Type()) && w.pass.TypesInfo.Types[b.Y].IsNil()
}

// isWork reports whether a send is in a loop of the function that makes the channel, or
// of a goroutine, and may come more often than the channel has room.
func (w *pool) isWork(send *chans.Use) bool {
	if fn := send.Func(); fn != w.made.Func() && !w.started(fn) {
		return false
	}
	if len(w.made.Make.Args) < 2 {
		return repeats(send.At)
	}
	room := w.made.Make.Args[1]
	sized := types.ExprString(room)
	if strings.Contains(sized, "len(") || strings.Contains(sized, "cap(") || w.counts(room) {
		return false
	}
	for _, n := range flow.Outwards(send.At) {
		switch n := n.(type) {
		case *ast.ForStmt:
			if n.Cond != nil && strings.Contains(types.ExprString(n.Cond), sized) {
				return false
			}
		case *ast.RangeStmt:
			if types.ExprString(n.X) == sized {
				return false
			}
		}
	}
	return repeats(send.At)
}

// counts reports whether the room of a channel is a variable that is set to the number of
// something.
func (w *pool) counts(room ast.Expr) bool {
	v := code.ObjectOf(w.pass.TypesInfo, room)
	if v == nil {
		return false
	}
	for cur := range w.made.Func().Preorder((*ast.AssignStmt)(nil), (*ast.IncDecStmt)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.IncDecStmt:
			if code.ObjectOf(w.pass.TypesInfo, n.X) == v {
				return true
			}
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				if code.ObjectOf(w.pass.TypesInfo, lhs) == v && strings.Contains(types.ExprString(n.Rhs[min(i, len(n.Rhs)-1)]), "len(") {
					return true
				}
			}
		}
	}
	return false
}
