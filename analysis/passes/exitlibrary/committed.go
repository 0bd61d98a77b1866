// SPDX-License-Identifier: Apache-2.0

package exitlibrary

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/exits"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// committed reports whether a function that returns errors stops doing so at some point,
// and ends the process on each error from there on, of which there are several: it cannot
// go back any more, because a file is half replaced or its data make no sense.
func committed(know *exits.Knowledge, fn inspector.Cursor) bool {
	var ends []token.Pos
	var returns []token.Pos
	body := fn.Node()
	server.Own(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if _, ok := know.Exit(n); ok {
				ends = append(ends, n.Pos())
			}
		case *ast.ReturnStmt:
			if fails(n) {
				returns = append(returns, n.Pos())
			}
		}
		return true
	})
	return len(ends) > 1 && len(returns) > 0 && returns[len(returns)-1] < ends[0]
}

// fails reports whether a return gives an error back, or may do so.
func fails(r *ast.ReturnStmt) bool {
	if len(r.Results) == 0 {
		return true
	}
	id, ok := r.Results[len(r.Results)-1].(*ast.Ident)
	return !ok || id.Name != "nil"
}
