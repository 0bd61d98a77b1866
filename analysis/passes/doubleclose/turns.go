// SPDX-License-Identifier: Apache-2.0

package doubleclose

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// A turn is a close in a loop that waits for something that comes more than once: a signal,
// a tick, or the end of a context, which is there at once in the next turn.
type turn struct {
	*closer
	cl   *closing
	g    *flow.Graph
	loop inspector.Cursor
	wait ast.Node     // the receive
	from flow.Place   // what it receives from, if it has a name
	got  types.Object // what it has received, if that has a name
}

// turns reports a close in the case of such a loop that stays in it.
func (c *closer) turns(cl *closing) {
	loop, ok := code.Loop(cl.at)
	g := c.graph(cl.fn)
	if !ok || g == nil || cl.deferred || cl.guarded || c.twice(g, cl, cl) {
		return
	}
	if l, ok := loop.Node().(*ast.ForStmt); ok && l.Cond != nil {
		return
	}
	t := &turn{closer: c, cl: cl, g: g, loop: loop}
	what := t.waits()
	if what == "" || !t.plain() || t.asks() || !t.again() {
		return
	}
	if call := cl.call.Node().(*ast.CallExpr); code.IsBuiltin(c.TypesInfo, call, "close") {
		c.Reportf(call, "%s is closed again by %s: the loop at line %d goes on after the first, and the second close panics", cl.text, what, c.Fset.Position(loop.Node().Pos()).Line)
	} else {
		c.Reportf(call, "%s closes %s again by %s: the loop at line %d goes on after the first, and the second close panics", cl.text, cl.field.Name(), what, c.Fset.Position(loop.Node().Pos()).Line)
	}
}

// waits finds the receive that a turn of the loop begins with, and returns what comes again.
func (t *turn) waits() string {
	if over, ok := t.loop.Node().(*ast.RangeStmt); ok {
		return t.source(over, over.X, over.Key)
	}
	child := t.cl.at
	for up := range t.cl.at.Enclosing() {
		if comm, ok := up.Node().(*ast.CommClause); ok {
			if comm.Comm == nil {
				return ""
			}
			return t.received(comm.Comm)
		}
		if block, ok := up.Node().(*ast.BlockStmt); ok && up.Parent() == t.loop {
			for _, s := range block.List {
				if s.Pos() >= child.Node().Pos() {
					break
				}
				if what := t.received(s); what != "" {
					return what
				}
			}
			return ""
		}
		child = up
	}
	return ""
}

// received returns what comes again by a statement that receives.
func (t *turn) received(s ast.Stmt) string {
	switch s := s.(type) {
	case *ast.ExprStmt:
		if u, ok := ast.Unparen(s.X).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
			return t.source(s, u.X, nil)
		}
	case *ast.AssignStmt:
		if u, ok := ast.Unparen(s.Rhs[0]).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
			return t.source(s, u.X, s.Lhs[0])
		}
	}
	return ""
}

// source notes a receive, and returns what comes again by its channel.
func (t *turn) source(wait ast.Node, from, got ast.Expr) string {
	t.wait = wait
	t.from, _ = flow.PlaceOf(t.TypesInfo, from)
	if got != nil {
		t.got = code.ObjectOf(t.TypesInfo, got)
	}
	typ := t.TypesInfo.TypeOf(from)
	if !code.IsChan(typ) {
		return ""
	}
	_, isRange := wait.(*ast.RangeStmt)
	switch x := ast.Unparen(from).(type) {
	case *ast.CallExpr:
		if code.IsCall(t.TypesInfo, x, "(context.Context).Done") && !isRange {
			return "the next turn"
		}
		if code.IsCall(t.TypesInfo, x, "time.After", "time.Tick") {
			return "the next tick"
		}
	case *ast.SelectorExpr:
		if x.Sel.Name == "C" && code.IsNamed(t.TypesInfo.TypeOf(x.X), "time.Ticker") {
			return "the next tick"
		}
	}
	if code.IsNamed(typ.Underlying().(*types.Chan).Elem(), "os.Signal") {
		return "the next signal"
	}
	if v, ok := code.ObjectOf(t.TypesInfo, from).(*types.Var); ok && !isRange {
		if g := t.chans.Of(v); g != nil && g.Has(chans.Close) && !g.Has(chans.Send, chans.Escape) {
			return "the next turn"
		}
	}
	return ""
}

