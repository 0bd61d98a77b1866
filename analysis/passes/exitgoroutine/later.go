// SPDX-License-Identifier: Apache-2.0

package exitgoroutine

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// later returns a clean-up that is deferred in the work that a program does after it has
// started a goroutine, and the function that defers it: one that goes on until a signal. The
// goroutine is that of a server beside it.
func (c *checker) later(starter inspector.Cursor, g goroutine) (skipped *ast.CallExpr, in inspector.Cursor) {
	if !code.IsMain(c.Pass.Pass) || !c.calling(g.Func, serves...) || !c.calling(c.Inspect.Root(), "os/signal.Notify", "os/signal.NotifyContext") {
		return nil, in
	}
	return c.deferredIn(starter, g.Start, g, maxCallers)
}

// deferredIn looks for such a clean-up in what a function calls after a place.
func (c *checker) deferredIn(fn, after inspector.Cursor, g goroutine, depth int) (skipped *ast.CallExpr, in inspector.Cursor) {
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		decl := c.know.Decl(c.know.Callee(call))
		if own, _ := code.Enclosing(cur); own != fn || decl == nil || isApart(cur) || after.Valid() && (call.Pos() < after.Node().End() || !c.know.Reaches(after, cur)) {
			continue
		}
		callee, ok := c.Inspect.Root().FindNode(decl)
		if !ok {
			continue
		}
		if d := c.outlives(callee, g); d != nil {
			return d, callee
		}
		if depth > 1 {
			if d, in := c.deferredIn(callee, inspector.Cursor{}, g, depth-1); d != nil {
				return d, in
			}
		}
	}
	return nil, in
}

// outlives returns what a function defers with an effect, if it runs until it is told to end:
// it calls something that, by its name, does, or receives.
func (c *checker) outlives(fn inspector.Cursor, g goroutine) (skipped *ast.CallExpr) {
	runsLong := false
	for cur := range fn.Preorder((*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil)) {
		if own, _ := code.Enclosing(cur); own != fn {
			if d, ok := own.Parent().Parent().Node().(*ast.DeferStmt); !ok || d.Call.Fun != own.Node() {
				continue
			}
		}
		switch n := cur.Node().(type) {
		case *ast.UnaryExpr:
			runsLong = runsLong || n.Op == token.ARROW
		case *ast.CallExpr:
			runsLong = runsLong || runs(n)
			if _, deferred := cur.Parent().Node().(*ast.DeferStmt); deferred && skipped == nil && c.know.Effect(n).Loss != "" && !c.ofGoroutine(n, g) {
				skipped = n
			}
		}
	}
	if !runsLong {
		return nil
	}
	return skipped
}

func isApart(call inspector.Cursor) bool {
	switch call.Parent().Node().(type) {
	case *ast.GoStmt, *ast.DeferStmt:
		return true
	}
	return false
}
