// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// unanswered reports goroutines that wait for the one value that another goroutine of
// theirs sends, if that one may end without a word. In a program, the process ends them.
func (f *finder) unanswered() {
	if code.IsMain(f.Pass.Pass) {
		return
	}
	starts := map[inspector.Cursor]inspector.Cursor{}
	for _, s := range f.chans.Funcs.Starts {
		if !code.IsTest(f.Fset, s.Go.Node().Pos()) {
			starts[s.Body] = s.Go
		}
	}
	for _, g := range f.chans.Groups() {
		waits, sender := f.awaited(g, starts)
		if !waits.Valid() {
			continue
		}
		start, ok := starts[code.Function(waits)]
		if !ok || !f.silent(g, sender) || !flow.Certain(f.TypesInfo, starts[sender], waits) {
			continue
		}
		f.Reportf(start.Node(), "the goroutine cannot be stopped: it waits for %s at line %d, and the goroutine of line %d may end without a send",
			g.Vars[0].Name(), f.line(waits.Node()), f.line(starts[sender].Node()))
	}
}

// awaited returns where a function waits for a local channel, with nothing else to wake it
// up, and the literal that it has started, which alone sends.
func (f *finder) awaited(g *chans.Group, starts map[inspector.Cursor]inspector.Cursor) (waits, sender inspector.Cursor) {
	none := inspector.Cursor{}
	receives, sends := g.Of(chans.Receive), g.Of(chans.Send)
	if len(g.Vars) != 1 || g.Vars[0].IsField() || !g.Private(f.Pkg) || g.Has(chans.Close) || len(receives) != 1 || len(sends) == 0 || len(g.Of(chans.Make)) != 1 {
		return none, none
	}
	waits = receives[0].At.Parent()
	if recv, ok := waits.Node().(*ast.UnaryExpr); !ok || recv.Op != token.ARROW || f.chosen(waits) || code.Function(waits) != g.Of(chans.Make)[0].Func() {
		return none, none
	}
	sender = sends[0].Func()
	start, ok := starts[sender]
	if _, lit := sender.Node().(*ast.FuncLit); !lit || !ok || code.Function(start) != code.Function(waits) {
		return none, none
	}
	for _, s := range sends {
		if s.Func() != sender {
			return none, none
		}
	}
	return waits, sender
}

// chosen reports whether a receive is a case of a select.
func (f *finder) chosen(at inspector.Cursor) bool {
	for c := range at.Enclosing((*ast.CommClause)(nil), (*ast.BlockStmt)(nil), (*ast.FuncLit)(nil)) {
		clause, ok := c.Node().(*ast.CommClause)
		return ok && clause.Comm != nil && code.Contains(clause.Comm, at.Node())
	}
	return false
}

// silent reports whether a function may end without a send to a channel.
func (f *finder) silent(g *chans.Group, fn inspector.Cursor) bool {
	graph := flow.Of(f.TypesInfo, code.Body(fn.Node()))
	if graph == nil {
		return false
	}
	sent := map[*flow.Step]bool{}
	for _, s := range g.Of(chans.Send) {
		sent[graph.At(s.At.Node().Pos())] = true
	}
	return graph.FindFrom(graph.Entry, func(s *flow.Step) bool { return sent[s] }, func(s *flow.Step) bool { return s == graph.Exit }) != nil
}
