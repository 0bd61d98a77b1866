// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/constant"
	"strings"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
)

// toItself reports whether a request goes to a constant address of this machine.
func toItself(pass *check.Pass, n *ast.CallExpr) bool {
	if len(n.Args) == 0 {
		return false
	}
	e := ast.Unparen(n.Args[0])
	for {
		sum, ok := e.(*ast.BinaryExpr)
		if !ok || pass.TypesInfo.Types[e].Value != nil {
			break
		}
		e = ast.Unparen(sum.X)
	}
	tv := pass.TypesInfo.Types[e]
	if tv.Value == nil || tv.Value.Kind() != constant.String {
		return false
	}
	_, host, _ := strings.Cut(constant.StringVal(tv.Value), "://")
	return strings.HasPrefix(host, "localhost") || strings.HasPrefix(host, "127.") || strings.HasPrefix(host, "[::1]")
}
