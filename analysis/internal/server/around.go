// SPDX-License-Identifier: Apache-2.0

package server

import (
	"go/ast"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// Declaration returns the function declaration around a node, nil if there is none.
func Declaration(at inspector.Cursor) *ast.FuncDecl {
	if decl := code.Declaration(at); decl.Valid() {
		return decl.Node().(*ast.FuncDecl)
	}
	return nil
}

// Goroutine returns the go statement that runs a node: of the function literal it is in,
// or of itself.
func Goroutine(at inspector.Cursor) (stmt inspector.Cursor, ok bool) {
	cur := at
	for {
		if g, ok := cur.Parent().Node().(*ast.GoStmt); ok && ast.Node(g.Call) == cur.Node() {
			return cur.Parent(), true
		}
		lit, ok := code.Enclosing(cur)
		if !ok {
			return inspector.Cursor{}, false
		}
		if _, ok := lit.Node().(*ast.FuncLit); !ok {
			return inspector.Cursor{}, false
		}
		call := lit.Parent()
		if c, ok := call.Node().(*ast.CallExpr); !ok || ast.Unparen(c.Fun) != lit.Node() {
			return inspector.Cursor{}, false
		}
		cur = call
	}
}

// After returns the statements that follow the one a node is in, in the same list.
func After(at inspector.Cursor) []ast.Stmt {
	for cur := range at.Enclosing((*ast.BlockStmt)(nil), (*ast.CaseClause)(nil), (*ast.CommClause)(nil)) {
		var list []ast.Stmt
		switch n := cur.Node().(type) {
		case *ast.BlockStmt:
			list = n.List
		case *ast.CaseClause:
			list = n.Body
		case *ast.CommClause:
			list = n.Body
		}
		for i, s := range list {
			if s.Pos() <= at.Node().Pos() && at.Node().End() <= s.End() {
				return list[i+1:]
			}
		}
		return nil
	}
	return nil
}

// Own visits the nodes of a function's body, without those of the literals in it and of
// its go statements, until f returns false.
func Own(body ast.Node, f func(ast.Node) bool) {
	more := true
	ast.Inspect(body, func(n ast.Node) bool {
		switch n.(type) {
		case nil:
			return false
		case *ast.FuncLit, *ast.GoStmt:
			return n == body
		}
		more = more && f(n)
		return more
	})
}
