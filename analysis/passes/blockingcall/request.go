// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// forRequest reports whether context.Background or context.TODO is what a request is
// made with, which then has no context.
func forRequest(pass *check.Pass, ctx inspector.Cursor) bool {
	return code.IsCall(pass.TypesInfo, ctx.Node(), "context.Background", "context.TODO") &&
		code.IsCall(pass.TypesInfo, ctx.Parent().Node(), "net/http.NewRequestWithContext")
}

// carries reports whether the request of a call of Do has a context, or may have one: it
// comes from elsewhere, and the package sets contexts of requests somewhere.
func carries(pass *check.Pass, cur inspector.Cursor, n *ast.CallExpr) bool {
	if mentions(cur, "WithContext") && !withoutEnd(pass, cur) || cancelled(cur) {
		return true
	}
	if mentions(cur, "NewRequest") || mentions(cur, "NewRequestWithContext") {
		return false
	}
	fn := code.Declaration(cur)
	v, ok := code.ObjectOf(pass.TypesInfo, n.Args[0]).(*types.Var)
	if ok && madeWithout(pass, cur, v, helperDepth) {
		return false
	}
	if ok && !namesOne(pass, []string{"WithContext", "NewRequestWithContext", "Clone"}) && namesOne(pass, []string{"NewRequest"}) {
		return false // none of the package has one
	}
	if !ok || !fn.Valid() || v.IsField() || fn.Node().(*ast.FuncDecl).Name.IsExported() {
		return true
	}
	return !passed(pass, fn.Node().(*ast.FuncDecl), v, func(call inspector.Cursor, _ ast.Expr) bool {
		return mentions(call, "NewRequest") && !mentions(call, "WithContext")
	})
}

// cancelled reports whether the function around a node sets the Cancel of something, as
// requests had it before they had contexts.
func cancelled(cur inspector.Cursor) bool {
	fn, _ := code.Enclosing(cur)
	for sel := range fn.Preorder((*ast.SelectorExpr)(nil)) {
		if sel.ParentEdgeKind() == edge.AssignStmt_Lhs && sel.Node().(*ast.SelectorExpr).Sel.Name == "Cancel" {
			return true
		}
	}
	return false
}

// helperDepth is how deep the functions of the package are looked into that make requests.
const helperDepth = 3

// madeWithout reports whether a variable of the function around a node only gets requests
// that functions of the package make, and make without a context.
func madeWithout(pass *check.Pass, cur inspector.Cursor, v *types.Var, depth int) bool {
	fn, _ := code.Enclosing(cur)
	if !fn.Valid() || v.Pos() < fn.Node().Pos() || v.Pos() > fn.Node().End() {
		return false
	}
	found := false
	for at := range fn.Preorder((*ast.AssignStmt)(nil)) {
		assign := at.Node().(*ast.AssignStmt)
		if code.ObjectOf(pass.TypesInfo, assign.Lhs[0]) != v {
			continue
		}
		call, ok := assign.Rhs[0].(*ast.CallExpr)
		if !ok || !makesWithout(pass, call, depth) {
			return false
		}
		found = true
	}
	return found
}

// makesWithout reports whether a call is of a function of the package that makes a request
// and names no context.
func makesWithout(pass *check.Pass, call *ast.CallExpr, depth int) bool {
	if code.IsCall(pass.TypesInfo, call, "net/http.NewRequest") {
		return true
	}
	fn := typeutil.StaticCallee(pass.TypesInfo, call)
	if fn == nil || fn.Pkg() != pass.Pkg || depth == 0 {
		return false
	}
	for decl := range pass.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		if pass.TypesInfo.Defs[decl.Node().(*ast.FuncDecl).Name] != fn || contextParam(pass, decl) != "" {
			continue
		}
		if mentionsIn(decl, "Context") {
			return false
		}
		for inner := range decl.Preorder((*ast.CallExpr)(nil)) {
			if makesWithout(pass, inner.Node().(*ast.CallExpr), depth-1) {
				return true
			}
		}
	}
	return false
}

// withoutEnd reports whether all contexts of the requests that a function makes are
// context.Background or context.TODO.
func withoutEnd(pass *check.Pass, cur inspector.Cursor) bool {
	fn, _ := code.Enclosing(cur)
	found := false
	for id := range fn.Preorder((*ast.Ident)(nil)) {
		if !strings.HasSuffix(id.Node().(*ast.Ident).Name, "WithContext") {
			continue
		}
		call := id.Parent().Parent()
		if !code.IsCall(pass.TypesInfo, call.Node(), "net/http.NewRequestWithContext") {
			return false
		}
		if !code.IsCall(pass.TypesInfo, call.Node().(*ast.CallExpr).Args[0], "context.Background", "context.TODO") {
			return false
		}
		found = true
	}
	return found
}

// forgets reports whether a request is made without the context that is at hand, by a client
// that has no time limit as far as the package shows.
func forgets(pass *check.Pass, cur inspector.Cursor, n *ast.CallExpr, name string) bool {
	fn, ok := code.Enclosing(cur)
	if !ok || !givenClient(pass, n) || contextAt(pass, cur, fn) == "" || strings.HasSuffix(name, ".Do") && !mentions(cur, "NewRequest") {
		return false
	}
	return !namesLimit(pass)
}

// givenClient reports whether a call is of a client that is a field or a parameter: who makes
// one may give it a limit.
func givenClient(pass *check.Pass, n *ast.CallExpr) bool {
	sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	v, ok := code.ObjectOf(pass.TypesInfo, sel.X).(*types.Var)
	return ok && (v.IsField() || isParam(pass, v))
}
