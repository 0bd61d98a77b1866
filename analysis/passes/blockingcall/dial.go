// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// dialLimits reports whether what a transport dials with may limit the answers as well, by a
// deadline of the connection, or stays within this machine. What it does not do is known of
// dialers of net, and of functions: they limit the dial at most, as the default does.
func dialLimits(pass *check.Pass, dial ast.Expr) bool {
	switch e := ast.Unparen(dial).(type) {
	case *ast.FuncLit:
		return setsDeadline(e)
	case *ast.SelectorExpr:
		if code.IsNamed(pass.TypesInfo.TypeOf(e.X), "net.Dialer") {
			return false
		}
		return functionLimits(pass, e.Sel)
	case *ast.Ident:
		return functionLimits(pass, e)
	}
	return true
}

// functionLimits is dialLimits for a function that has a name.
func functionLimits(pass *check.Pass, id *ast.Ident) bool {
	fn, ok := pass.TypesInfo.Uses[id].(*types.Func)
	if !ok {
		v, ok := pass.TypesInfo.Uses[id].(*types.Var)
		return !ok || !holdsDialer(pass, v)
	}
	if fn.Pkg() != pass.Pkg {
		return fn.Signature().Recv() != nil
	}
	decl, ok := declarationOf(pass, fn)
	return !ok || setsDeadline(decl.Node())
}

// holdsDialer reports whether a variable of a function has the dial of a dialer of net, in one
// of its branches at least.
func holdsDialer(pass *check.Pass, v *types.Var) bool {
	if v.IsField() || v.Parent() == nil || v.Parent() == pass.Pkg.Scope() {
		return false
	}
	for cur := range pass.Inspect.Root().Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil)) {
		for value := range values(pass.TypesInfo, cur.Node(), v) {
			if sel, ok := ast.Unparen(value).(*ast.SelectorExpr); ok && code.IsNamed(pass.TypesInfo.TypeOf(sel.X), "net.Dialer") {
				return true
			}
		}
	}
	return false
}

// setsDeadline reports whether a function names a deadline, or a socket of this machine.
func setsDeadline(fn ast.Node) (found bool) {
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			name := strings.ToLower(n.Name)
			found = found || strings.Contains(name, "deadline") || strings.Contains(name, "unix") || strings.Contains(name, "timeoutconn")
		case *ast.BasicLit:
			found = found || n.Kind == token.STRING && strings.Contains(n.Value, "unix")
		}
		return !found
	})
	return found
}
