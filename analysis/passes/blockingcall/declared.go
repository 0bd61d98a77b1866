// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// declarationOf returns where the package declares a function.
func declarationOf(pass *check.Pass, fn *types.Func) (inspector.Cursor, bool) {
	if fn == nil || fn.Pkg() != pass.Pkg {
		return inspector.Cursor{}, false
	}
	for decl := range pass.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		if pass.TypesInfo.Defs[decl.Node().(*ast.FuncDecl).Name] == fn.Origin() {
			return decl, true
		}
	}
	return inspector.Cursor{}, false
}

// returnsOnly reports whether a property holds for the first result of all returns of a
// function. One that is nil comes with an error.
func returnsOnly(pass *check.Pass, decl inspector.Cursor, holds func(at inspector.Cursor, result ast.Expr) bool) (found bool) {
	for cur := range decl.Preorder((*ast.ReturnStmt)(nil)) {
		results := cur.Node().(*ast.ReturnStmt).Results
		if own, _ := code.Enclosing(cur); own != decl {
			continue
		}
		if len(results) == 0 {
			return false
		}
		if pass.TypesInfo.Types[results[0]].IsNil() {
			continue
		}
		if !holds(cur, results[0]) {
			return false
		}
		found = true
	}
	return found
}
