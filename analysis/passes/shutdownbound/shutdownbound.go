// SPDX-License-Identifier: Apache-2.0

package shutdownbound

import (
	_ "embed"
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

//go:embed doc.go
var doc string

// Analyzer reports graceful stops without a bound.
var Analyzer = check.New(doc, run, server.Analyzer)

func run(pass *check.Pass) (any, error) {
	info := pass.ResultOf[server.Analyzer].(*server.Info)
	if len(info.Sites) == 0 || !server.InProgram(pass.Pass) {
		return nil, nil
	}
	c := &checker{pass, info}
	for _, s := range slices.Concat(info.Sites, c.literals()) {
		switch {
		case c.limitedTooLate(s):
			pass.Reportf(s.Call, "%s waits without a bound: the time limit behind it begins only when it is over", types.ExprString(s.Call.Fun))
		case s.Op == server.GracefulStop && !c.forced(s, 0):
			pass.Reportf(s.Call, "%s waits without a bound: one open stream or slow client holds the stop until the process is killed",
				types.ExprString(s.Call.Fun))
		case s.Op == server.Shutdown && s.Ctx != nil && c.endless(s) && !c.forced(s, 0):
			pass.Reportf(s.Call, "%s has a context that never ends: one slow client holds the stop until the process is killed",
				types.ExprString(s.Call.Fun))
		}
	}
	return nil, nil
}

type checker struct {
	pass *check.Pass
	info *server.Info
}

// endless reports whether the context of a site never ends.
func (c *checker) endless(s server.Site) bool {
	if decl := server.Declaration(s.At); decl != nil {
		return code.Endless(c.pass.TypesInfo, s.Ctx, decl)
	}
	return code.Endless(c.pass.TypesInfo, s.Ctx, nil)
}

// forced reports whether something ends a stop that takes too long, or nobody waits for
// it: Serve returns at once, and the program ends.
func (c *checker) forced(s server.Site, depth int) bool {
	return s.Op == server.Shutdown && server.Unheard(c.pass.TypesInfo, s.At) || c.closedElsewhere(s) || c.wayOut(s) || depth == 0 && c.callersForce(s)
}

// closedElsewhere reports whether the server is also closed at once, other than after
// the stop in the same function: by a timer, another goroutine, a case of a select.
func (c *checker) closedElsewhere(s server.Site) bool {
	own, _ := code.Enclosing(s.At)
	for _, other := range c.info.Sites {
		if other.Op != server.Close || !c.maySame(s, other) {
			continue
		}
		fn, ok := code.Enclosing(other.At)
		if !ok {
			continue
		}
		same := server.Declaration(other.At) == server.Declaration(s.At)
		if same && fn.Node() != own.Node() && !deferred(other.At, fn) || inSelect(other.At) {
			return true
		}
	}
	return c.closeValue(s)
}

// maySame reports whether two calls may be about the same server: where one of them is not
// known, if they are of one type or in one function.
func (c *checker) maySame(a, b server.Site) bool {
	if a.Server != nil && b.Server != nil {
		return a.Server == b.Server
	}
	x, y := code.Receiver(a.Call), code.Receiver(b.Call)
	if x == nil || y == nil || server.Declaration(a.At) == server.Declaration(b.At) {
		return true
	}
	return types.Identical(c.pass.TypesInfo.TypeOf(x), c.pass.TypesInfo.TypeOf(y))
}

// deferred reports whether a call is deferred, alone or in a function literal.
func deferred(at, fn inspector.Cursor) bool {
	if _, ok := at.Parent().Node().(*ast.DeferStmt); ok {
		return true
	}
	if call, ok := fn.Parent().Node().(*ast.CallExpr); ok && call.Fun == fn.Node() {
		_, ok := fn.Parent().Parent().Node().(*ast.DeferStmt)
		return ok
	}
	return false
}

func inSelect(at inspector.Cursor) bool {
	for cur := range at.Enclosing((*ast.CommClause)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		_, ok := cur.Node().(*ast.CommClause)
		return ok
	}
	return false
}

// closeValue reports whether the Stop or Close of a server is given to something, such
// as time.AfterFunc(d, srv.Stop).
func (c *checker) closeValue(s server.Site) bool {
	decl := server.Declaration(s.At)
	if decl == nil {
		return false
	}
	found := false
	ast.Inspect(decl, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			for _, arg := range call.Args {
				if sel, ok := ast.Unparen(arg).(*ast.SelectorExpr); ok && (sel.Sel.Name == "Stop" || sel.Sel.Name == "Close") {
					found = found || c.pass.TypesInfo.Selections[sel] != nil
				}
			}
		}
		return !found
	})
	return found
}
