// SPDX-License-Identifier: Apache-2.0

package selectbreak

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// drains reports whether a clause is the default, a break alone, of a select that is all
// that a counted loop does, and that takes what is there: then nothing is left to take.
func drains(info *types.Info, clause ast.Node, choice inspector.Cursor) bool {
	c, ok := clause.(*ast.CommClause)
	if !ok || c.Comm != nil || len(c.Body) != 1 {
		return false
	}
	block, ok := choice.Parent().Node().(*ast.BlockStmt)
	if !ok || len(block.List) != 1 {
		return false
	}
	loop, ok := choice.Parent().Parent().Node().(*ast.ForStmt)
	return ok && onlyCounts(info, loop) && takes(info, choice.Node().(*ast.SelectStmt))
}

// onlyCounts reports whether a loop is "for i := 0; i < n; i++" and its body has no use for
// i: each round is like the one before.
func onlyCounts(info *types.Info, loop *ast.ForStmt) bool {
	init, ok := loop.Init.(*ast.AssignStmt)
	if !ok || init.Tok != token.DEFINE || len(init.Lhs) != 1 {
		return false
	}
	i := code.ObjectOf(info, init.Lhs[0])
	post, ok := loop.Post.(*ast.IncDecStmt)
	if !ok || i == nil || code.ObjectOf(info, post.X) != i {
		return false
	}
	cond, ok := loop.Cond.(*ast.BinaryExpr)
	if !ok || code.ObjectOf(info, cond.X) != i {
		return false
	}
	used := false
	ast.Inspect(loop.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		used = used || ok && info.Uses[id] == i
		return !used
	})
	return !used
}

// takes reports whether the cases of a select only receive, each from a channel that has a
// name, and one of them lets the loop go on for more. A loop that the first receive ends
// waits for it.
func takes(info *types.Info, s *ast.SelectStmt) (more bool) {
	for _, stmt := range s.Body.List {
		c := stmt.(*ast.CommClause)
		if c.Comm == nil {
			continue
		}
		switch received(c.Comm).(type) {
		case *ast.Ident, *ast.SelectorExpr:
			more = more || goesOn(info, c.Body)
		default:
			return false
		}
	}
	return more
}

// goesOn reports whether a case does something, and does not end by leaving the loop.
func goesOn(info *types.Info, body []ast.Stmt) bool {
	if len(body) == 0 {
		return false
	}
	switch last := body[len(body)-1].(type) {
	case *ast.ReturnStmt:
		return false
	case *ast.BranchStmt:
		return last.Tok == token.CONTINUE && last.Label == nil
	case *ast.ExprStmt:
		call, ok := last.X.(*ast.CallExpr)
		return !ok || !flow.NoReturn(info, call)
	}
	return true
}
