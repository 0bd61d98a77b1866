// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"cmp"
	"go/ast"
	"go/types"
	"math"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// crowd reports the sends of several goroutines of a function that receives once: all
// but the first of them, and those that there is room for, wait for ever. A program's own
// functions mostly end the process then.
func (r *result) crowd() bool {
	receives := r.group.Of(chans.Receive)
	room, ok := r.room()
	if !ok || code.IsMain(r.pass.Pass) || len(receives) != 1 || repeats(receives[0].At) {
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
	if !r.exceed(starts, room) {
		return false
	}
	at := r.pass.Fset.Position(receives[0].At.Node().Pos()).Line
	for _, send := range waiting {
		name := types.ExprString(send.At.Node().(ast.Expr))
		if room == 0 {
			r.pass.Reportf(send.At.Parent().Node(), "several goroutines send to %s, which has no buffer, and line %d receives once: all but the first wait for ever", name, at)
			continue
		}
		r.pass.Reportf(send.At.Parent().Node(), "several goroutines send to %s, which has room for %d, and line %d receives once: with more of them, the others wait for ever", name, room, at)
	}
	return true
}

// room returns how much room a channel has, if that is a constant.
func (r *result) room() (int64, bool) {
	if len(r.made.Make.Args) < 2 {
		return 0, true
	}
	return code.IntConst(r.pass.TypesInfo, r.made.Make.Args[1])
}

// exceed reports whether a run of the owner may start more goroutines than one to receive from
// and those that there is room for.
func (r *result) exceed(starts []chans.Start, room int64) bool {
	slices.SortFunc(starts, func(a, b chans.Start) int { return cmp.Compare(a.Go.Index(), b.Go.Index()) })
	for i := range starts {
		if r.run(starts[i:], room+1) > room+1 {
			return true
		}
	}
	return false
}

// run returns how many goroutines a run of the owner starts that begins with the first of
// some, up to the first number that is more than enough.
func (r *result) run(starts []chans.Start, enough int64) int64 {
	n, last := int64(0), inspector.Cursor{}
	for _, s := range starts {
		if s.Go == last || last.Valid() && !r.leadsTo(last, s.Go) {
			continue
		}
		if n, last = n+min(r.turns(s.Go), enough+1), s.Go; n > enough {
			break
		}
	}
	return n
}

// leadsTo reports whether control that has passed a go statement may come to another one.
func (r *result) leadsTo(a, b inspector.Cursor) bool {
	from, to := r.flow.At(a.Node().Pos()), r.flow.At(b.Node().Pos())
	return from != nil && to != nil && r.flow.Find(from, func(*flow.Step) bool { return false }, func(s *flow.Step) bool { return s == to }) != nil
}

// turns returns how often a go statement is done, many times in a loop that says nothing else,
// and once in one that leaves after it.
func (r *result) turns(at inspector.Cursor) int64 {
	loop, ok := code.Loop(at)
	if !ok || !r.leadsTo(at, at) {
		return 1
	}
	switch n := loop.Node().(type) {
	case *ast.RangeStmt:
		if lit, ok := ast.Unparen(n.X).(*ast.CompositeLit); ok {
			return int64(len(lit.Elts))
		}
		if count, ok := code.IntConst(r.pass.TypesInfo, n.X); ok {
			return count
		}
	case *ast.ForStmt:
		if cond, ok := n.Cond.(*ast.BinaryExpr); ok {
			if count, ok := code.IntConst(r.pass.TypesInfo, cond.Y); ok {
				return count
			}
		}
	}
	return math.MaxInt64
}
