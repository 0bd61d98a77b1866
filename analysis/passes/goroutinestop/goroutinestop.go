// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

//go:embed doc.go
var doc string

// Analyzer reports a goroutine whose loop has no end.
var Analyzer = check.New(doc, run, chans.Analyzer, lifetimes)

func run(pass *check.Pass) (any, error) {
	f := &finder{Pass: pass, chans: pass.ResultOf[chans.Analyzer].(*chans.Info), owners: pass.ResultOf[lifetimes].(*owners), said: map[ast.Node]bool{}}
	for _, start := range f.chans.Funcs.Starts {
		if code.IsTest(pass.Fset, start.Go.Node().Pos()) {
			continue
		}
		if why := f.endless(start.Body, 2); why != nil && f.matters(start, why) {
			f.Reportf(start.Go.Node(), "the goroutine cannot be stopped: %s", why.text)
		}
	}
	f.contexts()
	f.discarded()
	f.sockets()
	f.unclosed()
	f.niled()
	f.retries()
	f.polls()
	f.waiters()
	f.dropped()
	f.unanswered()
	f.pipes()
	f.orphans()
	f.startsForeign()
	f.errorPaths()
	f.feeders()
	f.constructors()
	f.uncalled()
	f.rearmed()
	return nil, nil
}

type finder struct {
	*check.Pass
	chans  *chans.Info
	owners *owners
	said   map[ast.Node]bool // what is reported
}

// Reportf reports a node, once: more than one rule may find the same goroutine.
func (f *finder) Reportf(n ast.Node, format string, args ...any) {
	if !f.said[n] {
		f.said[n] = true
		f.Pass.Reportf(n, format, args...)
	}
}

// A reason is why a goroutine does not end.
type reason struct {
	text string
	dead *types.Var // the stop channel that nothing closes, if there is one
}

// endless returns why a function that has come to one of its loops does not end, nil if
// it may. It looks into functions of the package that it calls in any case, to a depth.
func (f *finder) endless(fn inspector.Cursor, depth int) *reason {
	if r := f.ownLoop(fn); r != nil || depth == 0 {
		return r
	}
	for _, s := range code.Body(fn.Node()).List {
		stmt, ok := s.(*ast.ExprStmt)
		if !ok {
			continue
		}
		call, ok := stmt.X.(*ast.CallExpr)
		if !ok {
			continue
		}
		if callee := f.chans.Funcs.Callee(call); callee.Valid() && callee != fn {
			if r := f.endless(callee, depth-1); r != nil {
				return r
			}
		} else if r := f.foreign(call); r != nil {
			return r
		}
	}
	return nil
}

// ownLoop is endless for the loops of the function itself.
func (f *finder) ownLoop(fn inspector.Cursor) *reason {
	loops := f.loops(fn)
	if len(loops) == 0 {
		return nil
	}
	g := flow.Of(f.TypesInfo, code.Body(fn.Node()))
	if g == nil {
		if loop := f.backwards(fn); loop != nil {
			return &reason{text: fmt.Sprintf("the loop at line %d has no end", f.line(loop))}
		}
		return nil
	}
	for _, loop := range loops {
		if r := f.neverLeft(g, loop); r != nil {
			return r
		}
		if r := f.busyOnly(loop); r != nil {
			return r
		}
	}
	return nil
}

// loops returns the loops without a condition, and those over a channel, of a function.
func (f *finder) loops(fn inspector.Cursor) []ast.Stmt {
	var out []ast.Stmt
	ast.Inspect(code.Body(fn.Node()), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ForStmt:
			if n.Cond == nil && len(n.Body.List) > 0 && !answers(n.Body) {
				out = append(out, n)
			}
		case *ast.RangeStmt:
			if v := f.dead(n.X, chans.Close); v != nil && f.chans.Of(v).Has(chans.Make) {
				out = append(out, n)
			}
		}
		return true
	})
	return out
}

