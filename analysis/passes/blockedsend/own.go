// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/token"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// runsIn returns the function that does a send: that of a literal which is deferred is the one
// around it.
func runsIn(send *chans.Use) inspector.Cursor {
	fn := send.Func()
	for fn.Valid() && fn.ParentEdgeKind() == edge.CallExpr_Fun && fn.Parent().ParentEdgeKind() == edge.DeferStmt_Call {
		fn = code.Function(fn.Parent())
	}
	return fn
}

// skipped returns what a receive is the second operand of, where each goroutine of a loop
// sends once: it is not done when the first operand decides.
func (r *result) skipped(start chans.Start, u *chans.Use) ast.Node {
	if !repeats(start.Go) || !repeats(u.At) {
		return nil
	}
	child := u.At
	for up := range u.At.Enclosing((*ast.BinaryExpr)(nil), (*ast.AssignStmt)(nil), (*ast.IfStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil), (*ast.BlockStmt)(nil)) {
		b, ok := up.Node().(*ast.BinaryExpr)
		if !ok {
			return nil
		}
		if (b.Op == token.LAND || b.Op == token.LOR) && code.Contains(b.Y, child.Node()) {
			return b
		}
		child = up
	}
	return nil
}

// own reports whether the function that makes a channel for an object alone receives from it,
// whoever else gets the object.
func (l *leavers) own(g *chans.Group) bool {
	made, receives := g.Of(chans.Make), g.Of(chans.Receive)
	if len(made) != 1 || len(receives) == 0 || g.Has(chans.Escape, chans.Origin) || !made[0].Func().Valid() {
		return false
	}
	return !slices.ContainsFunc(receives, func(u *chans.Use) bool { return u.Func() != made[0].Func() || !commOf(u).Valid() })
}

// late reports whether a send runs in a function other than the one that waits for it, and
// that one does not call it.
func (l *leavers) late(send *chans.Use, owner inspector.Cursor) bool {
	f := runsIn(send)
	if owner.Contains(send.At) {
		return false
	}
	for _, call := range l.chans.Funcs.Calls(f) {
		if owner.Contains(call) {
			return false
		}
	}
	return true
}

// offered reports whether a function is a method that only others call: a supervisor, say, or
// who has it as one of an interface.
func (l *leavers) offered(f inspector.Cursor) bool {
	decl, ok := f.Node().(*ast.FuncDecl)
	return ok && decl.Recv != nil && decl.Name.IsExported() && len(l.chans.Funcs.Calls(f)) == 0
}
