// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// counted looks at a literal that a go statement starts and a WaitGroup counts. It is
// taken off the count before its work is done if Done comes first without a defer, or
// if what it does is to start another goroutine: Wait then waits for nothing.
func (f *finder) counted(lit *ast.FuncLit) {
	pass := f.Pass
	list := lit.Body.List
	if len(list) != 2 && len(list) != 3 {
		return
	}
	if stmt, ok := list[0].(*ast.ExprStmt); ok && isDone(pass, stmt.X) {
		if calls(list[1]) && stopWaits(pass, ast.Unparen(stmt.X).(*ast.CallExpr)) {
			f.Reportf(stmt, "Done comes before the work and not in a defer: Wait does not wait for this goroutine")
		}
		return
	}
	first, ok := list[0].(*ast.DeferStmt)
	if !ok || !isDone(pass, first.Call) {
		return
	}
	if inner, ok := list[1].(*ast.GoStmt); ok && len(list) == 2 && !hasDone(pass, inner) {
		f.Reportf(inner, "this goroutine is not counted, and the one around it, which is, ends at once: Wait does not wait for it")
	}
}

// calls reports whether a statement is a call or a loop.
func calls(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt:
		_, ok := s.X.(*ast.CallExpr)
		return ok
	case *ast.ForStmt, *ast.RangeStmt, *ast.AssignStmt:
		return true
	}
	return false
}

func isDone(pass *check.Pass, e ast.Expr) bool {
	return code.IsCall(pass.TypesInfo, ast.Unparen(e), "(*sync.WaitGroup).Done")
}

// stopWaits reports whether the group of a Done is a field that a Close or Stop waits
// for. Others wait for the beginning of the goroutine only, as a gate.
func stopWaits(pass *check.Pass, done *ast.CallExpr) bool {
	group := fieldOf(pass.TypesInfo, code.Receiver(done))
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if group == nil || !code.IsCall(pass.TypesInfo, call, "(*sync.WaitGroup).Wait") {
			continue
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		decl, isDecl := code.Function(cur).Node().(*ast.FuncDecl)
		if ok && isDecl && stops(decl.Name.Name) && fieldOf(pass.TypesInfo, sel.X) == group {
			return true
		}
	}
	return false
}

// hasDone reports whether a go statement has a Done of its own: a second count.
func hasDone(pass *check.Pass, stmt *ast.GoStmt) bool {
	found := false
	ast.Inspect(stmt, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && isDone(pass, call) {
			found = true
		}
		return !found
	})
	return found
}
