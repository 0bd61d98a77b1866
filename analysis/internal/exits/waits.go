// SPDX-License-Identifier: Apache-2.0

package exits

import (
	"go/ast"
	"go/token"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// Waits reports whether a call waits for goroutines to end: by itself, in the function
// literal that it is of, or in a function of the program whose name is that of an end.
func (k *Knowledge) Waits(call *ast.CallExpr) bool {
	if k.isWait(call) {
		return true
	}
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		return k.waitsIn(lit.Body)
	}
	return k.Stops(call)
}

// Stops reports whether a call is of a function of the program, whose name is that of an
// end, that waits for goroutines to end.
func (k *Knowledge) Stops(call *ast.CallExpr) bool {
	fn := k.Callee(call)
	if decl := k.Decl(fn); decl != nil {
		return matches(endings, fn.Name()) && k.waitsIn(decl.Body)
	}
	return fn != nil && k.effects[fn].Waits
}

// waitsIn reports whether a function waits for goroutines, or asks for an end and then
// receives.
func (k *Knowledge) waitsIn(body *ast.BlockStmt) (found bool) {
	asked := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || k.isWait(n)
			t := k.pass.TypesInfo.TypeOf(n.Fun)
			asked = asked || code.IsBuiltin(k.pass.TypesInfo, n, "close") || t != nil && code.IsNamed(t, "context.CancelFunc")
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW && asked
		case *ast.FuncLit, *ast.SelectStmt, *ast.GoStmt:
			return false
		}
		return !found
	})
	return found
}

func (k *Knowledge) isWait(call *ast.CallExpr) bool {
	return code.IsCall(k.pass.TypesInfo, call, "(*sync.WaitGroup).Wait", "(*golang.org/x/sync/errgroup.Group).Wait")
}

// ofProgram reports whether a package is of the module that is looked at: the stop of what
// others have made is seldom missed.
func (k *Knowledge) ofProgram() bool {
	return k.pass.Module == nil || k.pass.Module.Version == ""
}
