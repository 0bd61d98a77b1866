// SPDX-License-Identifier: Apache-2.0

package shutdownwait

import (
	_ "embed"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

//go:embed doc.go
var doc string

// Analyzer reports Shutdown in a goroutine that nobody waits for.
var Analyzer = check.New(doc, run, server.Analyzer)

func run(pass *check.Pass) (any, error) {
	info := pass.ResultOf[server.Analyzer].(*server.Info)
	if len(info.Sites) == 0 || !server.InProgram(pass.Pass) {
		return nil, nil
	}
	c := &checker{pass, info, map[*ast.CallExpr]bool{}}
	for _, s := range info.Sites {
		if s.Op != server.Shutdown && s.Op != server.GracefulStop {
			continue
		}
		if job, ok := c.job(s); ok {
			c.check(s, job)
		}
	}
	return nil, nil
}

type checker struct {
	pass     *check.Pass
	info     *server.Info
	reported map[*ast.CallExpr]bool
}

// A job is the goroutine that a stop runs in.
type job struct {
	start inspector.Cursor // the go statement, or the call of context.AfterFunc
	body  ast.Node         // what runs; nil: a function that is not looked into
}

// job returns the goroutine of a stop.
func (c *checker) job(s server.Site) (job, bool) {
	if g, ok := server.Goroutine(s.At); ok {
		j := job{start: g}
		if lit, ok := ast.Unparen(g.Node().(*ast.GoStmt).Call.Fun).(*ast.FuncLit); ok {
			j.body = lit.Body
		} else if decl := c.info.Callee(c.pass.TypesInfo, g.Node().(*ast.GoStmt).Call); decl != nil {
			j.body = decl.Body
		}
		return j, true
	}
	lit, ok := code.Enclosing(s.At)
	if !ok {
		return job{}, false
	}
	if fn, ok := lit.Node().(*ast.FuncLit); ok && isAfterFunc(c.pass.TypesInfo, lit.Parent().Node()) {
		return job{start: lit.Parent(), body: fn.Body}, true
	}
	return job{}, false
}

func (c *checker) check(s server.Site, j job) {
	if serve, ok := c.serveThatReturns(s, j); ok {
		c.report(s, j, "nobody waits for %s: %s returns as soon as it begins, and the requests it waits for are cut off",
			types.ExprString(serve.Call.Fun))
		return
	}
	if (!s.Wrapped && (c.untold(s, j) || c.alone(s, j)) || c.forgotten(s, j) || c.last(s, j)) && !c.drained(s) {
		c.report(s, j, "nobody can wait for %s: its goroutine tells no one when it is done, and the program may end before")
	}
}

// report reports a stop where it is made: in the function of the package that is the
// goroutine, if there is only one in that.
func (c *checker) report(s server.Site, j job, format string, args ...any) {
	at := s.Call
	g, ok := j.start.Node().(*ast.GoStmt)
	if decl := c.info.Callee(c.pass.TypesInfo, s.Call); ok && g.Call == s.Call && s.Wrapped && decl != nil {
		var inner []*ast.CallExpr
		for _, other := range c.info.Sites {
			if other.Op == server.Shutdown && !other.Wrapped && server.Declaration(other.At) == decl {
				inner = append(inner, other.Call)
			}
		}
		if len(inner) == 1 {
			at = inner[0]
		}
	}
	if !c.reported[at] {
		c.reported[at] = true
		c.pass.Reportf(at, format, append([]any{types.ExprString(at.Fun)}, args...)...)
	}
}

// serveThatReturns returns the call that serves what a stop stops, if the function that
// makes it ends without a wait for the stop: the one that starts the goroutine, or main.
func (c *checker) serveThatReturns(s server.Site, j job) (server.Site, bool) {
	starter, ok := code.Enclosing(j.start)
	if !ok || s.Server == nil {
		return server.Site{}, false
	}
	stopped := c.servers(s)
	for _, serve := range c.info.Sites {
		if serve.Op != server.Serve || serve.Server == nil || !stopped[serve.Server] || serve.Drains {
			continue
		}
		if _, ok := server.Goroutine(serve.At); ok {
			continue
		}
		fn, ok := code.Enclosing(serve.At)
		if !ok || fn.Node() != starter.Node() && !code.IsMainFunc(c.pass.Pass, fn.Node()) {
			continue
		}
		if fn.Node() == starter.Node() && serve.Call.Pos() < j.start.Node().Pos() {
			continue
		}
		if !c.waitsAfter(fn.Node(), serve.Call) {
			return serve, true
		}
	}
	return server.Site{}, false
}

// servers returns what stands for the server of a stop: where it is called, and in the
// function of the package that stops it.
func (c *checker) servers(s server.Site) map[types.Object]bool {
	all := map[types.Object]bool{s.Server: true}
	decl := c.info.Callee(c.pass.TypesInfo, s.Call)
	if !s.Wrapped || decl == nil {
		return all
	}
	for _, inner := range c.info.Sites {
		if inner.Op.Stops() && inner.Server != nil && server.Declaration(inner.At) == decl {
			all[inner.Server] = true
		}
	}
	return all
}

// waitsAfter reports whether a function waits for something after a call, or may do so:
// also in what it defers, and in functions that it calls.
func (c *checker) waitsAfter(fn ast.Node, call *ast.CallExpr) bool {
	body := fn.(interface{ ast.Node })
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			return false
		case *ast.DeferStmt:
			found = found || c.waits(n.Call)
		case *ast.FuncLit:
			return n == fn
		case ast.Stmt, ast.Expr:
			if n.Pos() >= call.End() {
				found = found || c.waits(n)
			}
		}
		return !found
	})
	return found || inLoop(fn, call)
}

