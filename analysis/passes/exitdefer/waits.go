// SPDX-License-Identifier: Apache-2.0

package exitdefer

import (
	"go/ast"
	"go/types"

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
	if c.know.Waits(call) && c.starts(d, at, c.know.Stops(call)) {
		return exits.Effect{Loss: "the goroutines that it waits for are cut off"}
	}
	return exits.Effect{}
}

// starts reports whether the function that defers something starts a goroutine before a
// place, or, if it defers a method, calls another of the same value: that may start some.
func (c *checker) starts(d, at inspector.Cursor, method bool) bool {
	fn, _ := code.Enclosing(d)
	of := receiver(d.Node().(*ast.DeferStmt).Call)
	for cur := range fn.Preorder((*ast.GoStmt)(nil), (*ast.CallExpr)(nil)) {
		n := cur.Node()
		if n.Pos() > at.Node().Pos() {
			break
		}
		if n.End() > at.Node().Pos() || d.Contains(cur) {
			continue
		}
		if call, ok := n.(*ast.CallExpr); ok {
			if method && (of == "" || receiver(call) != of) {
				continue
			}
			if !method && !code.IsCall(c.TypesInfo, call, "(*sync.WaitGroup).Go", "(*golang.org/x/sync/errgroup.Group).Go") {
				continue
			}
		}
		if own, _ := code.Enclosing(cur); own == fn && c.know.Reaches(cur, at) {
			return true
		}
	}
	return false
}

// receiver is what a method is called of, as the code writes it.
func receiver(call *ast.CallExpr) string {
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		return types.ExprString(sel.X)
	}
	return ""
}
