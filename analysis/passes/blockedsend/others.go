// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// unlikeOthers reports a send in the loop of a goroutine on a channel to which all others, in
// whatever function, send with an eye on a stop: they know that its receiver may leave.
func (l *leavers) unlikeOthers(g *chans.Group) {
	if !g.Unbuffered(l.TypesInfo) || g.Has(chans.Origin) || !l.mayBeLeft(g) {
		return
	}
	var open []*chans.Use
	var guards []ast.Node
	for _, send := range g.Of(chans.Send) {
		switch guard := l.guardBeside(send); {
		case code.IsTest(l.Fset, send.At.Node().Pos()):
		case guard != nil:
			guards = append(guards, guard)
		case inSelect(send):
			return
		default:
			open = append(open, send)
		}
	}
	if len(guards) == 0 || len(guards) < len(open) {
		return
	}
	for _, send := range open {
		if !l.forwards(send) || !l.inWorker(send.Func()) || l.inStop(send) {
			continue
		}
		l.Reportf(send.At.Parent().Node(), "%s has no buffer, and this send does not look for the stop as that at line %d does: with nobody to receive it waits for ever",
			types.ExprString(send.At.Node().(ast.Expr)), l.Fset.Position(guards[0].Pos()).Line)
	}
}

// forwards reports whether a send is in a loop that goes on after it.
func (l *leavers) forwards(send *chans.Use) bool {
	loop, ok := code.Loop(send.At)
	return ok && !lastOf(send.At, loop)
}

// mayBeLeft reports whether all receivers of a channel may leave: those of this package do, and
// what others do to whom a function returns it is not known.
func (l *leavers) mayBeLeft(g *chans.Group) bool {
	for _, u := range g.Of(chans.Escape) {
		if u.At.ParentEdgeKind() != edge.ReturnStmt_Results {
			return false
		}
	}
	return g.Has(chans.Escape, chans.Receive) && !slices.ContainsFunc(g.Of(chans.Receive), func(u *chans.Use) bool { return !l.mayLeave(u) })
}

// guardBeside returns the case for a stop beside a send.
func (l *leavers) guardBeside(send *chans.Use) ast.Node {
	clause := commOf(send)
	if !clause.Valid() {
		return nil
	}
	for _, s := range clause.Parent().Node().(*ast.BlockStmt).List {
		if c := s.(*ast.CommClause); l.isGuard(c) {
			return c
		}
	}
	return nil
}
