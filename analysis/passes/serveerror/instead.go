// SPDX-License-Identifier: Apache-2.0

package serveerror

import (
	"go/ast"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// instead returns the nodes behind a call that serves which are run in place of it: the
// else of its branch, such as one without TLS, and what follows a branch that returns.
func instead(body ast.Node, serve *ast.CallExpr) map[ast.Node]bool {
	out := map[ast.Node]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			if n.Else != nil && code.Contains(n.Body, serve) {
				out[n.Else] = true
			}
		case *ast.SwitchStmt:
			for _, clause := range n.Body.List {
				if code.Contains(n.Body, serve) && clause.Pos() > serve.End() {
					out[clause] = true
				}
			}
		case *ast.BlockStmt:
			left := false
			for _, s := range n.List {
				if left {
					out[s] = true
				}
				left = left || returnsFrom(s, serve)
			}
		}
		return n == nil || code.Contains(n, serve)
	})
	return out
}

// returnsFrom reports whether a statement is a branch that has a call and then returns.
func returnsFrom(s ast.Stmt, serve *ast.CallExpr) bool {
	branch, ok := s.(*ast.IfStmt)
	return ok && code.Contains(branch.Body, serve) && code.EndsInReturn(branch.Body.List)
}
