// SPDX-License-Identifier: Apache-2.0

package exitlibrary

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/exits"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// committed reports whether an exit comes when its function, which returns errors, has
// stopped doing so, and ends the process on each error from there on, of which there are
// several: it cannot go back any more, because a file is half replaced or its data make no
// sense.
func committed(know *exits.Knowledge, fn inspector.Cursor, exit ast.Node) bool {
	var last token.Pos // of what returns an error
	server.Own(fn.Node(), func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && fails(r) {
			last = r.Pos()
		}
		return true
	})
	steps := 0 // that end the process
	ast.Inspect(fn.Node(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return n == fn.Node()
		case *ast.IfStmt:
			if n.Pos() > last {
				if mayExit(know, n) {
					steps++
				}
				return false
			}
		}
		return true
	})
	return last.IsValid() && exit.Pos() > last && steps > 1
}

// mayExit reports whether a statement has an exit in it.
func mayExit(know *exits.Knowledge, stmt ast.Stmt) (found bool) {
	server.Own(stmt, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && !found {
			_, found = know.Exit(call)
		}
		return !found
	})
	return found
}

// fails reports whether a return gives an error back, or may do so.
func fails(r *ast.ReturnStmt) bool {
	if len(r.Results) == 0 {
		return true
	}
	id, ok := r.Results[len(r.Results)-1].(*ast.Ident)
	return !ok || id.Name != "nil"
}