// inLoop reports whether a call is in a loop of the function: it serves again.
func inLoop(fn, call ast.Node) bool {
	found := false
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt:
			found = found || n.Pos() < call.Pos() && call.End() <= n.End()
		case *ast.RangeStmt:
			found = found || n.Pos() < call.Pos() && call.End() <= n.End()
		}
		return !found
	})
	return found
}

// forgotten reports whether a function that stops something, by its name, leaves the stop
// of a server to a goroutine that tells nobody about it: it returns before that is over.
func (c *checker) forgotten(s server.Site, j job) bool {
	starter, ok := code.Enclosing(j.start)
	if !ok || s.Op != server.Shutdown || c.info.Aside(s.At) || c.info.Aside(j.start) {
		return false
	}
	decl, ok := starter.Node().(*ast.FuncDecl)
	if !ok || decl.Recv == nil || !stopName(decl.Name.Name) {
		return false
	}
	if g, ok := j.start.Node().(*ast.GoStmt); ok && g.Call == s.Call {
		return !s.Wrapped
	}
	return j.body != nil && !c.tells(j.body, s.Call)
}

// untold reports whether a goroutine waits for the end of a context, stops a server, and
// tells nobody that it has.
func (c *checker) untold(s server.Site, j job) bool {
	if j.body == nil || c.info.Aside(s.At) || c.info.Aside(j.start) {
		return false
	}
	if _, ok := j.start.Node().(*ast.GoStmt); ok && !waitsForContext(c.pass.TypesInfo, j.body, s.Call) {
		return false
	}
	return !c.tells(j.body, s.Call)
}

// alone reports whether a goroutine is the stop and nothing else, which can tell nobody
// anything, and the function does not wait for a time either.
func (c *checker) alone(s server.Site, j job) bool {
	stmt, ok := j.start.Node().(*ast.GoStmt)
	fn, inFunc := code.Enclosing(j.start)
	if !ok || !inFunc || stmt.Call != s.Call || s.Op != server.Shutdown || c.info.Aside(s.At) {
		return false
	}
	timed := false
	server.Own(code.Body(fn.Node()), func(n ast.Node) bool {
		timed = timed || n.Pos() > stmt.End() && code.IsCall(c.pass.TypesInfo, n, "time.Sleep", "time.After", "time.NewTimer", "(context.Context).Done")
		return !timed
	})
	return !timed
}

// drained reports whether somebody waits for a call that serves what a stop stops, and
// that returns when the stop is over.
func (c *checker) drained(s server.Site) bool {
	for _, serve := range c.info.Sites {
		if !serve.Drains || serve.Server != s.Server {
			continue
		}
		g, ok := server.Goroutine(serve.At)
		if !ok {
			return true
		}
		if lit, ok := g.Node().(*ast.GoStmt).Call.Fun.(*ast.FuncLit); ok && c.tells(lit.Body, serve.Call) {
			return true
		}
	}
	return false
}
