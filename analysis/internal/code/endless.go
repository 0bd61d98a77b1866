// SPDX-License-Identifier: Apache-2.0

package code

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// Endless reports whether a context in a function never ends: context.Background, TODO,
// one that context.WithoutCancel has made, one made from such a context with a cancel
// function that is only deferred, one that a function has made of such and returns alone, or
// a variable of the function that is never anything else.
func Endless(info *types.Info, ctx ast.Expr, fn ast.Node) bool {
	e := endless{info: info, fn: fn, seen: map[*types.Var]bool{}}
	return e.expr(ctx)
}

// An endless looks at the contexts of one function.
type endless struct {
	info *types.Info
	fn   ast.Node
	seen map[*types.Var]bool
}

func (e endless) expr(ctx ast.Expr) bool {
	ctx = ast.Unparen(ctx)
	if call, ok := ctx.(*ast.CallExpr); ok {
		return IsCall(e.info, call, "context.Background", "context.TODO", "context.WithoutCancel", "golang.org/x/net/context.Background", "golang.org/x/net/context.TODO") ||
			wraps(e.info, call) && e.expr(call.Args[0])
	}
	id, ok := ctx.(*ast.Ident)
	if !ok || e.fn == nil {
		return false
	}
	v, ok := e.info.Uses[id].(*types.Var)
	return ok && v.Pos() >= e.fn.Pos() && v.Pos() <= e.fn.End() && e.variable(v)
}

// ending are parts of the names of functions whose context ends by itself, or may carry what
// does.
var ending = []string{"signal", "cancel", "timeout", "deadline", "shutdown", "stop", "interrupt", "terminat", "grace", "exit", "client", "done"}

// wraps reports whether a call makes a context of another one that does not end before it: a
// function that returns nothing else has no cancel function to give away, and adds a value.
func wraps(info *types.Info, call *ast.CallExpr) bool {
	if t := info.TypeOf(call); t == nil || !IsNamed(t, "context.Context") || len(call.Args) == 0 {
		return false
	}
	if t := info.TypeOf(call.Args[0]); t == nil || !IsNamed(t, "context.Context") {
		return false
	}
	name := strings.ToLower(CallName(call))
	return !slices.ContainsFunc(ending, func(part string) bool { return strings.Contains(name, part) })
}

// variable reports whether a variable only ever has contexts that never end.
func (e endless) variable(v *types.Var) bool {
	if e.seen[v] {
		return true // made from itself
	}
	e.seen[v] = true
	values, all := 0, true
	ast.Inspect(e.fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if id, ok := l.(*ast.Ident); ok && e.info.ObjectOf(id) == types.Object(v) {
					values++
					all = all && e.value(n, i)
				}
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if e.info.Defs[name] == types.Object(v) && i < len(n.Values) {
					values++
					all = all && len(n.Values) == len(n.Names) && e.expr(n.Values[i])
				}
			}
		case *ast.UnaryExpr: // &ctx: anyone may set it
			if x, ok := n.X.(*ast.Ident); ok && e.info.Uses[x] == types.Object(v) {
				all = false
			}
		}
		return all
	})
	return all && values > 0
}

// value reports whether an assignment gives its variable i a context that never ends.
func (e endless) value(a *ast.AssignStmt, i int) bool {
	if len(a.Lhs) == len(a.Rhs) {
		return e.expr(a.Rhs[i])
	}
	call, ok := ast.Unparen(a.Rhs[0]).(*ast.CallExpr)
	return ok && i == 0 && len(a.Lhs) == 2 && len(call.Args) > 0 && IsCall(e.info, call, "context.WithCancel", "context.WithCancelCause") &&
		e.expr(call.Args[0]) && e.onlyDeferred(a.Lhs[1])
}

// onlyDeferred reports whether nothing but a defer statement calls a cancel function.
func (e endless) onlyDeferred(cancel ast.Expr) bool {
	id, ok := cancel.(*ast.Ident)
	if !ok {
		return false
	}
	v := e.info.ObjectOf(id)
	if v == nil {
		return id.Name == "_"
	}
	var deferred []ast.Node
	only := true
	ast.Inspect(e.fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt:
			deferred = append(deferred, n.Call.Fun)
		case *ast.Ident:
			only = only && (n == id || e.info.Uses[n] != v || slices.Contains(deferred, ast.Node(n)))
		}
		return only
	})
	return only
}
