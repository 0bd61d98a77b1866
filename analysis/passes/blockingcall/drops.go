// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// drops returns the context that a method has been given for what a method of the same name
// does, which it gives one that never ends instead: a wrapper that stops ending with its
// caller.
func drops(pass *check.Pass, cur, fn inspector.Cursor) string {
	n := cur.Node().(*ast.CallExpr)
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok || decl.Recv == nil || isGo(cur) || len(n.Args) == 0 || !code.IsCall(pass.TypesInfo, n.Args[0], "context.Background", "context.TODO") {
		return ""
	}
	callee, ok := typeutil.Callee(pass.TypesInfo, n).(*types.Func)
	if !ok || callee.Name() != decl.Name.Name || callee.Signature().Recv() == nil || !mayFail(callee) || firstContext(pass.TypesInfo, decl) == nil {
		return ""
	}
	return contextParam(pass, fn)
}
