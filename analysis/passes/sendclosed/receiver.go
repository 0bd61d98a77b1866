// SPDX-License-Identifier: Apache-2.0

package sendclosed

import (
	"go/ast"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// byReceiver reports the send of an exported method on a channel that the loop which
// receives from it closes when it ends: whoever calls the method then panics.
func (f *finder) byReceiver(g *chans.Group, fn inspector.Cursor, c, s *chans.Use) {
	sender, ok := s.Func().Node().(*ast.FuncDecl)
	if !ok || sender.Recv == nil || !sender.Name.IsExported() || s.Func() == fn || inSelect(s) {
		return
	}
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok || decl.Recv == nil || stops(decl.Name.Name) || receiver(f.TypesInfo, decl) != receiver(f.TypesInfo, sender) {
		return
	}
	receives := func(u *chans.Use) bool { return u.Var == c.Var && u.Func() == fn && code.InLoop(u.At) }
	if !slices.ContainsFunc(g.Of(chans.Receive), receives) || waits(fn) || f.callsIt(fn, s.Func()) || looks(s.Func()) {
		return
	}
	f.Reportf(s.At.Parent().Node(), "send on %s, which %s closes at line %d when it ends, although it only receives: then this panics",
		name(s), decl.Name.Name, f.line(c))
}

// inSelect reports whether a send is a case of a select.
func inSelect(s *chans.Use) bool {
	return s.At.Parent().ParentEdgeKind() == edge.CommClause_Comm
}

// looks reports whether a function may know that a channel is closed: it locks, recovers,
// or asks something before.
func looks(fn inspector.Cursor) bool {
	if locks(fn) || recovers(fn) {
		return true
	}
	for range fn.Preorder((*ast.IfStmt)(nil), (*ast.SelectStmt)(nil)) {
		return true
	}
	return false
}
