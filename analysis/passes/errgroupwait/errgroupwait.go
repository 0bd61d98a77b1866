// SPDX-License-Identifier: Apache-2.0

package errgroupwait

import (
	"cmp"
	_ "embed"
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

//go:embed doc.go
var doc string

// Analyzer reports an errgroup without Wait, and uses of its context after it.
var Analyzer = check.New(doc, run)

const path = "golang.org/x/sync/errgroup"

// A group is a variable that holds an errgroup, with its context if it has one.
type group struct {
	pass  *check.Pass
	v     *types.Var
	ctx   *types.Var
	made  ast.Node
	fn    inspector.Cursor
	waits []inspector.Cursor // calls
	goes  int
	other bool // something else is done with it
}

func run(pass *check.Pass) (any, error) {
	if !code.Imports(pass.Pkg, path) {
		return nil, nil
	}
	groups := map[*types.Var]*group{}
	for cur := range pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		id := cur.Node().(*ast.Ident)
		v, ok := pass.TypesInfo.ObjectOf(id).(*types.Var)
		if !ok || v.IsField() || !code.IsNamed(v.Type(), path+".Group") || code.IsTest(pass.Fset, id.Pos()) {
			continue
		}
		g := groups[v]
		if g == nil {
			g = &group{pass: pass, v: v}
			groups[v] = g
		}
		g.use(cur)
	}
	for _, v := range slices.SortedFunc(maps.Keys(groups), func(a, b *types.Var) int { return cmp.Compare(a.Pos(), b.Pos()) }) {
		groups[v].check()
	}
	return nil, nil
}

// use notes a mention of the group.
func (g *group) use(cur inspector.Cursor) {
	switch cur.ParentEdgeKind() {
	case edge.AssignStmt_Lhs:
		g.assigned(cur)
	case edge.ValueSpec_Names:
		spec := cur.Parent().Node().(*ast.ValueSpec)
		g.define(cur, spec)
		g.other = g.other || len(spec.Values) > 0 && !g.fresh(spec.Values[0])
	case edge.SelectorExpr_X:
		g.method(cur)
	default:
		g.other = true
	}
}

func (g *group) define(cur inspector.Cursor, at ast.Node) {
	g.made, g.fn = at, code.Function(cur)
}

func (g *group) assigned(cur inspector.Cursor) {
	s := cur.Parent().Node().(*ast.AssignStmt)
	if g.made != nil || len(s.Rhs) != 1 || !g.fresh(s.Rhs[0]) {
		g.other = true
		return
	}
	g.define(cur, s)
	if len(s.Lhs) == 2 {
		if id, ok := s.Lhs[1].(*ast.Ident); ok && id.Name != "_" {
			g.ctx, _ = g.pass.TypesInfo.ObjectOf(id).(*types.Var)
		}
	}
}

// fresh reports whether an expression makes a new group.
func (g *group) fresh(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		return code.IsCall(g.pass.TypesInfo, e, path+".WithContext") || code.IsBuiltin(g.pass.TypesInfo, e, "new")
	case *ast.UnaryExpr:
		_, ok := e.X.(*ast.CompositeLit)
		return ok
	case *ast.CompositeLit:
		return true
	}
	return false
}

func (g *group) method(cur inspector.Cursor) {
	sel := cur.Parent()
	if sel.ParentEdgeKind() != edge.CallExpr_Fun {
		g.other = true
		return
	}
	switch sel.Node().(*ast.SelectorExpr).Sel.Name {
	case "Go", "TryGo":
		g.goes++
	case "Wait":
		g.waits = append(g.waits, sel.Parent())
	}
}

func (g *group) check() {
	if g.made == nil || g.other || !g.fn.Valid() {
		return
	}
	if len(g.waits) == 0 {
		if g.goes > 0 {
			g.pass.Reportf(g.made, "nothing calls %s.Wait: the goroutines run on when the function has returned, and their errors are lost", g.v.Name())
		}
		return
	}
	if g.ctx == nil {
		return
	}
	if graph := flow.Of(g.pass.TypesInfo, code.Body(g.fn.Node())); graph != nil {
		g.after(graph)
		g.instead(graph)
	}
}

