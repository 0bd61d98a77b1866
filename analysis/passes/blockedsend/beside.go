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
)

// unlike reports a send in the loop of a goroutine that, elsewhere in it, sends on the same
// channel in a select with the end of its context: its author knows that the receiver may
// have left.
func (l *leavers) unlike(g *chans.Group) {
	if !g.Unbuffered(l.TypesInfo) || g.Has(chans.Close) || slices.ContainsFunc(g.Of(chans.Receive), func(u *chans.Use) bool { return !commOf(u).Valid() }) {
		return
	}
	for _, send := range g.Of(chans.Send) {
		if inSelect(send) || !endless(send.At) || !inGoroutine(l.chans, send.Func()) || code.IsTest(l.Fset, send.At.Node().Pos()) || l.inStop(send) {
			continue
		}
		if stop := l.minded(g, send); stop != nil {
			l.Reportf(send.At.Parent().Node(), "%s has no buffer, and this send does not look for the stop as that at line %d does: with nobody to receive it waits for ever",
				types.ExprString(send.At.Node().(ast.Expr)), l.Fset.Position(stop.Pos()).Line)
		}
	}
}

// minded returns the case for the end of a context beside another send of the same function.
func (l *leavers) minded(g *chans.Group, send *chans.Use) ast.Node {
	for _, other := range g.Of(chans.Send) {
		clause := commOf(other)
		if other == send || other.Var != send.Var || other.Func() != send.Func() || !clause.Valid() {
			continue
		}
		for _, s := range clause.Parent().Node().(*ast.BlockStmt).List {
			if c := s.(*ast.CommClause); isStop(l.Pass, l.chans, c) && l.timesOut(c) {
				return c
			}
		}
	}
	return nil
}

// runElsewhere reports whether a method is given to others to run, as a value.
func (l *leavers) runElsewhere(f inspector.Cursor) bool {
	decl, ok := f.Node().(*ast.FuncDecl)
	if !ok || decl.Recv == nil || len(l.chans.Funcs.Calls(f)) > 0 {
		return false
	}
	fn := l.TypesInfo.Defs[decl.Name]
	for cur := range l.Inspect.Root().Preorder((*ast.SelectorExpr)(nil)) {
		if cur.ParentEdgeKind() == edge.CallExpr_Args && l.TypesInfo.Uses[cur.Node().(*ast.SelectorExpr).Sel] == fn && !code.IsTest(l.Fset, cur.Node().Pos()) {
			return true
		}
	}
	return false
}
