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

// stoppable reports whether a stop of the program could end a wait for a channel: not for
// a clock's, nor for one that only the function knows, nor for the end of a context of its
// own. Shutdown does not end the context of a request.
func (t *tracker) stoppable(body ast.Node, ch ast.Expr) bool {
	typ := t.pass.TypesInfo.TypeOf(ch)
	if typ == nil {
		return true
	}
	if c, ok := typ.Underlying().(*types.Chan); ok && code.IsNamed(c.Elem(), "time.Time") {
		return false
	}
	if call, ok := ast.Unparen(ch).(*ast.CallExpr); ok {
		sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		return !ok || sel.Sel.Name != "Done" || !t.ofRequest(body, sel.X, 0)
	}
	v := code.ObjectOf(t.pass.TypesInfo, ch)
	return v == nil || !t.own[v] && !t.madeHere(body, v)
}

// contexts is how many contexts are followed from one to the one it is made of.
const contexts = 5

// ofRequest reports whether a context is that of a request, or one that never ends, or is
// made of one of these in the function.
func (t *tracker) ofRequest(body ast.Node, ctx ast.Expr, depth int) bool {
	if depth > contexts || t.based {
		return false
	}
	if call, ok := ast.Unparen(ctx).(*ast.CallExpr); ok {
		switch name := code.Callee(t.pass.TypesInfo, call); {
		case name == "(*net/http.Request).Context", name == "context.Background", name == "context.TODO":
			return true
		case len(call.Args) > 0 && (strings.HasPrefix(name, "context.") || strings.HasSuffix(name, ".CloseRead") || strings.HasSuffix(name, "errgroup.WithContext")):
			return t.ofRequest(body, call.Args[0], depth+1)
		}
		return false
	}
	v := code.ObjectOf(t.pass.TypesInfo, ctx)
	if v == nil || t.own[v] {
		return v != nil
	}
	values := t.values(body, v)
	for _, value := range values {
		if !t.ofRequest(body, value, depth+1) {
			return false
		}
	}
	return len(values) > 0
}

// values returns what a variable of a function is set to in it.
func (t *tracker) values(body ast.Node, v types.Object) []ast.Expr {
	var out []ast.Expr
	if !code.ContainsPos(body, v.Pos()) {
		return nil
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for i, l := range a.Lhs {
				if id, ok := l.(*ast.Ident); ok && t.pass.TypesInfo.ObjectOf(id) == v {
					out = append(out, a.Rhs[min(i, len(a.Rhs)-1)])
				}
			}
		}
		return true
	})
	return out
}

// madeHere reports whether a channel is made in a function, and goes nowhere else.
func (t *tracker) madeHere(body ast.Node, v types.Object) bool {
	values := t.values(body, v)
	for _, value := range values {
		call, ok := ast.Unparen(value).(*ast.CallExpr)
		if !ok || !code.IsBuiltin(t.pass.TypesInfo, call, "make") {
			return false
		}
	}
	return len(values) > 0 && !t.givenAway(body, v)
}

// givenAway reports whether a variable is given to a call of another package, or kept
// somewhere.
func (t *tracker) givenAway(body ast.Node, v types.Object) bool {
	away := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			for _, arg := range n.Args {
				away = away || t.is(arg, v) && t.info.Callee(t.pass.TypesInfo, n) == nil && !builtin(t.pass.TypesInfo, n)
			}
		case *ast.AssignStmt:
			for _, r := range n.Rhs {
				away = away || t.is(r, v)
			}
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					e = kv.Value
				}
				away = away || t.is(e, v)
			}
		case *ast.ReturnStmt:
			for _, r := range n.Results {
				away = away || t.is(r, v)
			}
		}
		return !away
	})
	return away
}

func builtin(info *types.Info, call *ast.CallExpr) bool {
	_, ok := typeutil.Callee(info, call).(*types.Builtin)
	return ok
}

// bind notes which parameters of a called function are contexts and channels that no stop
// ends.
func (t *tracker) bind(body ast.Node, call *ast.CallExpr, sig *types.Signature) {
	for i, arg := range call.Args {
		if i >= sig.Params().Len() {
			return
		}
		param, v := sig.Params().At(i), code.ObjectOf(t.pass.TypesInfo, arg)
		switch {
		case code.IsNamed(param.Type(), "context.Context"):
			t.own[param] = t.ofRequest(body, arg, 0)
		case code.IsChan(param.Type()) && v != nil:
			t.own[param] = t.own[v] || t.madeHere(body, v)
		}
	}
}

// setsBaseContext reports whether a package gives the requests of its server a context of
// its own, which may end with the program.
func setsBaseContext(files []*ast.File) bool {
	found := false
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			found = found || ok && id.Name == "BaseContext"
			return !found
		})
	}
	return found
}

// closing reports whether a function literal that is given away closes the connection: who
// has it can end it.
func (t *tracker) closing(arg ast.Expr, v types.Object) bool {
	lit, ok := ast.Unparen(arg).(*ast.FuncLit)
	if !ok {
		return false
	}
	found := false
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && t.is(sel.X, v) {
			found = found || strings.HasPrefix(sel.Sel.Name, "Close")
		}
		return !found
	})
	return found
}

// waits reports whether an expression or a range waits for something that a stop could end.
func (t *tracker) waits(body, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.UnaryExpr:
		return n.Op == token.ARROW && t.stoppable(body, n.X)
	case *ast.RangeStmt:
		return code.IsChan(t.pass.TypesInfo.TypeOf(n.X)) && t.stoppable(body, n.X)
	}
	return false
}
