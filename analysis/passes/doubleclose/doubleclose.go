// SPDX-License-Identifier: Apache-2.0

package doubleclose

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

//go:embed doc.go
var doc string

// Analyzer reports a channel that is closed twice.
var Analyzer = check.New(doc, run, chans.Analyzer)

// A closing is where a function closes a channel, or calls what does.
type closing struct {
	call     inspector.Cursor
	fn       inspector.Cursor // the function that it happens in
	at       inspector.Cursor // the place in it
	deferred bool
	guarded  bool // by a select that looks whether the channel is closed
	place    flow.Place
	field    *types.Var
	text     string
}

// closer looks at one package.
type closer struct {
	*check.Pass
	chans  *chans.Info
	graphs map[inspector.Cursor]*flow.Graph
	// always has what a function closes whenever it ends, by the field or variable.
	always map[inspector.Cursor][]*closing
}

func run(pass *check.Pass) (any, error) {
	c := &closer{
		Pass: pass, chans: pass.ResultOf[chans.Analyzer].(*chans.Info),
		graphs: map[inspector.Cursor]*flow.Graph{}, always: map[inspector.Cursor][]*closing{},
	}
	byFunc := map[inspector.Cursor][]*closing{}
	for _, g := range c.chans.Groups() {
		for _, u := range g.Of(chans.Close) {
			if code.IsTest(pass.Fset, u.At.Node().Pos()) {
				continue
			}
			if cl := c.closing(u); cl != nil && !c.late(u, cl, g) {
				byFunc[cl.fn] = append(byFunc[cl.fn], cl)
				c.turns(cl)
				c.handlers(cl)
				c.given(u, cl)
				c.besideOnce(cl)
			}
		}
	}
	for _, f := range flow.InOrder(byFunc) {
		c.within(f, byFunc[f])
	}
	c.calls()
	c.goroutines()
	c.paths()
	return nil, nil
}

// closing returns what a use of the builtin is, nil for one of a channel in a slice.
func (c *closer) closing(u *chans.Use) *closing {
	e := u.At.Node().(ast.Expr)
	place, ok := flow.PlaceOf(c.TypesInfo, e)
	call := u.At.Parent()
	if _, isCall := call.Node().(*ast.CallExpr); !ok || !isCall {
		return nil
	}
	cl := &closing{call: call, place: place, field: u.Var, text: types.ExprString(e)}
	cl.fn, cl.at, cl.deferred = flow.Runs(call)
	cl.guarded = guarded(c.TypesInfo, call, place)
	return cl
}

// guarded reports whether a close is the default of a select that receives from the
// same channel.
func guarded(info *types.Info, call inspector.Cursor, place flow.Place) bool {
	for clause := range call.Enclosing((*ast.CommClause)(nil), (*ast.FuncLit)(nil)) {
		if comm, ok := clause.Node().(*ast.CommClause); !ok || comm.Comm != nil {
			return false
		}
		for _, s := range clause.Parent().Node().(*ast.BlockStmt).List {
			if receives(info, s.(*ast.CommClause).Comm, place) {
				return true
			}
		}
		return false
	}
	return false
}

func receives(info *types.Info, s ast.Stmt, place flow.Place) bool {
	if s == nil {
		return false
	}
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		if u, ok := n.(*ast.UnaryExpr); ok {
			p, ok := flow.PlaceOf(info, u.X)
			found = found || ok && p == place
		}
		return !found
	})
	return found
}

func (c *closer) graph(f inspector.Cursor) *flow.Graph {
	g, ok := c.graphs[f]
	if !ok {
		if body := code.Body(f.Node()); body != nil {
			g = flow.Of(c.TypesInfo, body)
		}
		c.graphs[f] = g
	}
	return g
}

// within looks at the closes that one function does itself.
func (c *closer) within(f inspector.Cursor, all []*closing) {
	g := c.graph(f)
	if g == nil {
		return
	}
	for _, a := range all {
		if (a.guarded || g.Certainly(a.at) && !panics(c.TypesInfo, f)) && !c.makes(f, a.field) {
			c.always[f] = append(c.always[f], a)
		}
		for _, b := range all {
			if a.place == b.place && !b.guarded && c.twice(g, a, b) {
				c.Reportf(b.call.Node(), "%s is closed already: line %d closes it on this path, and the second close panics", b.text, c.line(a))
			}
		}
	}
}

// panics reports whether a function has a panic of its own: on purpose, for who stops
// twice.
func panics(info *types.Info, f inspector.Cursor) bool {
	for cur := range f.Preorder((*ast.CallExpr)(nil)) {
		if code.IsBuiltin(info, cur.Node().(*ast.CallExpr), "panic") {
			return true
		}
	}
	return false
}

func (c *closer) line(a *closing) int { return c.Fset.Position(a.call.Node().Pos()).Line }

