// SPDX-License-Identifier: Apache-2.0

package code

import "go/ast"

// Receiver returns what is before the dot in the call of a method, nil if there is no dot.
func Receiver(call *ast.CallExpr) ast.Expr {
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		return sel.X
	}
	return nil
}
