// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/types"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// away reports the send of an object's loop that looks for a stop where it waits for input, but
// not where it passes that on to other packages: who receives there leaves at the same stop.
func (l *leavers) away(g *chans.Group) {
	if g.Has(chans.Receive) || !g.Has(chans.Origin, chans.Escape) || g.Has(chans.Make) && !g.Unbuffered(l.TypesInfo) {
		return
	}
	for _, send := range g.Of(chans.Send) {
		if !send.Var.IsField() || inSelect(send) || code.IsTest(l.Fset, send.At.Node().Pos()) || !l.forwards(send) || !endless(send.At) {
			continue
		}
		stop := stopBeside(l.Pass, l.chans, send)
		if stop == nil {
			continue
		}
		l.Reportf(send.At.Parent().Node(), "this send on %s does not look for the stop of line %d, and other packages receive from it: when they have left it waits for ever",
			types.ExprString(send.At.Node().(ast.Expr)), l.Fset.Position(stop.Pos()).Line)
	}
}