// twice reports whether b closes again what a has closed.
func (c *closer) twice(g *flow.Graph, a, b *closing) bool {
	stop := func(s *flow.Step) bool { return a.place.Sets(c.TypesInfo, s) || c.remakes(s, a.field) }
	switch {
	case a.deferred:
		return false // b's turn, or both are
	case a == b && c.madeInLoop(a):
		return false
	case !b.deferred:
		return g.Leads(c.TypesInfo, a.at, b.at, stop) && !c.flagged(a, b)
	}
	from, registered := g.At(a.at.Node().Pos()), g.At(b.at.Node().Pos())
	if !flow.Certain(c.TypesInfo, a.at, b.at) || registered == nil {
		return false
	}
	is := func(want *flow.Step) func(*flow.Step) bool {
		return func(s *flow.Step) bool { return s == want }
	}
	return g.Find(registered, stop, is(from)) != nil && g.Find(from, stop, is(g.Exit)) != nil
}

// flagged reports whether a flag that is set beside a may keep control from b: "if !done {
// continue }" between the two.
func (c *closer) flagged(a, b *closing) bool {
	for cur := range a.fn.Preorder((*ast.IfStmt)(nil)) {
		cond := cur.Node().(*ast.IfStmt)
		if cond.Pos() < a.at.Node().End() || cond.End() > b.at.Node().Pos() || len(cond.Body.List) == 0 {
			continue
		}
		e := ast.Unparen(cond.Cond)
		if not, ok := e.(*ast.UnaryExpr); ok && not.Op == token.NOT {
			e = ast.Unparen(not.X)
		}
		if _, ok := e.(*ast.Ident); !ok {
			continue
		}
		switch cond.Body.List[len(cond.Body.List)-1].(type) {
		case *ast.ReturnStmt, *ast.BranchStmt:
			return true
		}
	}
	return false
}

// madeInLoop reports whether the function gives the variable a new channel in some loop:
// then each turn may have its own.
func (c *closer) madeInLoop(a *closing) bool {
	for _, k := range []chans.Kind{chans.Make, chans.Origin} {
		for _, u := range c.chans.Of(a.field).Of(k) {
			if code.Function(u.At) == a.fn && slices.ContainsFunc(flow.Outwards(u.At), flow.IsLoop) {
				return true
			}
		}
	}
	return false
}

// remakes reports whether a step calls a function of the package that gives the field a
// new channel.
func (c *closer) remakes(s *flow.Step, field *types.Var) bool {
	return field.IsField() && flow.Has(s, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return false
		}
		f := c.chans.Funcs.Callee(call)
		return f.Valid() && c.makes(f, field)
	})
}

// makes reports whether a function gives a field a new channel.
func (c *closer) makes(f inspector.Cursor, field *types.Var) bool {
	return field.IsField() && slices.ContainsFunc(c.chans.Of(field).Uses, func(u *chans.Use) bool {
		return (u.Kind == chans.Make || u.Kind == chans.Origin) && u.Func() == f
	})
}

// calls looks at functions that call twice what always closes a channel.
func (c *closer) calls() {
	byFunc := map[inspector.Cursor][]*closing{}
	for cur := range c.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if code.IsTest(c.Fset, cur.Node().Pos()) {
			continue
		}
		if cl := c.indirect(cur); cl != nil {
			c.turns(cl)
			byFunc[cl.fn] = append(byFunc[cl.fn], cl)
		}
	}
	for _, f := range flow.InOrder(byFunc) {
		if g := c.graph(f); g != nil {
			c.between(g, byFunc[f])
		}
	}
	c.beside(byFunc)
}

// between looks at the calls in one function.
func (c *closer) between(g *flow.Graph, all []*closing) {
	for _, a := range all {
		for _, b := range all {
			if a.place == b.place && c.twice(g, a, b) {
				c.Reportf(b.call.Node(), "%s closes %s again: line %d has called it already, and the second close panics", b.text, b.field.Name(), c.line(a))
			}
		}
	}
}

// indirect returns a call of a function that closes a channel whenever it ends, as a
// closing of its receiver's channel, or of the one that a literal knows.
func (c *closer) indirect(cur inspector.Cursor) *closing {
	call := cur.Node().(*ast.CallExpr)
	if cur.ParentEdgeKind() == edge.GoStmt_Call {
		return nil
	}
	f := c.chans.Funcs.Callee(call)
	closes := c.always[f]
	if !f.Valid() || len(closes) != 1 || closes[0].guarded {
		return nil
	}
	cl := &closing{call: cur, field: closes[0].field, text: types.ExprString(call.Fun)}
	if !c.placed(cl, call, f, closes[0]) {
		return nil
	}
	cl.fn, cl.at, cl.deferred = flow.Runs(cur)
	return cl
}

// placed finds the place of the caller's that a callee closes.
func (c *closer) placed(cl *closing, call *ast.CallExpr, f inspector.Cursor, closes *closing) bool {
	decl, ok := f.Node().(*ast.FuncDecl)
	if !ok { // a literal: the variables are the same
		cl.place = closes.place
		return !within(f.Node(), closes.place.Root)
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || decl.Recv == nil || len(decl.Recv.List[0].Names) == 0 || c.TypesInfo.Defs[decl.Recv.List[0].Names[0]] != closes.place.Root {
		return false
	}
	base, ok := flow.PlaceOf(c.TypesInfo, sel.X)
	cl.place = flow.Place{Root: base.Root, Fields: base.Fields + closes.place.Fields}
	return ok
}

func within(f ast.Node, obj types.Object) bool {
	return obj == nil || f.Pos() <= obj.Pos() && obj.Pos() < f.End()
}
