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

// withoutContext reports whether a call does what a builder of another module has been told,
// as those of Google's APIs, and the builder was not given the context that it takes by a
// method Context: one is at hand, or the package makes its client without a limit.
func withoutContext(pass *check.Pass, cur, fn inspector.Cursor) bool {
	n := cur.Node().(*ast.CallExpr)
	callee, ok := typeutil.Callee(pass.TypesInfo, n).(*types.Func)
	if !ok || callee.Name() != "Do" || callee.Pkg() == nil || callee.Signature().Recv() == nil || !foreign(pass, callee.Pkg().Path()) || givesContext(fn) {
		return false
	}
	if p := callee.Signature().Params(); p.Len() > 0 && code.IsNamed(p.At(0).Type(), "context.Context") || !buildsWithContext(pass, n, callee) || !inChain(n) {
		return false
	}
	if ctx := contextAt(pass, cur, fn); ctx != "" && !strings.HasSuffix(ctx, ")") {
		return true
	}
	return !ofCommands(pass.Pkg) && !namesLimit(pass) && makesClient(pass)
}

// givesContext reports whether a function tells any builder of a context.
func givesContext(fn inspector.Cursor) bool {
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		if code.CallName(cur.Node().(*ast.CallExpr)) == "context" {
			return true
		}
	}
	return false
}

// buildsWithContext reports whether the receiver of a call has a method Context that returns
// it.
func buildsWithContext(pass *check.Pass, n *ast.CallExpr, callee *types.Func) bool {
	recv := pass.TypesInfo.TypeOf(code.Receiver(n))
	if recv == nil {
		return false
	}
	obj, _, _ := types.LookupFieldOrMethod(recv, true, callee.Pkg(), "Context")
	with, ok := obj.(*types.Func)
	if !ok {
		return false
	}
	sig := with.Signature()
	return sig.Params().Len() == 1 && code.IsNamed(sig.Params().At(0).Type(), "context.Context") && sig.Results().Len() == 1 && types.Identical(sig.Results().At(0).Type(), recv)
}

// inChain reports whether a call is of what another call returns: all that its builder was
// told is there.
func inChain(n *ast.CallExpr) bool {
	_, ok := ast.Unparen(code.Receiver(n)).(*ast.CallExpr)
	return ok
}

// makesClient reports whether a package makes a client of HTTP by a function that gives it no
// limit.
func makesClient(pass *check.Pass) bool {
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if makesUnlimited(pass, cur.Node().(*ast.CallExpr)) && !code.IsTest(pass.Fset, cur.Node().Pos()) {
			return true
		}
	}
	return false
}
