// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// feeders reports workers that take from a channel of the function that starts them until
// it is closed, where who feeds them does that at its end, and not before a return that comes
// earlier: those who wait for work then do so for ever. In a program, the process ends them.
func (f *finder) feeders() {
	if f.program() {
		return
	}
	for _, g := range f.chans.Groups() {
		if !f.feeds(g) {
			continue
		}
		for _, u := range g.Of(chans.Receive) {
			start, ok := f.worker(u)
			if !ok || code.Function(start.Go) != g.Of(chans.Make)[0].Func() {
				continue
			}
			if at := f.leftOpenAt(g, start); at != nil {
				f.Reportf(start.Go.Node(), "the goroutine cannot be stopped: it goes on until %s is closed, which the function of line %d does not do when it returns at line %d",
					g.Vars[0].Name(), f.line(g.Of(chans.Close)[0].Func().Node()), f.line(at))
			}
		}
	}
}

// feeds reports whether a channel is a local one, made once, that is closed and sent to.
func (f *finder) feeds(g *chans.Group) bool {
	if !g.Has(chans.Close) || !g.Has(chans.Send) || len(g.Of(chans.Make)) != 1 || !g.Private(f.Pkg) {
		return false
	}
	for _, v := range g.Vars {
		if v.IsField() || v.Parent() == f.Pkg.Scope() {
			return false
		}
	}
	return !code.IsTest(f.Fset, g.Of(chans.Make)[0].At.Node().Pos())
}

// worker returns where a goroutine is started that takes from a channel until that is
// closed, if nothing else ends it, or if there are several of them: one may leave by itself, and tell why.
func (f *finder) worker(u *chans.Use) (chans.Start, bool) {
	loop, ok := untilClosed(u)
	starts := f.chans.Funcs.StartsOf(u.Func())
	if !ok || len(starts) != 1 {
		return chans.Start{}, false
	}
	start := starts[0]
	_, ranges := loop.Node().(*ast.RangeStmt)
	return start, code.InLoop(start.Go) || ranges && !leavesEarly(loop)
}

// untilClosed returns the loop that goes on until a channel is closed: one that ranges over
// it, or one without a condition that begins with "v, ok := <-ch".
func untilClosed(u *chans.Use) (inspector.Cursor, bool) {
	if u.At.ParentEdgeKind() == edge.RangeStmt_X {
		return u.At.Parent(), true
	}
	if u.At.ParentEdgeKind() != edge.UnaryExpr_X {
		return inspector.Cursor{}, false
	}
	s, ok := u.At.Parent().Parent().Node().(*ast.AssignStmt)
	if !ok || len(s.Lhs) != 2 {
		return inspector.Cursor{}, false
	}
	loop, ok := code.Loop(u.At)
	if !ok {
		return inspector.Cursor{}, false
	}
	n, ok := loop.Node().(*ast.ForStmt)
	return loop, ok && n.Cond == nil && n.Body.List[0] == ast.Stmt(s)
}

// leavesEarly reports whether a loop has a statement that leaves it.
func leavesEarly(loop inspector.Cursor) bool {
	for cur := range loop.Preorder((*ast.ReturnStmt)(nil), (*ast.BranchStmt)(nil)) {
		if code.Function(cur) != code.Function(loop) {
			continue
		}
		if b, ok := cur.Node().(*ast.BranchStmt); !ok || b.Label != nil || code.BreakTarget(cur) == loop && b.Tok == token.BREAK {
			return true
		}
	}
	return false
}

// leftOpenAt returns the statement by which who closes a channel returns without that: the
// function that starts the workers, after it has done so in any case, or another goroutine
// of that.
func (f *finder) leftOpenAt(g *chans.Group, start chans.Start) ast.Node {
	feeder := g.Of(chans.Close)[0].Func()
	for _, u := range g.Of(chans.Close) {
		if fn, _, deferred := flow.Runs(u.At.Parent()); deferred || fn != feeder {
			return nil
		}
	}
	graph := flow.Of(f.TypesInfo, code.Body(feeder.Node()))
	if graph == nil {
		return nil
	}
	from := graph.Entry
	switch outer := code.Function(start.Go); {
	case feeder == outer:
		if underChoice(start.Go) {
			return nil
		}
		from = graph.At(start.Go.Node().Pos())
	case !f.startedIn(feeder, outer):
		return nil
	}
	if from == nil {
		return nil
	}
	closes := func(s *flow.Step) bool {
		return flow.Has(s, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			return ok && code.IsBuiltin(f.TypesInfo, call, "close") && f.groupOf(call.Args[0]) == g
		})
	}
	ret := graph.FindFrom(from, closes, func(s *flow.Step) bool { _, ok := s.Node.(*ast.ReturnStmt); return ok })
	if ret == nil || graph.FindFrom(ret, closes, func(s *flow.Step) bool { return s == graph.Exit }) == nil {
		return nil
	}
	return ret.Node
}

// underChoice reports whether a statement of a function is run under a condition only.
func underChoice(at inspector.Cursor) bool {
	for c := range at.Enclosing((*ast.IfStmt)(nil), (*ast.CaseClause)(nil), (*ast.CommClause)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		return code.Body(c.Node()) == nil
	}
	return false
}

// startedIn reports whether a literal is what a goroutine runs that a function starts.
func (f *finder) startedIn(lit, fn inspector.Cursor) bool {
	for _, s := range f.chans.Funcs.StartsOf(lit) {
		if code.Function(s.Go) == fn && !underChoice(s.Go) {
			return true
		}
	}
	return false
}

// groupOf returns what is done with the channel that an expression names.
func (f *finder) groupOf(e ast.Expr) *chans.Group {
	v, _ := code.ObjectOf(f.TypesInfo, e).(*types.Var)
	return f.chans.Of(v)
}
