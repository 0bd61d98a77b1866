// SPDX-License-Identifier: Apache-2.0

package secondsignal

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// doneOf returns the variable x of <-x.Done().
func doneOf(info *types.Info, e *ast.UnaryExpr) types.Object {
	call, ok := ast.Unparen(e.X).(*ast.CallExpr)
	if e.Op != token.ARROW || !ok || len(call.Args) != 0 {
		return nil
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Done" {
		return nil
	}
	return code.ObjectOf(info, sel.X)
}

// derived returns a context and those that end with it: the ones made from it, and the
// parameters of this package that it is given to.
func (f finder) derived(ctx types.Object) map[types.Object]bool {
	out := map[types.Object]bool{ctx: true}
	for range 3 { // generations
		before := len(out)
		for cur := range f.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
			call := cur.Node().(*ast.CallExpr)
			i := argument(f.pass.TypesInfo, call, out)
			if i < 0 {
				continue
			}
			if assign, ok := cur.Parent().Node().(*ast.AssignStmt); ok {
				f.child(call, assign, out)
			}
			if fn := f.pkg.Callee(call); fn != nil && fn.Pkg() == f.pass.Pkg && i < fn.Signature().Params().Len() {
				out[fn.Signature().Params().At(i)] = true
			}
		}
		if len(out) == before {
			break
		}
	}
	return out
}

// argument returns which argument of a call is one of the contexts.
func argument(info *types.Info, call *ast.CallExpr, contexts map[types.Object]bool) int {
	for i, arg := range call.Args {
		if obj := code.ObjectOf(info, arg); obj != nil && contexts[obj] {
			return i
		}
	}
	return -1
}

// child notes a context that is made from another by a known function.
func (f finder) child(call *ast.CallExpr, assign *ast.AssignStmt, out map[types.Object]bool) {
	which := -1
	switch code.Callee(f.pass.TypesInfo, call) {
	case "context.WithCancel", "context.WithCancelCause", "context.WithValue":
		which = 0
	case "golang.org/x/sync/errgroup.WithContext":
		which = 1
	}
	if which >= 0 && which < len(assign.Lhs) {
		if obj := code.ObjectOf(f.pass.TypesInfo, assign.Lhs[which]); obj != nil {
			out[obj] = true
		}
	}
}
