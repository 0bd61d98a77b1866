// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// makers are functions of other modules that make clients without a time limit.
var makers = []string{
	"golang.org/x/oauth2/google.DefaultClient", "(*golang.org/x/oauth2/jwt.Config).Client",
	"golang.org/x/oauth2.NewClient", "(*golang.org/x/oauth2.Config).Client", "(*golang.org/x/oauth2/clientcredentials.Config).Client",
	"github.com/hashicorp/go-cleanhttp.DefaultClient", "github.com/hashicorp/go-cleanhttp.DefaultPooledClient",
}

// makesUnlimited reports whether a call makes such a client. Those of oauth2 take the transport of a
// client that their context carries.
func makesUnlimited(pass *check.Pass, call *ast.CallExpr) bool {
	return code.IsCall(pass.TypesInfo, call, makers...) && (len(call.Args) == 0 || !mayCarryClient(pass, call.Args[0]))
}

// mayCarryClient reports whether a context may have a client of HTTP as the value of
// oauth2.HTTPClient: the package names that, or other functions make the context.
func mayCarryClient(pass *check.Pass, ctx ast.Expr) bool {
	if namesOne(pass, []string{"HTTPClient"}) {
		return true
	}
	if call, ok := ast.Unparen(ctx).(*ast.CallExpr); ok {
		return !code.IsCall(pass.TypesInfo, call, "context.Background", "context.TODO", "(*net/http.Request).Context")
	}
	v, ok := code.ObjectOf(pass.TypesInfo, ctx).(*types.Var)
	return ok && v.Pkg() == pass.Pkg && !isParam(pass, v) && givenBy(pass, v)
}

// givenBy reports whether a variable gets what a function returns that is not of package
// context.
func givenBy(pass *check.Pass, v *types.Var) bool {
	for cur := range pass.Inspect.Root().Preorder((*ast.AssignStmt)(nil)) {
		assign := cur.Node().(*ast.AssignStmt)
		if len(assign.Rhs) != 1 || code.ObjectOf(pass.TypesInfo, assign.Lhs[0]) != v {
			continue
		}
		call, ok := ast.Unparen(assign.Rhs[0]).(*ast.CallExpr)
		if !ok {
			return true
		}
		if fn := typeutil.Callee(pass.TypesInfo, call); fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != "context" {
			return true
		}
	}
	return false
}
