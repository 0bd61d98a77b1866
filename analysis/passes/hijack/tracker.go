// SPDX-License-Identifier: Apache-2.0

package hijack

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A tracker follows a connection through the functions of the package.
type tracker struct {
	*checker
	conn  types.Type
	seen  map[types.Object]bool
	own   map[types.Object]bool // parameters that are contexts and channels which no stop ends
	based bool                  // the context of a request may end with the program
}

// local reports whether a variable goes nowhere but to calls of its methods, to
// functions of other packages that copy or wrap, and to functions of the package for
// which the same holds, and whether none of these waits for something that a stop could end.
func (t *tracker) local(body ast.Node, v types.Object) bool {
	if t.seen[v] {
		return true
	}
	t.seen[v] = true
	ok := true
	held := map[*ast.CompositeLit]bool{} // by a variable that is followed too
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			ok = ok && !t.waits(body, n) && (n.Op != token.AND || !t.is(n.X, v))
		case *ast.RangeStmt:
			ok = ok && !t.waits(body, n)
		case *ast.SendStmt:
			ok = ok && !t.is(n.Value, v)
		case *ast.ReturnStmt:
			for _, r := range n.Results {
				ok = ok && !t.is(r, v)
			}
		case *ast.CompositeLit:
			ok = ok && (held[n] || !t.has(n, v))
		case *ast.AssignStmt:
			if lit, holder := t.holder(n, v); lit != nil {
				held[lit] = true
				ok = ok && t.local(body, holder)
			}
			for _, r := range n.Rhs {
				ok = ok && !t.is(r, v)
			}
			for _, l := range n.Lhs {
				entry, is := ast.Unparen(l).(*ast.IndexExpr)
				ok = ok && (!is || !t.is(entry.Index, v)) // the key of a map
			}
		case *ast.CallExpr:
			ok = ok && t.argument(body, n, v) && t.called(body, n, v)
		}
		return ok
	})
	return ok
}

// is reports whether an expression is a variable, or the connection in its field.
func (t *tracker) is(e ast.Expr, v types.Object) bool {
	e = ast.Unparen(e)
	if sel, ok := e.(*ast.SelectorExpr); ok && t.conn != nil && t.pass.TypesInfo.TypeOf(sel) != nil && types.Identical(t.pass.TypesInfo.TypeOf(sel), t.conn) {
		e = ast.Unparen(sel.X)
	}
	id, ok := e.(*ast.Ident)
	return ok && t.pass.TypesInfo.Uses[id] == v
}

// has reports whether a literal has a variable for one of its elements.
func (t *tracker) has(lit *ast.CompositeLit, v types.Object) bool {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		if t.is(e, v) {
			return true
		}
	}
	return false
}

// holder returns the literal of a struct in an assignment that has a variable for a field,
// and the local variable that holds the struct.
func (t *tracker) holder(a *ast.AssignStmt, v types.Object) (*ast.CompositeLit, types.Object) {
	if a.Tok != token.DEFINE || len(a.Lhs) != 1 || len(a.Rhs) != 1 {
		return nil, nil
	}
	e := ast.Unparen(a.Rhs[0])
	if u, ok := e.(*ast.UnaryExpr); ok && u.Op == token.AND {
		e = u.X
	}
	lit, ok := e.(*ast.CompositeLit)
	if !ok || !t.has(lit, v) {
		return nil, nil
	}
	if _, ok := t.pass.TypesInfo.TypeOf(lit).Underlying().(*types.Struct); !ok {
		return nil, nil
	}
	return lit, code.ObjectOf(t.pass.TypesInfo, a.Lhs[0])
}

// called reports whether a call of a method of a variable leaves it where it is: one of the
// package is looked into.
func (t *tracker) called(body ast.Node, call *ast.CallExpr, v types.Object) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return true
	}
	if id, ok := ast.Unparen(sel.X).(*ast.Ident); !ok || t.pass.TypesInfo.Uses[id] != v {
		return true
	}
	decl := t.info.Callee(t.pass.TypesInfo, call)
	fn, ok := typeutil.Callee(t.pass.TypesInfo, call).(*types.Func)
	if decl == nil || !ok || fn.Origin().Signature().Recv() == nil {
		return true
	}
	t.bind(body, call, fn.Origin().Signature())
	return t.local(decl.Body, fn.Origin().Signature().Recv())
}

// harmless are packages whose functions do not keep what they are given beyond the call.
var harmless = map[string]bool{"io": true, "bufio": true, "fmt": true, "net/http": true, "net/http/httputil": true, "log": true, "log/slog": true}

// argument reports whether a call may be given the variable, if it is.
func (t *tracker) argument(body ast.Node, call *ast.CallExpr, v types.Object) bool {
	for i, arg := range call.Args {
		if t.closing(arg, v) && !code.IsCall(t.pass.TypesInfo, call, "(*golang.org/x/sync/errgroup.Group).Go", "(*sync.WaitGroup).Go", "(*sync.Once).Do") {
			return false
		}
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
		t.bind(body, call, fn.Origin().Signature())
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
