// SPDX-License-Identifier: Apache-2.0

package server

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// Unheard reports whether a call is in a goroutine of its own that tells nobody when the
// call is over: behind it, and in what is deferred, it does nothing but receive and write
// to the log. Then nothing waits for the call, however long it takes.
func Unheard(info *types.Info, call inspector.Cursor) bool {
	start, ok := Goroutine(call)
	if !ok {
		return false
	}
	run := start.Node().(*ast.GoStmt).Call
	if run == call.Node() {
		return true
	}
	lit, ok := ast.Unparen(run.Fun).(*ast.FuncLit)
	if !ok || code.InLoop(call) {
		return false
	}
	heard := false
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt:
			heard = heard || !quiet(info, lit, n.Call)
			return false
		case *ast.SendStmt, *ast.AssignStmt, *ast.GoStmt:
			heard = heard || n.Pos() > call.Node().End()
		case *ast.CallExpr:
			heard = heard || n.Pos() > call.Node().End() && !quiet(info, lit, n)
		}
		return !heard
	})
	return !heard
}

// quiet reports whether a call in a goroutine tells nobody anything: it writes to the log,
// or is about the time or a context of the goroutine's own.
func quiet(info *types.Info, lit *ast.FuncLit, call *ast.CallExpr) bool {
	if t := info.TypeOf(call.Fun); t != nil && code.IsNamed(t, "context.CancelFunc") {
		cancel := code.ObjectOf(info, call.Fun)
		return cancel != nil && code.ContainsPos(lit, cancel.Pos())
	}
	switch code.Callee(info, call) {
	case "time.After", "(context.Context).Done", "(context.Context).Err", "os/signal.Stop":
		return true
	}
	return Logs(info, call)
}
