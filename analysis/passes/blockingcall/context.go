// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// contextless reports whether no context is at hand for a call.
func contextless(pass *check.Pass, cur inspector.Cursor) bool {
	fn, ok := code.Enclosing(cur)
	return ok && contextAt(pass, cur, fn) == "" && !onStop(pass, fn)
}

// contextAt returns the context that a call could have, as the code names it: one whose end
// its function waits for in a loop, or makes for other calls; a parameter of its function, or of one around it, that
// the call comes after; or that of a request. It is empty in a goroutine, which may mean to
// live longer, and in a function that makes a context from nothing.
func contextAt(pass *check.Pass, cur, fn inspector.Cursor) string {
	if name := waitedContext(pass, cur, fn); name != "" {
		return name
	}
	if name := ownContext(pass, cur, fn); name != "" {
		return name
	}
	for {
		if fresh(pass, fn) {
			return ""
		}
		if name := contextParam(pass, fn); name != "" {
			return name
		}
		if _, ok := fn.Node().(*ast.FuncLit); !ok {
			return ""
		}
		if started(fn) {
			return ""
		}
		next, ok := code.Enclosing(fn)
		if !ok {
			return ""
		}
		fn = next
	}
}

// waitedContext returns the context whose end the loop around a call waits for: the call may
// keep it from there.
func waitedContext(pass *check.Pass, cur, fn inspector.Cursor) string {
	loop, ok := code.Loop(cur)
	if !ok || !fn.Contains(loop) {
		return ""
	}
	for c := range loop.Preorder((*ast.UnaryExpr)(nil)) {
		call, ok := ast.Unparen(c.Node().(*ast.UnaryExpr).X).(*ast.CallExpr)
		if own, _ := code.Enclosing(c); !ok || own != fn || !code.IsCall(pass.TypesInfo, call, "(context.Context).Done") {
			continue
		}
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			return types.ExprString(sel.X)
		}
	}
	return ""
}

func started(lit inspector.Cursor) bool {
	call := lit.Parent()
	if _, ok := call.Node().(*ast.CallExpr); !ok {
		return false
	}
	switch call.Parent().Node().(type) {
	case *ast.GoStmt, *ast.DeferStmt:
		return true
	}
	return false
}

// contextParam returns the name of a parameter that is a context, or how to get that of
// a request.
func contextParam(pass *check.Pass, fn inspector.Cursor) string {
	params := code.FuncType(fn.Node()).Params
	for _, field := range params.List {
		t := pass.TypesInfo.TypeOf(field.Type)
		for _, name := range field.Names {
			switch {
			case name.Name == "_" || t == nil:
			case code.IsNamed(t, "context.Context"):
				return name.Name
			case code.IsNamed(t, "net/http.Request"):
				return name.Name + ".Context()"
			case code.IsNamed(t, "github.com/gin-gonic/gin.Context"):
				return name.Name + ".Request.Context()"
			case code.IsNamed(t, "github.com/labstack/echo.Context"), code.IsNamed(t, "github.com/labstack/echo/v4.Context"):
				return name.Name + ".Request().Context()"
			}
		}
	}
	return ""
}

// fresh reports whether a function makes a context that does not end with its own, other
// than in place of one that is nil.
func fresh(pass *check.Pass, fn inspector.Cursor) bool {
	for c := range fn.Preorder((*ast.CallExpr)(nil)) {
		if !code.IsCall(pass.TypesInfo, c.Node(), "context.Background", "context.WithoutCancel") || forRequest(pass, c) {
			continue
		}
		assign, ok := c.Parent().Node().(*ast.AssignStmt)
		if !ok || types.ExprString(assign.Lhs[0]) != contextParam(pass, fn) {
			return true
		}
	}
	return false
}

// ownContext returns the name of a context that a function makes before a call, which ends
// with a signal or by a call of its cancel function, and which it gives to another call.
func ownContext(pass *check.Pass, cur, fn inspector.Cursor) string {
	for c := range fn.Preorder((*ast.AssignStmt)(nil)) {
		n := c.Node().(*ast.AssignStmt)
		if n.End() > cur.Node().Pos() {
			break
		}
		if own, _ := code.Enclosing(c); own != fn || len(n.Rhs) != 1 || !code.IsCall(pass.TypesInfo, n.Rhs[0], "os/signal.NotifyContext", "context.WithCancel") {
			continue
		}
		if ctx := code.ObjectOf(pass.TypesInfo, n.Lhs[0]); ctx != nil && givenTo(pass, fn, ctx) {
			return ctx.Name()
		}
	}
	return ""
}

// givenTo reports whether a function gives a context to a call, other than one that makes
// another of it.
func givenTo(pass *check.Pass, fn inspector.Cursor, ctx types.Object) bool {
	for c := range fn.Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		if len(call.Args) > 0 && code.ObjectOf(pass.TypesInfo, call.Args[0]) == ctx && !strings.HasPrefix(code.Callee(pass.TypesInfo, call), "context.") {
			return true
		}
	}
	return false
}
