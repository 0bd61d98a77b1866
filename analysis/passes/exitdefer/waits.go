// SPDX-License-Identifier: Apache-2.0

package exitdefer

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
)

// effect is what a deferred call does outside of the process, or for the goroutines that it
// waits for: they are in the middle of their work.
func (c *checker) effect(d, at inspector.Cursor) exits.Effect {
	call := d.Node().(*ast.DeferStmt).Call
	if e := c.know.Effect(call); e.Loss != "" {
		return e
	}
	if c.waits(call) && c.starts(d, at) {
		return exits.Effect{Loss: "the goroutines that it waits for are cut off"}
	}
	return exits.Effect{}
}

// waits reports whether a deferred call waits for goroutines: by itself, or in the function
// literal that it is.
func (c *checker) waits(call *ast.CallExpr) (found bool) {
	if c.isWait(call) {
		return true
	}
	lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit)
	if !ok {
		return false
	}
	asked := false
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || c.isWait(n)
			t := c.TypesInfo.TypeOf(n.Fun)
			asked = asked || code.IsBuiltin(c.TypesInfo, n, "close") || t != nil && code.IsNamed(t, "context.CancelFunc")
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW && asked // for its end
		case *ast.FuncLit, *ast.SelectStmt:
			return n == lit
		}
		return !found
	})
	return found
}

func (c *checker) isWait(call *ast.CallExpr) bool {
	return code.IsCall(c.TypesInfo, call, "(*sync.WaitGroup).Wait", "(*golang.org/x/sync/errgroup.Group).Wait")
}

// starts reports whether the function that defers something starts a goroutine before a
// place.
func (c *checker) starts(d, at inspector.Cursor) bool {
	fn, _ := code.Enclosing(d)
	for cur := range fn.Preorder((*ast.GoStmt)(nil), (*ast.CallExpr)(nil)) {
		n := cur.Node()
		if n.End() > at.Node().Pos() {
			if n.Pos() > at.Node().Pos() {
				break
			}
			continue
		}
		call, ok := n.(*ast.CallExpr)
		if ok && !code.IsCall(c.TypesInfo, call, "(*sync.WaitGroup).Go", "(*golang.org/x/sync/errgroup.Group).Go") {
			continue
		}
		if own, _ := code.Enclosing(cur); own == fn && c.know.Reaches(cur, at) {
			return true
		}
	}
	return false
}
