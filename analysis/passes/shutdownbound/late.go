// SPDX-License-Identifier: Apache-2.0

package shutdownbound

import (
	"go/ast"
	"go/token"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// limitedTooLate reports whether a stop without a bound is followed, but for what is written
// to the log, by a select with a time limit that is made there: it is meant for the stop,
// which is over by then.
func (c *checker) limitedTooLate(s server.Site) bool {
	if s.Op != server.GracefulStop && (s.Op != server.Shutdown || s.Ctx == nil || !c.endless(s)) {
		return false
	}
	if _, ok := s.At.Parent().Node().(*ast.GoStmt); ok {
		return false
	}
	for _, stmt := range server.After(s.At) {
		switch stmt := stmt.(type) {
		case *ast.SelectStmt:
			return c.timeLimit(stmt)
		case *ast.ExprStmt:
			if call, ok := stmt.X.(*ast.CallExpr); !ok || !server.Logs(c.pass.TypesInfo, call) {
				return false
			}
		case *ast.IfStmt: // of its error
		default:
			return false
		}
	}
	return false
}

// timeLimit reports whether a select waits for something, but not longer than a time that
// begins with it.
func (c *checker) timeLimit(sel *ast.SelectStmt) bool {
	timed, others := false, false
	for _, clause := range sel.Body.List {
		comm := clause.(*ast.CommClause).Comm
		if comm == nil {
			return false
		}
		after := false
		ast.Inspect(comm, func(n ast.Node) bool {
			u, ok := n.(*ast.UnaryExpr)
			after = after || ok && u.Op == token.ARROW && code.IsCall(c.pass.TypesInfo, ast.Unparen(u.X), "time.After")
			return !after
		})
		timed, others = timed || after, others || !after
	}
	return timed && others
}
