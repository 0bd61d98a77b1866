// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// forRequests reports whether a function works for the requests of a server, at least once:
// it takes one, or a function of the package that does calls it, and waits for it.
func forRequests(pass *check.Pass, fn inspector.Cursor, depth int) bool {
	if fresh(pass, fn) {
		return false
	}
	if strings.HasSuffix(contextParam(pass, fn), ")") || answers(pass, fn) {
		return true
	}
	switch n := fn.Node().(type) {
	case *ast.FuncLit:
		around, ok := code.Enclosing(fn)
		return ok && !started(fn) && forRequests(pass, around, depth)
	case *ast.FuncDecl:
		return depth > 0 && calledForRequests(pass, n, depth-1)
	}
	return false
}

// calledForRequests is forRequests for what calls a function.
func calledForRequests(pass *check.Pass, decl *ast.FuncDecl, depth int) bool {
	fn := pass.TypesInfo.Defs[decl.Name]
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if callee := typeutil.StaticCallee(pass.TypesInfo, call); callee == nil || types.Object(callee.Origin()) != fn || isGo(cur) || code.IsTest(pass.Fset, call.Pos()) {
			continue
		}
		if caller, ok := code.Enclosing(cur); ok && caller.Node() != decl && forRequests(pass, caller, depth) {
			return true
		}
	}
	return false
}

// answers reports whether a function is a method of a gRPC server for a single answer.
func answers(pass *check.Pass, fn inspector.Cursor) bool {
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok || decl.Recv == nil || !decl.Name.IsExported() {
		return false
	}
	method, ok := pass.TypesInfo.Defs[decl.Name].(*types.Func)
	if !ok {
		return false
	}
	params, results := method.Signature().Params(), method.Signature().Results()
	return params.Len() == 2 && results.Len() == 2 && code.IsNamed(params.At(0).Type(), "context.Context") &&
		isMessage(params.At(1).Type()) && isMessage(results.At(0).Type())
}

// isMessage reports whether a type is a pointer to a message of protocol buffers.
func isMessage(t types.Type) bool {
	ptr, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	obj, _, _ := types.LookupFieldOrMethod(ptr, true, nil, "ProtoMessage")
	_, ok = obj.(*types.Func)
	return ok
}

// pipedTo returns the context of the request to whose answer a command writes, as the code
// names it: a command that nobody reads from any more need not go on.
func pipedTo(pass *check.Pass, cur, fn inspector.Cursor) string {
	id := defines(cur)
	if id == nil {
		return ""
	}
	cmd := pass.TypesInfo.Defs[id]
	for c := range fn.Preorder((*ast.AssignStmt)(nil)) {
		n := c.Node().(*ast.AssignStmt)
		for i, lhs := range n.Lhs {
			sel, ok := lhs.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Stdout" || code.ObjectOf(pass.TypesInfo, sel.X) != cmd || len(n.Rhs) != len(n.Lhs) {
				continue
			}
			if code.IsNamed(pass.TypesInfo.TypeOf(n.Rhs[i]), "net/http.ResponseWriter") {
				return requestBeside(pass, fn, n.Rhs[i])
			}
		}
	}
	return ""
}

// requestBeside returns the context of the request that a response writer answers, where the
// request is a parameter as well, or a field of the same struct.
func requestBeside(pass *check.Pass, fn inspector.Cursor, writer ast.Expr) string {
	if ctx := contextParam(pass, fn); ctx != "" {
		return ctx
	}
	sel, ok := ast.Unparen(writer).(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	t := types.Unalias(pass.TypesInfo.TypeOf(sel.X))
	if ptr, ok := t.(*types.Pointer); ok {
		t = ptr.Elem()
	}
	st, ok := t.Underlying().(*types.Struct)
	for i := 0; ok && i < st.NumFields(); i++ {
		if code.IsNamed(st.Field(i).Type(), "net/http.Request") {
			return types.ExprString(sel.X) + "." + st.Field(i).Name() + ".Context()"
		}
	}
	return ""
}
