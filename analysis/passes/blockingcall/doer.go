// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// send is the name of what sends a request of HTTP.
const send = "(*net/http.Client).Do"

// sender returns the name of a function that is called. A method Do of an interface that only
// has clients of net/http without a time limit is theirs.
func sender(pass *check.Pass, cur inspector.Cursor, n *ast.CallExpr) string {
	fn, ok := typeutil.Callee(pass.TypesInfo, n).(*types.Func)
	if !ok || fn.Name() != "Do" || fn.Pkg() != pass.Pkg || !isDo(fn.Signature()) || !bareClient(pass, cur, n) {
		return unversioned(code.Callee(pass.TypesInfo, n))
	}
	return send
}

// isDo reports whether a method of an interface takes a request of HTTP and returns the
// response, as that of a client does.
func isDo(sig *types.Signature) bool {
	return sig.Recv() != nil && types.IsInterface(sig.Recv().Type()) && sig.Params().Len() == 1 && sig.Results().Len() == 2 &&
		code.IsNamed(sig.Params().At(0).Type(), "net/http.Request") && code.IsNamed(sig.Results().At(0).Type(), "net/http.Response")
}
