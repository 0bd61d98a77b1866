// SPDX-License-Identifier: Apache-2.0

package hijack

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// A tracker follows a connection through the functions of the package.
type tracker struct {
	*checker
	seen map[types.Object]bool
}

// local reports whether a variable goes nowhere but to calls of its methods, to
// functions of other packages that copy or wrap, and to functions of the package for
// which the same holds, and whether none of these waits for a channel.
func (t *tracker) local(body ast.Node, v types.Object) bool {
	if t.seen[v] {
		return true
	}
	t.seen[v] = true
	ok := true
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			ok = ok && n.Op != token.ARROW && (n.Op != token.AND || !t.is(n.X, v))
		case *ast.RangeStmt:
			_, channel := t.pass.TypesInfo.TypeOf(n.X).Underlying().(*types.Chan)
			ok = ok && !channel
		case *ast.SendStmt:
			ok = ok && !t.is(n.Value, v)
		case *ast.ReturnStmt:
			for _, r := range n.Results {
				ok = ok && !t.is(r, v)
			}
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				if kv, is := e.(*ast.KeyValueExpr); is {
					e = kv.Value
				}
				ok = ok && !t.is(e, v)
			}
		case *ast.AssignStmt:
			for _, r := range n.Rhs {
				ok = ok && !t.is(r, v)
			}
			for _, l := range n.Lhs {
				entry, is := ast.Unparen(l).(*ast.IndexExpr)
				ok = ok && (!is || !t.is(entry.Index, v)) // the key of a map
			}
		case *ast.CallExpr:
			ok = ok && t.argument(n, v)
		}
		return ok
	})
	return ok
}

func (t *tracker) is(e ast.Expr, v types.Object) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	return ok && t.pass.TypesInfo.Uses[id] == v
}

// harmless are packages whose functions do not keep what they are given beyond the call.
var harmless = map[string]bool{"io": true, "bufio": true, "fmt": true, "net/http": true, "net/http/httputil": true, "log": true, "log/slog": true}

// argument reports whether a call may be given the variable, if it is.
func (t *tracker) argument(call *ast.CallExpr, v types.Object) bool {
	for i, arg := range call.Args {
		if !t.is(arg, v) {
			continue
		}
		fn, ok := typeutil.Callee(t.pass.TypesInfo, call).(*types.Func)
		if !ok || fn.Pkg() == nil {
			return false
		}
		if harmless[fn.Pkg().Path()] || copies(fn.Name()) {
			continue
		}
		decl := t.info.Callee(t.pass.TypesInfo, call)
		if decl == nil || i >= fn.Signature().Params().Len() || !t.local(decl.Body, fn.Origin().Signature().Params().At(i)) {
			return false
		}
	}
	return true
}

// copies reports whether a function, by its name, does nothing with two connections but
// copy between them until they end.
func copies(name string) bool {
	switch strings.ToLower(name) {
	case "join", "pipe", "copy", "relay", "splice":
		return true
	}
	return false
}
