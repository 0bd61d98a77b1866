// SPDX-License-Identifier: Apache-2.0

package exits

import (
	"go/ast"
	"go/types"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// runsHooks reports whether a function calls those of a list, "for _, f := range
// atExit { f() }", or a function that ends the process after it has.
func (k *Knowledge) runsHooks(body *ast.BlockStmt, depth int) (found bool) {
	hooks := map[types.Object]bool{} // variables of a loop over a list
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if v, ok := n.Value.(*ast.Ident); ok && k.isShared(n.X) {
				hooks[k.pass.TypesInfo.Defs[v]] = true
			}
		case *ast.CallExpr:
			switch fun := ast.Unparen(n.Fun).(type) {
			case *ast.Ident:
				found = found || hooks[k.pass.TypesInfo.Uses[fun]]
			case *ast.IndexExpr:
				found = found || k.isShared(fun.X)
			}
			found = found || k.throughHooks(n, depth)
		}
		return !found
	})
	return found
}

// throughHooks reports whether a call ends the process after it has run hooks. Whether
// it ends it may not be known yet.
func (k *Knowledge) throughHooks(call *ast.CallExpr, depth int) bool {
	if e, ok := k.Exit(call); ok && e.Hooks {
		return true
	}
	decl := k.Decl(k.Callee(call))
	return decl != nil && depth > 0 && k.leadsToExit(decl.Body, depth-1) && k.runsHooks(decl.Body, depth-1)
}

// isShared reports whether an expression names a list of functions that others can add
// to: a package variable or a field.
func (k *Knowledge) isShared(e ast.Expr) bool {
	v, ok := code.ObjectOf(k.pass.TypesInfo, e).(*types.Var)
	if !ok || !v.IsField() && v.Parent() != k.pass.Pkg.Scope() {
		return false
	}
	list, ok := v.Type().Underlying().(*types.Slice)
	return ok && isFunc(list.Elem())
}