// neverLeft returns why control does not leave a loop.
func (f *finder) neverLeft(g *flow.Graph, loop ast.Stmt) *reason {
	line := f.Fset.Position(loop.Pos()).Line
	r := &reason{text: fmt.Sprintf("the loop at line %d has no end", line)}
	from := firstStep(g, loop)
	if over, ok := loop.(*ast.RangeStmt); ok {
		r.dead = f.dead(over.X, chans.Close)
		r.text = fmt.Sprintf("the loop at line %d ranges over %s, which nothing closes", line, r.dead.Name())
		from = g.At(over.X.Pos())
	}
	if from == nil {
		return nil
	}
	next := func(s *flow.Step) []*flow.Step {
		if over, ok := s.Node.(*ast.RangeStmt); ok && f.dead(over.X, chans.Close) != nil {
			return s.Next[:1] // the body, never what comes after the loop
		}
		v := f.deadCase(s)
		if v == nil {
			return s.Next
		}
		if r.dead == nil {
			r.dead = v
			r.text = fmt.Sprintf("the loop at line %d waits for %s, which nothing %s", line, v.Name(), f.lacks(v))
		}
		return nil
	}
	end := flow.Search([]*flow.Step{from}, next, func(s *flow.Step) bool { return s == g.Exit || flow.Has(s, f.exits) })
	if end != nil {
		return nil
	}
	return r
}

// lacks returns what nothing does to a channel that is waited for in vain.
func (f *finder) lacks(v *types.Var) string {
	if g := f.chans.Of(v); !g.Has(chans.Make) && g.Has(chans.Close, chans.Send) {
		return "makes"
	}
	return "closes or sends to"
}

// firstStep returns the first step of the body of a loop.
func firstStep(g *flow.Graph, loop ast.Stmt) *flow.Step {
	body, ok := loop.(*ast.ForStmt)
	if !ok {
		return nil
	}
	return g.FindFrom(g.Entry, func(*flow.Step) bool { return false }, func(s *flow.Step) bool {
		return s.Node != nil && body.Body.Pos() <= s.Node.Pos() && s.Node.End() <= body.Body.End()
	})
}

// deadCase returns the channel of a receive that waits for ever.
func (f *finder) deadCase(s *flow.Step) *types.Var {
	var out *types.Var
	if _, ok := s.Node.(*ast.RangeStmt); ok {
		return nil
	}
	flow.Has(s, func(n ast.Node) bool {
		if u, ok := n.(*ast.UnaryExpr); ok && u.Op == token.ARROW {
			out = f.dead(u.X, chans.Close, chans.Send)
		}
		return out != nil
	})
	return out
}

// dead returns the channel that an expression names, if the package does none of the
// given things with it, and nobody else can; or if it is a field that nobody gives a
// channel to.
func (f *finder) dead(e ast.Expr, kinds ...chans.Kind) *types.Var {
	v, _ := code.ObjectOf(f.TypesInfo, e).(*types.Var)
	g := f.chans.Of(v)
	if g == nil || !g.Private(f.Pkg) || len(f.Pass.IgnoredFiles) > 0 {
		return nil
	}
	if unmade := v.IsField() && !g.Has(chans.Make); !unmade && g.Has(kinds...) {
		return nil
	}
	return v
}

// exits reports whether a node is a call that may end the goroutine or the process.
func (f *finder) exits(n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	return ok && f.mayExit(call, 2)
}

// mayExit looks into called functions of the package, but not for ever.
func (f *finder) mayExit(call *ast.CallExpr, depth int) bool {
	if flow.NoReturn(f.TypesInfo, call) {
		return true
	}
	callee := f.chans.Funcs.Callee(call)
	if depth == 0 || !callee.Valid() {
		return false
	}
	for cur := range callee.Preorder((*ast.CallExpr)(nil)) {
		if f.mayExit(cur.Node().(*ast.CallExpr), depth-1) {
			return true
		}
	}
	return false
}

// matters reports whether somebody would want to stop the goroutine.
func (f *finder) matters(start chans.Start, why *reason) bool {
	for c := range start.Go.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		switch n := c.Node().(type) {
		case *ast.FuncLit:
			if f.once(c) {
				return false
			}
		case *ast.FuncDecl:
			if code.IsEntry(f.Pass.Pass, n) {
				return false
			}
			if f.guarded(n, start.Go.Node()) || f.forProcess(c) {
				return false
			}
			if start.Body.Valid() && (f.holdsNothing(start.Body) || f.signals(start.Body) && !f.holdsObject(start.Body)) {
				return false
			}
			return why.dead != nil || !f.program() || f.stoppable(n)
		}
	}
	return false // of a package variable
}

