// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
)

// looksUp reports whether a call asks a name server with a context that never ends, in a loop
// that goes on, or for a stop: the resolver gives up by itself, but not before it has asked
// each server more than once for each domain to search.
func looksUp(pass *check.Pass, cur, fn inspector.Cursor) bool {
	n := cur.Node().(*ast.CallExpr)
	callee, ok := typeutil.Callee(pass.TypesInfo, n).(*types.Func)
	if !ok || len(n.Args) == 0 || callee.Signature().Recv() == nil || !isLookup(callee.Name()) || !neverEnds(pass, cur, n.Args[0]) {
		return false
	}
	return often(pass, cur, helperDepth) || ending(pass, fn, helperDepth)
}

// isLookup reports whether a method has a name of those of net.Resolver.
func isLookup(name string) bool {
	what, ok := strings.CutPrefix(name, "Lookup")
	if !ok {
		return false
	}
	switch what {
	case "Host", "Addr", "IPAddr", "IP", "NetIP", "CNAME", "SRV", "MX", "NS", "TXT":
		return true
	}
	return false
}
