// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"iter"
)

// values yields what an assignment, or a declaration, sets a variable to.
func values(info *types.Info, n ast.Node, v *types.Var) iter.Seq[ast.Expr] {
	var names, from []ast.Expr
	switch n := n.(type) {
	case *ast.AssignStmt:
		names, from = n.Lhs, n.Rhs
	case *ast.ValueSpec:
		for _, name := range n.Names {
			names = append(names, name)
		}
		from = n.Values
	}
	return func(yield func(ast.Expr) bool) {
		for i, name := range names {
			if id, ok := name.(*ast.Ident); !ok || len(from) == 0 || info.ObjectOf(id) != v {
				continue
			}
			if !yield(from[min(i, len(from)-1)]) {
				return
			}
		}
	}
}
