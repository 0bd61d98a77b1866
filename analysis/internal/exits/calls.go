// SPDX-License-Identifier: Apache-2.0

package exits

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// CallsOf returns the calls of a function of the package, other than those of tests.
func (k *Knowledge) CallsOf(fn types.Object) []inspector.Cursor { return k.calls()[fn] }

// allCalls gathers them.
func (k *Knowledge) allCalls() map[types.Object][]inspector.Cursor {
	out := map[types.Object][]inspector.Cursor{}
	in := k.pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)
	for cur := range in.Root().Preorder((*ast.CallExpr)(nil)) {
		if callee := k.Callee(cur.Node().(*ast.CallExpr)); k.Decl(callee) != nil && !code.IsTest(k.pass.Fset, cur.Node().Pos()) {
			out[callee] = append(out[callee], cur)
		}
	}
	return out
}
