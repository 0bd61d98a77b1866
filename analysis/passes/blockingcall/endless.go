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
	if code.Endless(pass.TypesInfo, e, fn) || fn != nil && uncancelled(pass, cur, e, fn) {
		return true
	}
	v, ok := code.ObjectOf(pass.TypesInfo, e).(*types.Var)
	return ok && v.IsField() && !v.Exported() && v.Pkg() == pass.Pkg && code.IsNamed(v.Type(), "context.Context") && onlyEndless(pass, v)
}

// uncancelled reports whether a context at a call is one made from nothing whose cancel function
// nobody has used by then: what ends it comes after the call, in the same function.
func uncancelled(pass *check.Pass, cur inspector.Cursor, ctx ast.Expr, fn ast.Node) bool {
	id, ok := ast.Unparen(ctx).(*ast.Ident)
	own, inFunc := code.Enclosing(cur)
	if !ok || !inFunc {
		return false
	}
	v := pass.TypesInfo.Uses[id]
	var made *ast.AssignStmt
	for c := range own.Preorder((*ast.AssignStmt)(nil)) {
		assign := c.Node().(*ast.AssignStmt)
		if assign.Pos() > cur.Node().Pos() {
			break
		}
		if pass.TypesInfo.ObjectOf(asIdent(assign.Lhs[0])) == v {
			made = assign
		}
	}
	if made == nil || v == nil || len(made.Lhs) != 2 || len(made.Rhs) != 1 || !code.IsCall(pass.TypesInfo, made.Rhs[0], "context.WithCancel", "context.WithCancelCause") {
		return false
	}
	parent := made.Rhs[0].(*ast.CallExpr).Args[0]
	cancel := pass.TypesInfo.ObjectOf(asIdent(made.Lhs[1]))
	if cancel == nil || code.ObjectOf(pass.TypesInfo, parent) == v || !code.Endless(pass.TypesInfo, parent, fn) {
		return false
	}
	if _, inLoop := code.Loop(cur); inLoop {
		return false
	}
	return !usedBefore(pass, own, cancel, made.End(), cur.Node().Pos())
}

func asIdent(e ast.Expr) *ast.Ident {
	id, _ := e.(*ast.Ident)
	return id
}

// usedBefore reports whether a function uses a variable between two places, other than to
// defer a call of it.
func usedBefore(pass *check.Pass, fn inspector.Cursor, v types.Object, from, to token.Pos) bool {
	for c := range fn.Preorder((*ast.Ident)(nil)) {
		id := c.Node().(*ast.Ident)
		if pass.TypesInfo.Uses[id] != v || id.Pos() < from || id.Pos() > to {
			continue
		}
		if call, ok := c.Parent().Node().(*ast.CallExpr); !ok || call.Fun != id {
			return true
		}
		if _, ok := c.Parent().Parent().Node().(*ast.DeferStmt); !ok {
			return true
		}
	}
	return false
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
