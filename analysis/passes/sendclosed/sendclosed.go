// SPDX-License-Identifier: Apache-2.0

package sendclosed

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

// Analyzer reports a send on a channel that is, or may be, closed.
var Analyzer = check.New(doc, run, chans.Analyzer)

func run(pass *check.Pass) (any, error) {
	f := &finder{Pass: pass, chans: pass.ResultOf[chans.Analyzer].(*chans.Info)}
	for _, g := range f.chans.Groups() {
		sends := g.Of(chans.Send)
		for _, c := range g.Of(chans.Close) {
			if code.IsTest(pass.Fset, c.At.Node().Pos()) {
				continue
			}
			f.filed(g, c, c.Func())
			if len(sends) > 0 {
				f.closed(g, c, sends)
			}
		}
	}
	f.elements()
	f.lookedUp()
	return nil, nil
}

type finder struct {
	*check.Pass
	chans *chans.Info
}

// closed looks at one close, and at what is sent on its channel.
func (f *finder) closed(g *chans.Group, c *chans.Use, sends []*chans.Use) {
	place, ok := flow.PlaceOf(f.TypesInfo, c.At.Node().(ast.Expr))
	fn, at, deferred := flow.Runs(c.At.Parent())
	if !ok || !fn.Valid() {
		return
	}
	graph := flow.Of(f.TypesInfo, code.Body(fn.Node()))
	if graph == nil {
		return
	}
	for _, s := range sends {
		if f.rivals(g, fn, c, s) {
			continue
		}
		f.orphans(g, fn, c, s)
		f.calledBack(g, c, s)
		to, ok := flow.PlaceOf(f.TypesInfo, s.At.Node().(ast.Expr))
		switch {
		case !ok:
		case s.Func() == fn && !deferred && to == place:
			f.after(graph, c, s, place)
		case !c.Var.IsField() && to == place:
			f.left(g, graph, fn, at, c, s)
		case c.Var.IsField() && s.Var == c.Var:
			if !f.chooses(fn, c, s) {
				f.stopped(fn, c, s)
				f.byReceiver(g, fn, c, s)
				f.callback(fn, c, s)
			}
		}
	}
}

// after reports a send that follows the close in the same function.
func (f *finder) after(graph *flow.Graph, c, s *chans.Use, place flow.Place) {
	stop := func(st *flow.Step) bool { return place.Sets(f.TypesInfo, st) }
	if graph.Leads(f.TypesInfo, c.At, s.At, stop) {
		f.Reportf(s.At.Parent().Node(), "send on %s after its close at line %d panics", name(s), f.line(c))
	}
}

func name(u *chans.Use) string { return types.ExprString(u.At.Node().(ast.Expr)) }

func (f *finder) line(u *chans.Use) int { return f.Fset.Position(u.At.Node().Pos()).Line }

// left reports a close by the function that receives, which may leave before the
// goroutine has sent.
func (f *finder) left(g *chans.Group, graph *flow.Graph, fn, at inspector.Cursor, c, s *chans.Use) {
	if slices.ContainsFunc(g.Of(chans.Receive), func(u *chans.Use) bool { return u.Func() != fn }) || !g.Has(chans.Receive) || waits(fn) || recovers(s.Func()) {
		return
	}
	for _, start := range f.chans.Funcs.Starts {
		if start.Body != s.Func() || code.Function(start.Go) != fn || f.ends(start.Body, g) {
			continue
		}
		if f.leavesFirst(graph, g, start, at) {
			f.Reportf(s.At.Parent().Node(), "send on %s, which line %d may have closed before: then it panics", name(s), f.line(c))
		}
		return
	}
}

// ends reports whether the function closes a channel or sends on another one: then the
// owner may know when it is done.
func (f *finder) ends(fn inspector.Cursor, g *chans.Group) bool {
	for _, other := range f.chans.Groups() {
		if other == g {
			continue
		}
		for _, u := range other.Uses {
			if (u.Kind == chans.Close || u.Kind == chans.Send) && fn.Contains(u.At) {
				return true
			}
		}
	}
	return false
}

