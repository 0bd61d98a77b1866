// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// neverEnds reports whether an expression is a context made from nothing that only the caller
// of its function could end, or a field that only gets such.
func neverEnds(pass *check.Pass, cur inspector.Cursor, e ast.Expr) bool {
	if t := pass.TypesInfo.TypeOf(e); t == nil || !code.IsNamed(t, "context.Context") {
		return false
	}
	var fn ast.Node
	if decl := code.Declaration(cur); decl.Valid() {
		fn = decl.Node().(*ast.FuncDecl).Body
	}
	if code.Endless(pass.TypesInfo, e, fn) {
		return true
	}
	v, ok := code.ObjectOf(pass.TypesInfo, e).(*types.Var)
	return ok && v.IsField() && !v.Exported() && v.Pkg() == pass.Pkg && code.IsNamed(v.Type(), "context.Context") && onlyEndless(pass, v)
}

// onlyEndless reports whether a field only gets contexts that never end.
func onlyEndless(pass *check.Pass, field *types.Var) (found bool) {
	for cur := range pass.Inspect.Root().Preorder((*ast.AssignStmt)(nil), (*ast.KeyValueExpr)(nil), (*ast.CompositeLit)(nil), (*ast.UnaryExpr)(nil)) {
		value, sets := setTo(pass.TypesInfo, cur.Node(), field)
		if !sets || code.IsTest(pass.Fset, cur.Node().Pos()) {
			continue
		}
		decl := code.Declaration(cur)
		if value == nil || !decl.Valid() || !code.Endless(pass.TypesInfo, value, decl.Node().(*ast.FuncDecl).Body) {
			return false
		}
		found = true
	}
	return found
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