// after reports the first use of the context after each Wait.
func (g *group) after(graph *flow.Graph) {
	p := flow.Place{Root: g.ctx}
	for _, wait := range g.waits {
		if code.Function(wait) != g.fn || wait.ParentEdgeKind() == edge.DeferStmt_Call || wait.ParentEdgeKind() == edge.GoStmt_Call {
			continue
		}
		var found ast.Node
		stop := func(s *flow.Step) bool { return p.Sets(g.pass.TypesInfo, s) }
		graph.Find(graph.At(wait.Node().Pos()), stop, func(s *flow.Step) bool {
			found = g.used(s)
			return found != nil
		})
		if found != nil {
			g.pass.Reportf(found, "%s is over: %s.Wait at line %d has cancelled it, so what begins with it fails at once with \"context canceled\"",
				g.ctx.Name(), g.v.Name(), g.pass.Fset.Position(wait.Node().Pos()).Line)
			return
		}
	}
}

// used returns where a step begins something with the context, or returns its error.
func (g *group) used(s *flow.Step) ast.Node {
	if ret, ok := s.Node.(*ast.ReturnStmt); ok {
		if n := g.returned(ret); n != nil {
			return n
		}
	}
	var found ast.Node
	if s.Node == nil {
		return nil
	}
	switch s.Node.(type) {
	case *ast.RangeStmt, *ast.SelectStmt, *ast.DeferStmt:
		return nil
	}
	ast.Inspect(s.Node, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found != nil {
			return found == nil
		}
		for _, arg := range call.Args {
			if id, ok := arg.(*ast.Ident); ok && g.pass.TypesInfo.Uses[id] == g.ctx && !harmless(g.pass.TypesInfo, call) {
				found = id
			}
		}
		return found == nil
	})
	return found
}

// returned returns the Err of the context that a statement returns.
func (g *group) returned(ret *ast.ReturnStmt) ast.Node {
	for _, e := range ret.Results {
		call, ok := ast.Unparen(e).(*ast.CallExpr)
		if !ok || !code.IsCall(g.pass.TypesInfo, call, "(context.Context).Err") {
			continue
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && code.ObjectOf(g.pass.TypesInfo, sel.X) == g.ctx {
			return call
		}
	}
	return nil
}

// harmless reports whether a call takes from a context only what it carries: what logs
// and traces, and what makes a context that is not cancelled.
func harmless(info *types.Info, call *ast.CallExpr) bool {
	if code.IsCall(info, call, "context.WithoutCancel", "context.Cause", "context.AfterFunc") {
		return true
	}
	var name string
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		name = fun.Name
	case *ast.SelectorExpr:
		name = types.ExprString(fun)
	}
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"log", "trace", "span", "debug", "info", "warn", "err", "metric", "fromcontext", "value", "detach", "record", "event"},
		func(s string) bool { return strings.Contains(name, s) })
}

// instead reports a return of the context's error where Wait has not been called, or
// deferred: the goroutines run on, and the error that ended them is lost.
func (g *group) instead(graph *flow.Graph) {
	waited := func(s *flow.Step) bool {
		return slices.ContainsFunc(g.waits, func(w inspector.Cursor) bool {
			_, at, _ := flow.Runs(w)
			return graph.At(at.Node().Pos()) == s
		})
	}
	from := graph.At(g.made.Pos())
	var found ast.Node
	graph.Find(from, waited, func(s *flow.Step) bool {
		if ret, ok := s.Node.(*ast.ReturnStmt); ok && !waited(s) {
			found = g.returned(ret)
		}
		return found != nil
	})
	if found != nil {
		g.pass.Reportf(found, "%s.Err() in place of %s.Wait(): the error that ended the group is lost, and its goroutines run on", g.ctx.Name(), g.v.Name())
	}
}
