// SPDX-License-Identifier: Apache-2.0

package exits

import (
	"go/ast"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// Pending returns what the function around a node has deferred when the node is
// reached, or may have: the last first, as they would run.
func (k *Knowledge) Pending(at inspector.Cursor) []inspector.Cursor {
	fn, ok := code.Enclosing(at)
	if !ok {
		return nil
	}
	var out []inspector.Cursor
	for d := range fn.Preorder((*ast.DeferStmt)(nil)) {
		if d.Node().End() > at.Node().Pos() {
			break
		}
		if own, _ := code.Enclosing(d); own == fn && k.Reaches(d, at) {
			out = append(out, d)
		}
	}
	slices.Reverse(out)
	return out
}

// Reaches reports whether a path may lead from one statement to a later node of the
// same function: not if they are branches of one choice, nor if the block of the first
// leaves the function.
func (k *Knowledge) Reaches(from, to inspector.Cursor) bool {
	for c := from; ; {
		parent := c.Parent()
		switch n := parent.Node().(type) {
		case *ast.FuncDecl, *ast.FuncLit, *ast.File:
			return true
		case *ast.IfStmt:
			if parent.Contains(to) {
				return c.Contains(to) || n.Body != c.Node()
			}
		case *ast.CaseClause, *ast.CommClause:
			if !parent.Contains(to) {
				if k.leaves(clauseBody(n)) {
					return false
				}
				if choice := parent.Parent().Parent(); choice.Contains(to) {
					return false // another branch of it
				}
			}
		case *ast.BlockStmt:
			if !parent.Contains(to) && k.leaves(n.List) {
				return false
			}
		}
		c = parent
	}
}

func clauseBody(n ast.Node) []ast.Stmt {
	switch n := n.(type) {
	case *ast.CaseClause:
		return n.Body
	case *ast.CommClause:
		return n.Body
	}
	return nil
}

// leaves reports whether a list of statements ends by leaving the function.
func (k *Knowledge) leaves(list []ast.Stmt) bool {
	if len(list) == 0 {
		return false
	}
	switch last := list[len(list)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.ExprStmt:
		if call, ok := last.X.(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "panic" {
				return true
			}
		}
		return k.Exits(last)
	}
	return false
}
