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

// onStop reports whether a function is one that a stop waits for: a method, or a literal
// that a variable or field has, named so; or one that only such ones call.
func onStop(pass *check.Pass, fn inspector.Cursor) bool {
	switch n := fn.Node().(type) {
	case *ast.FuncDecl:
		return n.Recv != nil && stops(n.Name.Name) || !n.Name.IsExported() && forStop(pass, n)
	case *ast.FuncLit:
		kind, i := fn.ParentEdge()
		if kind != edge.AssignStmt_Rhs || i >= len(fn.Parent().Node().(*ast.AssignStmt).Lhs) {
			return false
		}
		switch to := fn.Parent().Node().(*ast.AssignStmt).Lhs[i].(type) {
		case *ast.Ident:
			return stops(to.Name)
		case *ast.SelectorExpr:
			return stops(to.Sel.Name)
		}
	}
	return false
}

// forStop reports whether all calls of a function are in methods that a stop waits for.
func forStop(pass *check.Pass, decl *ast.FuncDecl) bool {
	fn := pass.TypesInfo.Defs[decl.Name]
	found := false
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if callee := typeutil.StaticCallee(pass.TypesInfo, call); callee == nil || types.Object(callee.Origin()) != fn || code.IsTest(pass.Fset, call.Pos()) {
			continue
		}
		caller, ok := code.Enclosing(cur)
		if !ok || isGo(cur) {
			return false
		}
		if n, ok := caller.Node().(*ast.FuncDecl); !ok || n.Recv == nil || !stops(n.Name.Name) {
			return false
		}
		found = true
	}
	return found
}

func isGo(call inspector.Cursor) bool {
	_, ok := call.Parent().Node().(*ast.GoStmt)
	return ok
}

func stops(name string) bool {
	switch strings.ToLower(name) {
	case "stop", "shutdown", "close", "gracefulstop", "teardown", "unmount", "umount":
		return true
	}
	return false
}
