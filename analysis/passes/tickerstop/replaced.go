// SPDX-License-Identifier: Apache-2.0

package tickerstop

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// replaced reports a new ticker that takes the place of one in a variable, in a loop, where
// nothing has stopped that or found it to be nil: each turn leaves one behind.
func replaced(pass *check.Pass, at inspector.Cursor, call *ast.CallExpr) bool {
	assign, ok := at.Parent().Node().(*ast.AssignStmt)
	if !ok || assign.Tok != token.ASSIGN || len(assign.Lhs) != 1 {
		return false
	}
	v, ok := code.ObjectOf(pass.TypesInfo, assign.Lhs[0]).(*types.Var)
	loop, inLoop := code.Loop(at)
	if !ok || v.Kind() != types.LocalVar || !inLoop || code.ContainsPos(loop.Node(), v.Pos()) || looksAt(pass, loop, v, call) || leavesAfter(at) {
		return false
	}
	pass.Reportf(call, "a ticker takes the place of the one before, which is not stopped: each turn leaves one that goes on (before Go 1.23)")
	return true
}

// looksAt reports whether the way from the begin of a loop to a call stops what is in a
// variable, asks whether it is nil, or gives it away.
func looksAt(pass *check.Pass, loop inspector.Cursor, v *types.Var, call *ast.CallExpr) bool {
	for id := range loop.Preorder((*ast.Ident)(nil)) {
		if pass.TypesInfo.Uses[id.Node().(*ast.Ident)] != v {
			continue
		}
		if apart(id, call) {
			if sel, ok := id.Parent().Node().(*ast.SelectorExpr); ok && sel.Sel.Name == "Stop" && !lets(pass, id, v) {
				return true // it may be between a pause and its end
			}
			continue
		}
		switch up := id.Parent().Node().(type) {
		case *ast.SelectorExpr:
			if up.Sel.Name != "C" {
				return true
			}
		case *ast.AssignStmt:
			if len(up.Lhs) != 1 || up.Lhs[0] != id.Node() {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// lets reports whether the branch that stops a ticker leaves the function, or sets the variable
// to nil: where that is not so, the ticker runs.
func lets(pass *check.Pass, stop inspector.Cursor, v *types.Var) bool {
	found, depth := false, 0
	for branch := range stop.Enclosing((*ast.BlockStmt)(nil), (*ast.CommClause)(nil), (*ast.CaseClause)(nil)) {
		if depth++; depth > 2 {
			break
		}
		ast.Inspect(branch.Node(), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ReturnStmt:
				found = true
			case *ast.AssignStmt:
				found = found || code.ObjectOf(pass.TypesInfo, n.Lhs[0]) == v && pass.TypesInfo.Types[n.Rhs[0]].IsNil()
			}
			return !found
		})
	}
	return found
}

// apart reports whether a place is in a branch, or a case, that does not lead to a call.
func apart(at inspector.Cursor, call *ast.CallExpr) bool {
	for branch := range at.Enclosing((*ast.BlockStmt)(nil), (*ast.CommClause)(nil), (*ast.CaseClause)(nil)) {
		if code.ContainsPos(branch.Node(), call.Pos()) {
			return false
		}
		switch up := branch.Parent().Node().(type) {
		case *ast.IfStmt:
			if up.Else != nil && code.ContainsPos(up.Else, call.Pos()) {
				return true
			}
			if list := branch.Node().(*ast.BlockStmt).List; len(list) > 0 && code.EndsInReturn(list) {
				return true
			}
		case *ast.BlockStmt: // a case, beside that of the call or before it
			if code.ContainsPos(up, call.Pos()) {
				return true
			}
		}
	}
	return false
}

// leavesAfter reports whether the loop is left behind an assignment.
func leavesAfter(at inspector.Cursor) bool {
	for list := range at.Enclosing((*ast.BlockStmt)(nil), (*ast.CommClause)(nil), (*ast.CaseClause)(nil)) {
		var stmts []ast.Stmt
		switch n := list.Node().(type) {
		case *ast.BlockStmt:
			stmts = n.List
		case *ast.CommClause:
			stmts = n.Body
		case *ast.CaseClause:
			stmts = n.Body
		}
		if len(stmts) == 0 {
			return false
		}
		switch last := stmts[len(stmts)-1].(type) {
		case *ast.ReturnStmt:
			return true
		case *ast.BranchStmt:
			return last.Tok == token.BREAK
		}
		return false
	}
	return false
}