// leavesFirst reports whether the owner may come to the close without a receive: for a
// deferred one, to its end.
func (f *finder) leavesFirst(graph *flow.Graph, g *chans.Group, start chans.Start, at inspector.Cursor) bool {
	closes := graph.At(at.Node().Pos())
	if _, ok := closes.Node.(*ast.DeferStmt); ok {
		closes = graph.Exit
	}
	receives := func(s *flow.Step) bool {
		return s.Node != nil && slices.ContainsFunc(g.Of(chans.Receive), func(u *chans.Use) bool {
			if loop, ok := s.Node.(*ast.RangeStmt); ok {
				return ast.Unparen(loop.X) == u.At.Node()
			}
			_, choice := s.Node.(*ast.SelectStmt)
			return !choice && s.Node.Pos() <= u.At.Node().Pos() && u.At.Node().End() <= s.Node.End()
		})
	}
	return graph.Find(graph.At(start.Go.Node().Pos()), receives, func(s *flow.Step) bool { return s == closes }) != nil
}

// waits reports whether a function waits for goroutines by a call named so.
func waits(fn inspector.Cursor) bool {
	return calls(fn, "Wait", "wait", "Join", "Acquire")
}

func recovers(fn inspector.Cursor) bool { return calls(fn, "recover") }

func calls(fn inspector.Cursor, names ...string) bool {
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		switch fun := ast.Unparen(cur.Node().(*ast.CallExpr).Fun).(type) {
		case *ast.Ident:
			if slices.Contains(names, fun.Name) {
				return true
			}
		case *ast.SelectorExpr:
			if slices.Contains(names, fun.Sel.Name) {
				return true
			}
		}
	}
	return false
}

// stopped reports a method that stops an object and closes the channel that a goroutine
// of the object sends on, without waiting for it.
func (f *finder) stopped(fn inspector.Cursor, c, s *chans.Use) {
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok || decl.Recv == nil || !stops(decl.Name.Name) || awaitsFirst(fn, c) || recovers(s.Func()) || locks(s.Func()) {
		return
	}
	if f.answers(decl, s) && !callsFirst(fn, c) {
		f.Reportf(s.At.Parent().Node(), "send on %s, which %s closes at line %d while the server may still run this handler: then it panics", name(s), decl.Name.Name, f.line(c))
		return
	}
	for _, start := range f.chans.Funcs.Starts {
		if !f.does(start, s) || start.Body == fn || !sameType(f.TypesInfo, decl, start) || f.callsIt(start.Body, fn) || callsFirst(fn, c) {
			continue
		}
		f.Reportf(s.At.Parent().Node(), "send on %s, which %s closes at line %d without waiting for this goroutine: then it panics", name(s), decl.Name.Name, f.line(c))
		return
	}
}

// awaitsFirst reports whether a function waits, or receives from some channel, before a close: a
// wait that follows it comes too late for who sends.
func awaitsFirst(fn inspector.Cursor, c *chans.Use) bool {
	if _, _, deferred := flow.Runs(c.At.Parent()); deferred || c.Func() != fn {
		return waits(fn) || receivesAny(fn)
	}
	for cur := range fn.Preorder((*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil)) {
		if cur.Node().Pos() > c.At.Node().Pos() {
			break
		}
		switch n := cur.Node().(type) {
		case *ast.CallExpr:
			if slices.Contains([]string{"wait", "join", "acquire"}, code.CallName(n)) {
				return true
			}
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				return true
			}
		}
	}
	return false
}

// does reports whether a goroutine does a send, itself or in a function of the package
// that it calls in a loop.
func (f *finder) does(start chans.Start, s *chans.Use) bool {
	if start.Body == s.Func() {
		return true
	}
	if locks(start.Body) || recovers(start.Body) {
		return false
	}
	for _, call := range f.chans.Funcs.Calls(s.Func()) {
		if code.Function(call) == start.Body && code.InLoop(call) && call.ParentEdgeKind() != edge.GoStmt_Call {
			return true
		}
	}
	return false
}

// answers reports whether a send is in a method of the type that handles HTTP requests:
// the server runs it in a goroutine of its own.
func (f *finder) answers(stop *ast.FuncDecl, s *chans.Use) bool {
	outer := code.Declaration(s.At)
	if !outer.Valid() {
		return false
	}
	decl := outer.Node().(*ast.FuncDecl)
	if decl.Recv == nil || receiver(f.TypesInfo, decl) != receiver(f.TypesInfo, stop) || locks(outer) || recovers(outer) {
		return false
	}
	for _, field := range decl.Type.Params.List {
		if t := f.TypesInfo.TypeOf(field.Type); t != nil && code.IsNamed(t, "net/http.ResponseWriter") {
			return true
		}
	}
	return false
}

