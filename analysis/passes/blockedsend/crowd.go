// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/types"
	"slices"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// crowd reports the sends of several goroutines of a function that receives once: all
// but the first of them wait for ever. A program's own functions mostly end the process
// then.
func (r *result) crowd() bool {
	receives := r.group.Of(chans.Receive)
	if code.IsMain(r.pass.Pass) || len(receives) != 1 || repeats(receives[0].At) {
		return false
	}
	if _, ok := receives[0].At.Parent().Node().(*ast.RangeStmt); ok {
		return false
	}
	if at := r.flow.At(receives[0].At.Node().Pos()); at != nil && r.flow.FindFrom(at, func(*flow.Step) bool { return false }, r.isExit) == nil {
		return false // the process ends with the first
	}
	var waiting []*chans.Use
	var starts []chans.Start
	for _, send := range r.group.Of(chans.Send) {
		start, ok := r.started(send)
		if !ok {
			return false // somebody sends in another way, or looks for something else as well
		}
		waiting, starts = append(waiting, send), append(starts, start)
	}
	if !r.several(starts) {
		return false
	}
	at := r.pass.Fset.Position(receives[0].At.Node().Pos()).Line
	for _, send := range waiting {
		r.pass.Reportf(send.At.Parent().Node(), "several goroutines send to %s, which has no buffer, and line %d receives once: all but the first wait for ever",
			types.ExprString(send.At.Node().(ast.Expr)), at)
	}
	return true
}

// several reports whether more than one goroutine may be started in a run of the owner.
func (r *result) several(starts []chans.Start) bool {
	never := func(*flow.Step) bool { return false }
	return slices.ContainsFunc(starts, func(a chans.Start) bool {
		from := r.flow.At(a.Go.Node().Pos())
		return slices.ContainsFunc(starts, func(b chans.Start) bool {
			to := r.flow.At(b.Go.Node().Pos())
			return from != nil && to != nil && (a.Go != b.Go || repeats(a.Go)) && r.flow.Find(from, never, func(s *flow.Step) bool { return s == to }) != nil
		})
	})
}
