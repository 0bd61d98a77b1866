// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// discarded reports go statements of functions that return the channel that stops what
// they start. A go statement discards results.
func (f *finder) discarded() {
	for cur := range f.Inspect.Root().Preorder((*ast.GoStmt)(nil)) {
		stmt := cur.Node().(*ast.GoStmt)
		fn, ok := typeutil.Callee(f.TypesInfo, stmt.Call).(*types.Func)
		if !ok || code.IsTest(f.Fset, stmt.Pos()) {
			continue
		}
		results := fn.Signature().Results()
		if results.Len() != 1 {
			continue
		}
		ch, ok := results.At(0).Type().Underlying().(*types.Chan)
		if ok && ch.Dir() == types.SendRecv && code.IsEmptyStruct(ch.Elem()) {
			f.Reportf(stmt, "the goroutine cannot be stopped: go discards the channel that %s returns", fn.Name())
		}
	}
}
