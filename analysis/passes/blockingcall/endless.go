// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// neverEnds reports whether an expression is a context made from nothing, or a local variable
// that only gets such.
func neverEnds(pass *check.Pass, e ast.Expr) bool {
	if fromNothing(pass, e) {
		return true
	}
	v, ok := code.ObjectOf(pass.TypesInfo, e).(*types.Var)
	if !ok || v.IsField() || v.Pkg() != pass.Pkg || v.Parent() == pass.Pkg.Scope() || !code.IsNamed(v.Type(), "context.Context") || isParam(pass, v) {
		return false
	}
	found := false
	for cur := range pass.Inspect.Root().Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.UnaryExpr)(nil)) {
		value, sets := setTo(pass.TypesInfo, cur.Node(), v)
		if !sets {
			continue
		}
		if value == nil || !fromNothing(pass, value) {
			return false
		}
		found = true
	}
	return found
}

func fromNothing(pass *check.Pass, e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok && code.IsCall(pass.TypesInfo, call, "context.Background", "context.TODO")
}

// isRequest reports whether a method sends a request of HTTP, and has no time limit as far as
// the package shows: the response, or what wraps it, is among its results.
func isRequest(pass *check.Pass, fn *types.Func) bool {
	results := fn.Signature().Results()
	for i := range results.Len() {
		if isResponse(results.At(i).Type()) {
			return !namesLimit(pass)
		}
	}
	return false
}

// isResponse reports whether a type is a pointer to a response of net/http, or to a struct
// that embeds one.
func isResponse(t types.Type) bool {
	ptr, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	if code.IsNamed(ptr, "net/http.Response") {
		return true
	}
	st, ok := ptr.Elem().Underlying().(*types.Struct)
	for i := 0; ok && i < st.NumFields(); i++ {
		if f := st.Field(i); f.Embedded() && code.IsNamed(f.Type(), "net/http.Response") {
			return true
		}
	}
	return false
}
