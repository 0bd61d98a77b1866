// SPDX-License-Identifier: Apache-2.0

package exitgoroutine

import (
	"fmt"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
	"github.com/go-quiesce/quiesce/analysis/internal/gostmt"
)

// serves are the functions that serve until they fail.
var serves = []string{
	"net/http.ListenAndServe", "net/http.ListenAndServeTLS", "net/http.Serve", "net/http.ServeTLS",
	"(*net/http.Server).ListenAndServe", "(*net/http.Server).ListenAndServeTLS", "(*net/http.Server).Serve", "(*net/http.Server).ServeTLS",
}

// drains returns the call in which main waits, with a context that a signal ends, for
// what it has to stop in order: the failure of a server in a goroutine beside it, such as
// the one for metrics, goes around that.
func (c *checker) drains(starter inspector.Cursor, g gostmt.Goroutine) *ast.CallExpr {
	if !code.IsMainFunc(c.Pass.Pass, starter.Node()) || !c.calling(g.Func, serves...) ||
		!c.calling(starter, "os/signal.Notify", "os/signal.NotifyContext") {
		return nil
	}
	for cur := range starter.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if own, _ := code.Enclosing(cur); own != starter || call.Pos() < g.Start.Node().End() || c.forError(cur) {
			continue
		}
		switch cur.Parent().Node().(type) {
		case *ast.GoStmt, *ast.DeferStmt:
			continue
		}
		if runs(call) && c.endedBySignal(starter, call) && c.know.Reaches(g.Start, cur) {
			return call
		}
	}
	return nil
}

// calling reports whether a function calls one of others.
func (c *checker) calling(fn inspector.Cursor, names ...string) bool {
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		if code.IsCall(c.TypesInfo, cur.Node().(*ast.CallExpr), names...) {
			return true
		}
	}
	return false
}

// runs reports whether a call is of a method that, by its name, blocks until the end.
func runs(call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && (sel.Sel.Name == "Run" || sel.Sel.Name == "Serve" || sel.Sel.Name == "ListenAndServe")
}

// endedBySignal reports whether a call is first given a context that the function makes,
// and that can end.
func (c *checker) endedBySignal(fn inspector.Cursor, call *ast.CallExpr) bool {
	if len(call.Args) == 0 {
		return false
	}
	ctx, ok := code.ObjectOf(c.TypesInfo, call.Args[0]).(*types.Var)
	if !ok {
		return false
	}
	for cur := range fn.Preorder((*ast.AssignStmt)(nil)) {
		n := cur.Node().(*ast.AssignStmt)
		if len(n.Lhs) != 2 || len(n.Rhs) != 1 || code.ObjectOf(c.TypesInfo, n.Lhs[0]) != types.Object(ctx) {
			continue
		}
		if code.IsCall(c.TypesInfo, ast.Unparen(n.Rhs[0]), "context.WithCancel", "context.WithCancelCause", "os/signal.NotifyContext") {
			return true
		}
	}
	return false
}

func (c *checker) reportDrain(exit inspector.Cursor, run *ast.CallExpr) {
	call := exit.Node().(*ast.CallExpr)
	c.Report(analysis.Diagnostic{
		Pos: call.Pos(), End: call.End(),
		Message: fmt.Sprintf("%s in a goroutine goes around the stop of %s of line %d, which a signal waits for",
			exits.Name(call), types.ExprString(run.Fun), c.Fset.Position(run.Pos()).Line),
		Related: []analysis.RelatedInformation{{Pos: run.Pos(), End: run.End(), Message: "not stopped"}},
	})
}
