// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"strings"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// bareTransport reports whether a transport waits for an answer as long as it takes: a
// literal that says nothing else, or the default one, which only limits the dial.
func bareTransport(pass *check.Pass, e ast.Expr, depth int) bool {
	if literal(e, func(field string, value ast.Expr) bool {
		if (field == "Dial" || field == "DialContext") && unlimitedDial(pass, value) {
			return true
		}
		return field != "ResponseHeaderTimeout" && !strings.Contains(field, "Dial") && !strings.HasPrefix(field, "RoundTripper")
	}) {
		return true
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.TypeAssertExpr:
		return bareTransport(pass, e.X, depth)
	case *ast.CallExpr:
		sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "Clone" && len(e.Args) == 0 && bareTransport(pass, sel.X, depth)
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
	return !v.IsField() && v.Pkg() == pass.Pkg && v.Parent() != pass.Pkg.Scope() && onlyBareTransport(pass, v, depth)
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

// onlyBareTransport is bareTransport for a local variable.
func onlyBareTransport(pass *check.Pass, v *types.Var, depth int) (found bool) {
	for cur := range pass.Inspect.Root().Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.UnaryExpr)(nil)) {
		if assign, ok := cur.Node().(*ast.AssignStmt); ok && setsLimit(pass.TypesInfo, assign, v) {
			return false
		}
		value, sets := setTo(pass.TypesInfo, cur.Node(), v)
		if !sets {
			continue
		}
		if value == nil || !bareTransport(pass, value, depth-1) {
			return false
		}
		found = true
	}
	return found
}

// setsLimit reports whether a statement sets a field of a transport that limits it.
func setsLimit(info *types.Info, assign *ast.AssignStmt, transport *types.Var) bool {
	for _, lhs := range assign.Lhs {
		f, ok := lhs.(*ast.SelectorExpr)
		if ok && (f.Sel.Name == "ResponseHeaderTimeout" || strings.Contains(f.Sel.Name, "Dial")) && code.ObjectOf(info, f.X) == transport {
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
