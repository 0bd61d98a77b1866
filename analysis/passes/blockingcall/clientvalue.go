// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// bareValue reports whether what a node sets a client to has no time limit. The value is nil
// where setTo has none.
func bareValue(pass *check.Pass, at inspector.Cursor, value ast.Expr, client *types.Var, depth int) bool {
	if value == nil {
		value = firstResult(pass.TypesInfo, at.Node(), client)
	}
	if value == nil {
		return !client.IsField() && handsOut(at)
	}
	return clientLiteral(pass, value) || isDefault(pass.TypesInfo, value) || madeBare(pass, value, helperDepth) ||
		depth > 0 && bare(pass, at, value, depth-1)
}

// firstResult returns the call whose first result a client is set to, where it has others.
func firstResult(info *types.Info, n ast.Node, client *types.Var) ast.Expr {
	assign, ok := n.(*ast.AssignStmt)
	if !ok || len(assign.Rhs) != 1 || len(assign.Lhs) == 1 || code.ObjectOf(info, assign.Lhs[0]) != client {
		return nil
	}
	call, ok := ast.Unparen(assign.Rhs[0]).(*ast.CallExpr)
	if !ok {
		return nil
	}
	return call
}

// handsOut reports whether a node is an address that a function returns: what its callers do
// with it is theirs.
func handsOut(at inspector.Cursor) bool {
	addr, ok := at.Node().(*ast.UnaryExpr)
	if !ok || addr.Op != token.AND {
		return false
	}
	_, ok = at.Parent().Node().(*ast.ReturnStmt)
	return ok
}

// pointee is a variable whose address an expression is, or the expression itself.
func pointee(e ast.Expr) ast.Expr {
	e = ast.Unparen(e)
	if addr, ok := e.(*ast.UnaryExpr); ok && addr.Op == token.AND {
		if id, ok := ast.Unparen(addr.X).(*ast.Ident); ok {
			return id
		}
	}
	return e
}

// onlyUnlimited reports whether a local variable is only set to dialers without a time limit.
func onlyUnlimited(pass *check.Pass, dialer *types.Var) (found bool) {
	if dialer.IsField() || dialer.Parent() == pass.Pkg.Scope() {
		return false
	}
	for cur := range pass.Inspect.Root().Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.UnaryExpr)(nil)) {
		value, sets := setTo(pass.TypesInfo, cur.Node(), dialer)
		if !sets {
			continue
		}
		if value == nil || !unlimited(value) {
			return false
		}
		found = true
	}
	return found
}