// plain reports whether nothing decides about the close but what was received.
func (t *turn) plain() bool {
	child := t.cl.at
	for up := range t.cl.at.Enclosing() {
		if up == t.loop {
			return true
		}
		switch n := up.Node().(type) {
		case *ast.IfStmt:
			if child.Node() != n.Body && child.Node() != n.Else || !t.aboutGot(n.Cond) {
				return false
			}
		case *ast.CaseClause:
			if !t.aboutSwitch(up) {
				return false
			}
		case *ast.TypeSwitchStmt, *ast.FuncLit:
			return false
		}
		child = up
	}
	return false
}

// asks reports whether something before the close, other than what was received, or an error,
// may keep the turn from it: it may know of the first one.
func (t *turn) asks() bool {
	for cur := range t.loop.Preorder((*ast.IfStmt)(nil)) {
		cond := cur.Node().(*ast.IfStmt)
		if cond.Pos() > t.cl.at.Node().Pos() || code.Contains(cond, t.cl.at.Node()) || t.aboutGot(cond.Cond) || t.isError(cond.Cond) {
			continue
		}
		if len(cond.Body.List) > 0 && t.leads(t.g.At(cond.Cond.Pos())) && !t.leads(t.g.At(cond.Body.List[0].Pos())) {
			return true
		}
	}
	return false
}

// leads reports whether control comes from a step to the close in the same turn.
func (t *turn) leads(from *flow.Step) bool {
	to := t.g.At(t.cl.at.Node().Pos())
	return from != nil && t.g.FindFrom(from, t.isWait, func(s *flow.Step) bool { return s == to }) != nil
}

// aboutSwitch reports whether a switch chooses by what was received.
func (t *turn) aboutSwitch(clause inspector.Cursor) bool {
	s, ok := clause.Parent().Parent().Node().(*ast.SwitchStmt)
	if !ok {
		return false
	}
	if s.Tag != nil {
		return t.aboutGot(s.Tag)
	}
	for _, c := range s.Body.List {
		for _, e := range c.(*ast.CaseClause).List {
			if !t.aboutGot(e) {
				return false
			}
		}
	}
	return true
}

// aboutGot reports whether all variables of an expression are what was received.
func (t *turn) aboutGot(e ast.Expr) bool {
	only := true
	ast.Inspect(e, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if v, isVar := t.TypesInfo.Uses[id].(*types.Var); ok && isVar && v != t.got && v.Parent() != nil && v.Pkg() == t.Pkg {
			only = false
		}
		return only
	})
	return only && t.got != nil && code.Mentions(t.TypesInfo, e, t.got)
}

// again reports whether the loop comes to its receive, and to the close, again: whatever
// happens in between, and with the same channels.
func (t *turn) again() bool {
	from := t.g.At(t.cl.at.Node().Pos())
	out := func(s *flow.Step) bool {
		return s == t.g.Exit || s.Node != nil && !code.Contains(t.loop.Node(), s.Node)
	}
	if from == nil || t.g.Find(from, t.isWait, out) != nil {
		return false
	}
	return t.g.Find(from, func(s *flow.Step) bool {
		return out(s) || t.cl.place.Sets(t.TypesInfo, s) || t.remakes(s, t.cl.field) || t.ends(s)
	}, func(s *flow.Step) bool { return s == from }) != nil
}

// isWait reports whether a step is the receive, or the select that has it as a case.
func (t *turn) isWait(s *flow.Step) bool {
	if s.Node == t.wait {
		return true
	}
	sel, ok := s.Node.(*ast.SelectStmt)
	return ok && code.Contains(sel, t.wait)
}

// ends reports whether a step ends what comes again, or the process.
func (t *turn) ends(s *flow.Step) bool {
	if s.Node != t.wait && t.from.Root != nil && t.from.Sets(t.TypesInfo, s) {
		return true
	}
	return flow.Has(s, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return false
		}
		if code.IsCall(t.TypesInfo, call, "os/signal.Stop", "os/signal.Reset", "os/signal.Ignore", "(*time.Ticker).Stop") {
			return true
		}
		f := t.chans.Funcs.Callee(call)
		if !f.Valid() {
			return false
		}
		g := t.graph(f)
		return g != nil && g.FindFrom(g.Entry, func(*flow.Step) bool { return false }, func(s *flow.Step) bool { return s == g.Exit }) == nil
	})
}