// once reports whether a literal is what a sync.Once, or something named so, does: one that
// is not of a local variable, which is another one for each object.
func (f *finder) once(lit inspector.Cursor) bool {
	if lit.ParentEdgeKind() != edge.CallExpr_Args {
		return false
	}
	call := lit.Parent().Node().(*ast.CallExpr)
	fun := strings.ToLower(types.ExprString(call.Fun))
	return (strings.Contains(fun, "once") || strings.Contains(fun, "singleton") || strings.HasSuffix(fun, ".do")) && !f.ofLocal(lit, call)
}

// ofLocal reports whether a call is that of sync.Once.Do for a field of an object that a
// variable of the function has, one of many.
func (f *finder) ofLocal(at inspector.Cursor, call *ast.CallExpr) bool {
	if !code.IsCall(f.TypesInfo, call, "(*sync.Once).Do") {
		return false
	}
	field, ok := ast.Unparen(code.Receiver(call)).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	v, ok := code.ObjectOf(f.TypesInfo, field.X).(*types.Var)
	decl := code.Declaration(at)
	return ok && !v.IsField() && decl.Valid() && code.ContainsPos(code.Body(decl.Node()), v.Pos())
}

// guarded reports whether a function leaves before the go statement by what a package
// variable says: it starts the goroutine once in the process.
func (f *finder) guarded(decl *ast.FuncDecl, start ast.Node) bool {
	found := false
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		cond, ok := n.(*ast.IfStmt)
		if !ok || cond.Pos() > start.Pos() {
			return !found
		}
		around := code.Contains(cond, start)
		if around || code.EndsInReturn(cond.Body.List) {
			found = found || f.global(cond.Cond)
		}
		return !found
	})
	return found
}

// answers reports whether a loop gives the same answer to whoever asks, for good.
func answers(body *ast.BlockStmt) bool {
	_, ok := body.List[0].(*ast.SendStmt)
	return ok && len(body.List) == 1
}

// program reports whether the package is a program's own: main, or a command's.
func (f *finder) program() bool {
	path := "/" + f.Pkg.Path() + "/"
	return code.IsMain(f.Pass.Pass) || strings.Contains(path, "/cmd/") || strings.Contains(path, "/command/") || strings.Contains(path, "/commands/") || strings.Contains(path, "/cli/")
}

// global reports whether an expression has a variable of the package in it.
func (f *finder) global(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			v, ok := f.TypesInfo.Uses[id].(*types.Var)
			found = found || ok && v.Parent() == f.Pkg.Scope()
		}
		return !found
	})
	return found
}

// signals reports whether a goroutine waits for signals of the system.
func (f *finder) signals(body inspector.Cursor) bool {
	for cur := range body.Preorder((*ast.UnaryExpr)(nil)) {
		u := cur.Node().(*ast.UnaryExpr)
		t := f.TypesInfo.TypeOf(u.X)
		if u.Op != token.ARROW || t == nil {
			continue
		}
		if ch, ok := t.Underlying().(*types.Chan); ok && code.IsNamed(ch.Elem(), "os.Signal") {
			return true
		}
	}
	return false
}

// stoppable reports whether a method is one of a type that can be stopped: by a method, or
// by a channel that the package closes.
func (f *finder) stoppable(decl *ast.FuncDecl) bool {
	if decl.Recv == nil {
		return false
	}
	recv := f.TypesInfo.TypeOf(decl.Recv.List[0].Type)
	for _, name := range []string{"Close", "Stop", "Shutdown", "close", "stop", "shutdown"} {
		obj, _, _ := types.LookupFieldOrMethod(recv, true, f.Pkg, name)
		if _, ok := obj.(*types.Func); ok {
			return true
		}
	}
	return f.chans.StopOf(recv) != nil
}
