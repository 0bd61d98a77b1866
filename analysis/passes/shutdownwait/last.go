// SPDX-License-Identifier: Apache-2.0

package shutdownwait

import (
	"go/ast"
	"go/token"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// last reports whether a function starts the stop of a server with its last steps, in what it
// defers or behind all that it waits for, in a goroutine that tells nobody about it.
func (c *checker) last(s server.Site, j job) bool {
	stmt, ok := j.start.Node().(*ast.GoStmt)
	fn, inFunc := code.Enclosing(j.start)
	if !ok || !inFunc || j.body == nil || server.SpeaksAside(j.start.Node()) || waitsForContext(c.pass.TypesInfo, j.body, s.Call) || c.tells(j.body, s.Call) {
		return false
	}
	if lit, ok := fn.Node().(*ast.FuncLit); ok {
		call, called := fn.Parent().Node().(*ast.CallExpr)
		_, isDeferred := fn.Parent().Parent().Node().(*ast.DeferStmt)
		return called && call.Fun == lit && isDeferred && !c.waitsFor(code.Body(lit), stmt)
	}
	return c.receivedBefore(fn.Node(), stmt) && !c.waitsAfter(fn.Node(), stmt.Call)
}

// waitsFor reports whether a function receives something behind a go statement.
func (c *checker) waitsFor(body ast.Node, stmt *ast.GoStmt) bool {
	found := false
	server.Own(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW && n.Pos() > stmt.End()
		case *ast.SelectStmt:
			found = found || n.Pos() > stmt.End()
		case *ast.CallExpr:
			found = found || n.Pos() > stmt.End() && code.IsCall(c.pass.TypesInfo, n, "time.Sleep", "(*sync.WaitGroup).Wait", "(*golang.org/x/sync/errgroup.Group).Wait")
		}
		return !found
	})
	return found
}

// receivedBefore reports whether a function has waited for something, by a statement of its
// own, before a go statement.
func (c *checker) receivedBefore(fn ast.Node, stmt *ast.GoStmt) bool {
	for _, s := range code.Body(fn).List {
		if s.End() > stmt.Pos() {
			break
		}
		switch s := s.(type) {
		case *ast.SelectStmt:
			return true
		case *ast.ExprStmt:
			if u, ok := s.X.(*ast.UnaryExpr); ok && u.Op == token.ARROW {
				return true
			}
		case *ast.AssignStmt:
			if u, ok := s.Rhs[0].(*ast.UnaryExpr); ok && u.Op == token.ARROW {
				return true
			}
		}
	}
	return false
}
