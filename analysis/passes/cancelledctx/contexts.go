// SPDX-License-Identifier: Apache-2.0

package cancelledctx

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A key names a context: the variable or field, and how it is written, so that the same
// field of another value is another context.
type key struct {
	object types.Object
	name   string
}

// keyOf returns the key of an expression: a variable, a field of one, or a call without
// arguments of a method of one, such as r.Context().
func keyOf(info *types.Info, e ast.Expr) (key, bool) {
	e = ast.Unparen(e)
	if !plain(e) {
		return key{}, false
	}
	root := e
	for {
		switch r := root.(type) {
		case *ast.SelectorExpr:
			root = r.X
			continue
		case *ast.CallExpr:
			root = r.Fun
			continue
		}
		break
	}
	id, ok := root.(*ast.Ident)
	if !ok {
		return key{}, false
	}
	v, ok := info.ObjectOf(id).(*types.Var)
	if !ok {
		return key{}, false
	}
	return key{v, types.ExprString(e)}, true
}

func plain(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return plain(e.X)
	case *ast.CallExpr:
		sel, ok := e.Fun.(*ast.SelectorExpr)
		return ok && len(e.Args) == 0 && sel.Sel.Name == "Context" && plain(sel.X)
	}
	return false
}

// An origin is where a context variable gets its value.
type origin struct {
	at      token.Pos
	call    *ast.CallExpr // nil: not from a function that derives contexts
	parent  ast.Expr      // what it is derived from; nil: from nothing in the function
	outside bool          // from an expression that is not looked into
	cancel  types.Object  // ends it, beside the parent
}

// contexts has the origins of the context variables of a function, in the order of the
// code.
type contexts struct {
	info    *types.Info
	origins map[types.Object][]origin
}

// deriving are the functions whose result ends with their first argument.
var deriving = []string{
	"context.WithCancel", "context.WithCancelCause", "context.WithTimeout", "context.WithTimeoutCause",
	"context.WithDeadline", "context.WithDeadlineCause", "context.WithValue",
	"os/signal.NotifyContext", "golang.org/x/sync/errgroup.WithContext",
}

func contextsOf(info *types.Info, decl *ast.FuncDecl) contexts {
	cs := contexts{info, map[types.Object][]origin{}}
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for i, l := range a.Lhs {
			id, ok := l.(*ast.Ident)
			if !ok || info.ObjectOf(id) == nil || !isContext(info.ObjectOf(id).Type()) {
				continue
			}
			o := origin{at: a.Pos(), outside: true}
			switch {
			case len(a.Lhs) == len(a.Rhs):
				o = cs.origin(a, a.Rhs[i])
			case len(a.Rhs) == 1:
				o = cs.origin(a, a.Rhs[0])
				if i == 0 && len(a.Lhs) == 2 {
					o.cancel = code.ObjectOf(info, a.Lhs[1])
				}
			}
			cs.origins[info.ObjectOf(id)] = append(cs.origins[info.ObjectOf(id)], o)
		}
		return true
	})
	return cs
}

func (cs contexts) origin(a *ast.AssignStmt, e ast.Expr) origin {
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok && code.IsCall(cs.info, call, deriving...) && len(call.Args) > 0 {
		return origin{at: a.Pos(), call: call, parent: call.Args[0]}
	}
	if _, ok := keyOf(cs.info, e); ok {
		return origin{at: a.Pos(), parent: e}
	}
	return origin{at: a.Pos(), outside: true}
}

// maxDerived is how many derivations are followed.
const maxDerived = 5

// ended reports whether an expression is a context that has ended when e has: the same,
// or one derived of it. The call that derives it last is returned, nil if none does.
func (cs contexts) ended(ctx ast.Expr, e end) (derived *ast.CallExpr, ended bool) {
	at := ctx.Pos()
	for range maxDerived {
		ctx = ast.Unparen(ctx)
		if call, ok := ctx.(*ast.CallExpr); ok && code.IsCall(cs.info, call, deriving...) && len(call.Args) > 0 {
			derived, ctx = call, call.Args[0]
			continue
		}
		k, ok := keyOf(cs.info, ctx)
		if !ok {
			return nil, false
		}
		o, changed := cs.latest(k.object, e.at.Pos(), at)
		if k == e.ctx && !changed {
			return derived, true
		}
		if o == nil || o.outside || o.parent == nil || len(k.name) != len(k.object.Name()) {
			return nil, false
		}
		if o.call != nil {
			derived = o.call
		}
		ctx, at = o.parent, o.at
	}
	return nil, false
}

// latest returns the last origin of a variable before a use, and whether that is between
// the end of a context and the use: the variable is another context by then.
func (cs contexts) latest(v types.Object, end, use token.Pos) (last *origin, changed bool) {
	for i, o := range cs.origins[v] {
		if o.at < use {
			last = &cs.origins[v][i]
			changed = o.at > end
		}
	}
	return last, changed
}

// fieldsOf returns the fields that hold contexts, by those that hold what ends them, as
// in "s.ctx, s.cancel = context.WithCancel(ctx)".
func fieldsOf(pass *check.Pass) map[types.Object]types.Object {
	out := map[types.Object]types.Object{}
	for n := range pass.Inspect.PreorderSeq((*ast.AssignStmt)(nil)) {
		a := n.(*ast.AssignStmt)
		if len(a.Lhs) != 2 || len(a.Rhs) != 1 || !code.IsCall(pass.TypesInfo, ast.Unparen(a.Rhs[0]), deriving...) {
			continue
		}
		ctx, isField := a.Lhs[0].(*ast.SelectorExpr)
		cancel, both := a.Lhs[1].(*ast.SelectorExpr)
		if isField && both && types.ExprString(ctx.X) == types.ExprString(cancel.X) {
			out[code.ObjectOf(pass.TypesInfo, cancel)] = code.ObjectOf(pass.TypesInfo, ctx)
		}
	}
	return out
}

func isContext(t types.Type) bool { return code.IsNamed(t, "context.Context") }

// done returns the context of "<-ctx.Done()".
func (c *checker) done(u *ast.UnaryExpr) (key, bool) {
	if u.Op != token.ARROW {
		return key{}, false
	}
	call, ok := ast.Unparen(u.X).(*ast.CallExpr)
	if !ok {
		return key{}, false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Done" || !isContext(c.pass.TypesInfo.TypeOf(sel.X)) {
		return key{}, false
	}
	return keyOf(c.pass.TypesInfo, sel.X)
}