// chooses reports a send in a select with a case for the channel that the same function
// closes as well: both are ready then, and the choice is random.
func (f *finder) chooses(fn inspector.Cursor, c, s *chans.Use) bool {
	stop := f.alternative(s)
	if stop == nil || locks(s.Func()) || recovers(s.Func()) || s.Func() == fn {
		return false
	}
	for _, other := range f.chans.Of(stop).Of(chans.Close) {
		if other.Var == stop && other.Func() == fn && !f.between(fn, other, c) {
			f.Reportf(s.At.Parent().Node(), "send on %s in a select with %s: line %d closes both, and the select may choose the send, which panics",
				name(s), stop.Name(), f.line(c))
			return true
		}
	}
	return false
}

// alternative returns the field that another case of the send's select receives from.
func (f *finder) alternative(s *chans.Use) *types.Var {
	stmt := s.At.Parent()
	clause, ok := stmt.Parent().Node().(*ast.CommClause)
	if !ok || clause.Comm != stmt.Node() {
		return nil
	}
	for _, other := range stmt.Parent().Parent().Node().(*ast.BlockStmt).List {
		expr, ok := other.(*ast.CommClause).Comm.(*ast.ExprStmt)
		if !ok {
			continue
		}
		u, ok := expr.X.(*ast.UnaryExpr)
		if !ok {
			continue
		}
		if v, ok := code.ObjectOf(f.TypesInfo, u.X).(*types.Var); ok && v.IsField() {
			return v.Origin()
		}
	}
	return nil
}

// between reports whether a function does something between two closes that may wait.
func (f *finder) between(fn inspector.Cursor, a, b *chans.Use) bool {
	if a.At.Node().Pos() > b.At.Node().Pos() {
		a, b = b, a
	}
	from, to := a.At.Node().End(), b.At.Node().Pos()
	for cur := range fn.Preorder((*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil)) {
		n := cur.Node()
		if call, ok := n.(*ast.CallExpr); ok && code.IsBuiltin(f.TypesInfo, call, "close") {
			continue
		}
		if from <= n.Pos() && n.Pos() < to {
			return true
		}
	}
	return false
}

// callsIt reports whether the goroutine itself calls the method that closes.
func (f *finder) callsIt(body, fn inspector.Cursor) bool {
	for cur := range body.Preorder((*ast.CallExpr)(nil)) {
		if f.chans.Funcs.Callee(cur.Node().(*ast.CallExpr)) == fn {
			return true
		}
	}
	return false
}

// callsFirst reports whether the method calls another Close, Stop or cancel before the
// close: that may be what it waits by.
func callsFirst(fn inspector.Cursor, c *chans.Use) bool {
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if ok && call.Pos() < c.At.Node().Pos() && stops(sel.Sel.Name) {
			return true
		}
	}
	return false
}

func stops(name string) bool {
	switch name {
	case "Close", "Stop", "Shutdown", "close", "stop", "shutdown":
		return true
	}
	return false
}

func locks(fn inspector.Cursor) bool { return calls(fn, "Lock", "RLock") }

// receivesAny reports whether a function receives from some channel: it may be that by
// which it waits.
func receivesAny(fn inspector.Cursor) bool {
	for cur := range fn.Preorder((*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil)) {
		if u, ok := cur.Node().(*ast.UnaryExpr); ok && u.Op.String() == "<-" {
			return true
		}
	}
	return false
}

// sameType reports whether a go statement is in a method of the type, or starts one.
func sameType(info *types.Info, decl *ast.FuncDecl, start chans.Start) bool {
	want := receiver(info, decl)
	if body, ok := start.Body.Node().(*ast.FuncDecl); ok {
		return body.Recv != nil && receiver(info, body) == want
	}
	for c := range start.Go.Enclosing((*ast.FuncDecl)(nil)) {
		outer := c.Node().(*ast.FuncDecl)
		return outer.Recv != nil && receiver(info, outer) == want
	}
	return false
}

// receiver is the name of the type that a method is of.
func receiver(info *types.Info, decl *ast.FuncDecl) *types.TypeName {
	t := info.TypeOf(decl.Recv.List[0].Type)
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Origin().Obj()
	}
	return nil
}
