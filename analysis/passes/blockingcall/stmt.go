// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// ofTransaction reports whether a statement may be one of a transaction, which is rolled back
// when the context that it was begun with is done: all that is known not to be is a field that
// a package prepares with the database only.
func ofTransaction(pass *check.Pass, n *ast.CallExpr) bool {
	field, ok := code.ObjectOf(pass.TypesInfo, code.Receiver(n)).(*types.Var)
	if !ok || !field.IsField() {
		return true
	}
	found := false
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		switch code.Callee(pass.TypesInfo, cur.Node().(*ast.CallExpr)) {
		case "(*database/sql.Tx).Prepare", "(*database/sql.Tx).PrepareContext", "(*database/sql.Tx).Stmt", "(*database/sql.Tx).StmtContext":
			return true
		case "(*database/sql.DB).Prepare", "(*database/sql.DB).PrepareContext":
			found = true
		}
	}
	return !found
}
