// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// bareTransport reports whether a transport waits for an answer as long as it takes: a
// literal that says nothing else, or the default one, which only limits the dial.
func bareTransport(pass *check.Pass, e ast.Expr, depth int) bool {
	if ofTimeout(pass.TypesInfo.TypeOf(e)) {
		return false
	}
	if literal(e, func(field string, value ast.Expr) bool {
		if strings.HasPrefix(field, "Dial") {
			return !dialLimits(pass, value)
		}
		return field != "ResponseHeaderTimeout" && !strings.HasPrefix(field, "RoundTripper")
	}) {
		return true
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.TypeAssertExpr:
		return bareTransport(pass, e.X, depth)
	case *ast.CallExpr:
		sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "Clone" && len(e.Args) == 0 && bareTransport(pass, sel.X, depth) || makesBareTransport(pass, e, depth)
	}
	v, ok := code.ObjectOf(pass.TypesInfo, e).(*types.Var)
	if !ok || v.Pkg() == nil || depth == 0 {
		return false
	}
	if code.IsNamed(v.Type(), "net/http.RoundTripper") && isParam(pass, v) {
		return true // it only sends what the client gives it
	}
	if v.Name() == "DefaultTransport" && v.Pkg().Path() == "net/http" {
		return true
	}
	return v.Pkg() == pass.Pkg && onlyBareTransport(pass, v, depth)
}

// setsBareTransport reports whether an assignment sets the transport of a client to one that
// waits for an answer as long as it takes, and nothing else of it.
func setsBareTransport(pass *check.Pass, n ast.Node, client *types.Var) bool {
	assign, ok := n.(*ast.AssignStmt)
	if !ok || len(assign.Lhs) != 1 || len(assign.Rhs) != 1 {
		return false
	}
	f, ok := assign.Lhs[0].(*ast.SelectorExpr)
	return ok && f.Sel.Name == "Transport" && code.ObjectOf(pass.TypesInfo, f.X) == client && bareTransport(pass, assign.Rhs[0], helperDepth)
}

// ofTimeout reports whether a type is named after a limit of time.
func ofTimeout(t types.Type) bool {
	if t == nil {
		return false
	}
	if ptr, ok := types.Unalias(t).(*types.Pointer); ok {
		t = ptr.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && limiting(named.Obj().Name())
}

// isParam reports whether a variable is a parameter of a function of the package.
func isParam(pass *check.Pass, v *types.Var) bool {
	for cur := range pass.Inspect.Root().Preorder((*ast.Field)(nil)) {
		if v.Pos() < cur.Node().Pos() || v.Pos() > cur.Node().End() {
			continue
		}
		if _, ok := cur.Parent().Parent().Node().(*ast.FuncType); ok {
			return true
		}
	}
	return false
}

// makesBareTransport reports whether a call is of a function all of whose
// first results are transports without a limit.
func makesBareTransport(pass *check.Pass, call *ast.CallExpr, depth int) bool {
	fn := typeutil.StaticCallee(pass.TypesInfo, call)
	if fn != nil && givenBare(pass, fn) {
		return true
	}
	decl, ok := declarationOf(pass, fn)
	return ok && depth > 0 && returnsOnly(pass, decl, func(_ inspector.Cursor, result ast.Expr) bool {
		return bareTransport(pass, result, depth-1)
	})
}

// onlyBareTransport is bareTransport for a variable or a field.
func onlyBareTransport(pass *check.Pass, v *types.Var, depth int) (found bool) {
	for cur := range pass.Inspect.Root().Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.UnaryExpr)(nil)) {
		if assign, ok := cur.Node().(*ast.AssignStmt); ok && setsLimit(pass, assign, v) {
			return false
		}
		value, sets := setTo(pass.TypesInfo, cur.Node(), v)
		if !sets {
			continue
		}
		if value == nil {
			value = firstResult(pass.TypesInfo, cur.Node(), v)
		}
		if value == nil || !bareTransport(pass, value, depth-1) {
			return false
		}
		found = true
	}
	return found
}

// setsLimit reports whether a statement sets a field of a transport that limits it.
func setsLimit(pass *check.Pass, assign *ast.AssignStmt, transport *types.Var) bool {
	for i, lhs := range assign.Lhs {
		f, ok := lhs.(*ast.SelectorExpr)
		if ok && (f.Sel.Name == "ResponseHeaderTimeout" || strings.HasPrefix(f.Sel.Name, "Dial") && dialLimits(pass, assign.Rhs[min(i, len(assign.Rhs)-1)])) && code.ObjectOf(pass.TypesInfo, f.X) == transport {
			return true
		}
	}
	return false
}

// withoutTimeout reports whether what a dial is made with, a dialer or a configuration, is a
// literal that sets no time limit.
func withoutTimeout(pass *check.Pass, n *ast.CallExpr, name string) bool {
	var with ast.Expr
	switch sel, _ := ast.Unparen(n.Fun).(*ast.SelectorExpr); {
	case sel == nil:
		return false
	case name == "(*net.Dialer).Dial":
		with = sel.X
	default:
		with = n.Args[len(n.Args)-1]
		if name == "crypto/tls.DialWithDialer" {
			with = n.Args[0]
		}
	}
	if unlimited(with) {
		return true
	}
	v, ok := code.ObjectOf(pass.TypesInfo, with).(*types.Var)
	return ok && onlyUnlimited(pass, v)
}

func unlimited(e ast.Expr) bool {
	return literal(ast.Unparen(e), func(field string, _ ast.Expr) bool { return field != "Timeout" && field != "Deadline" })
}
