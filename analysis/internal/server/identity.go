// SPDX-License-Identifier: Apache-2.0

package server

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// identities says which variables, fields and parameters of a package may be the same
// server. It does not look at the order of statements: what one is ever assigned to
// another is the same.
type identities struct {
	info   *types.Info
	pkg    *types.Package
	parent map[types.Object]types.Object
}

func newIdentities(pkg *types.Package, info *types.Info, in *inspector.Inspector) *identities {
	ids := &identities{info: info, pkg: pkg, parent: map[types.Object]types.Object{}}
	receivers := map[types.Object]types.Object{} // by the type's name
	for n := range in.PreorderSeq((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.CompositeLit)(nil),
		(*ast.RangeStmt)(nil), (*ast.CallExpr)(nil), (*ast.FuncDecl)(nil)) {
		switch n := n.(type) {
		case *ast.AssignStmt:
			ids.pairs(n.Lhs, n.Rhs)
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if i < len(n.Values) && len(n.Names) == len(n.Values) {
					ids.union(info.Defs[name], ids.object(n.Values[i]))
				}
			}
		case *ast.CompositeLit:
			ids.literal(n)
		case *ast.RangeStmt:
			if n.Value != nil {
				ids.union(ids.object(n.Value), ids.object(n.X))
			}
		case *ast.CallExpr:
			ids.arguments(n)
		case *ast.FuncDecl:
			ids.receiver(n, receivers)
		}
	}
	return ids
}

func (ids *identities) pairs(lhs, rhs []ast.Expr) {
	if len(lhs) != len(rhs) {
		return
	}
	for i := range lhs {
		ids.union(ids.object(lhs[i]), ids.object(rhs[i]))
	}
}

// literal joins the fields of a struct literal with their values.
func (ids *identities) literal(lit *ast.CompositeLit) {
	for _, elt := range lit.Elts {
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok {
				ids.union(code.ObjectOf(ids.info, key), ids.object(kv.Value))
			}
		}
	}
}

// arguments joins the parameters of a function of the package with what a call gives.
func (ids *identities) arguments(call *ast.CallExpr) {
	fn, ok := typeutil.Callee(ids.info, call).(*types.Func)
	if !ok || fn.Pkg() != ids.pkg {
		return
	}
	sig := fn.Origin().Signature()
	for i, arg := range call.Args {
		if i < sig.Params().Len() {
			ids.union(sig.Params().At(i), ids.object(arg))
		}
	}
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && sig.Recv() != nil {
		ids.union(sig.Recv(), ids.object(sel.X))
	}
}

// receiver joins the receivers of a type's methods.
func (ids *identities) receiver(fn *ast.FuncDecl, receivers map[types.Object]types.Object) {
	if fn.Recv == nil || len(fn.Recv.List) == 0 || len(fn.Recv.List[0].Names) == 0 {
		return
	}
	v := ids.info.Defs[fn.Recv.List[0].Names[0]]
	if v == nil {
		return
	}
	name := typeName(v.Type())
	if first := receivers[name]; first != nil {
		ids.union(first, v)
	} else if name != nil {
		receivers[name] = v
	}
}

func typeName(t types.Type) types.Object {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Origin().Obj()
	}
	return nil
}

// object returns what an expression names, through &x, *x, x[i], append and the
// elements of a slice literal; nil if it names nothing.
func (ids *identities) object(e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return ids.object(e.X)
	case *ast.StarExpr:
		return ids.object(e.X)
	case *ast.IndexExpr:
		return ids.object(e.X)
	case *ast.CompositeLit:
		return ids.same(e.Elts)
	case *ast.CallExpr:
		if code.IsBuiltin(ids.info, e, "append") {
			return ids.same(e.Args)
		}
		return nil
	case *ast.Ident, *ast.SelectorExpr:
		v, ok := code.ObjectOf(ids.info, e).(*types.Var)
		if !ok || !mayHold(v.Type()) {
			return nil
		}
		return v
	}
	return nil
}

// same joins expressions, and returns one of them.
func (ids *identities) same(list []ast.Expr) types.Object {
	var first types.Object
	for _, e := range list {
		if _, ok := e.(*ast.KeyValueExpr); ok {
			return nil
		}
		if first == nil {
			first = ids.object(e)
		} else {
			ids.union(first, ids.object(e))
		}
	}
	return first
}

// mayHold reports whether a variable of the type may be a server, or have some.
func mayHold(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if t.Obj().Pkg() == nil {
			return false // error
		}
		switch t.Obj().Pkg().Path() {
		case "context", "sync", "time", "net":
			return false
		}
		return true
	case *types.Pointer:
		return mayHold(t.Elem())
	case *types.Slice:
		return mayHold(t.Elem())
	case *types.Array:
		return mayHold(t.Elem())
	case *types.Map:
		return mayHold(t.Elem())
	}
	return false
}

func (ids *identities) find(o types.Object) types.Object {
	for ids.parent[o] != nil {
		o = ids.parent[o]
	}
	return o
}

func (ids *identities) union(a, b types.Object) {
	if a == nil || b == nil {
		return
	}
	if a, b = ids.find(a), ids.find(b); a != b {
		ids.parent[a] = b
	}
}

// Embedded returns the field through which a method of an embedded type is reached,
// nil if it is the type's own.
func Embedded(sel *types.Selection) types.Object {
	t, index := sel.Recv(), sel.Index()
	var field types.Object
	for _, i := range index[:len(index)-1] {
		if p, ok := types.Unalias(t).(*types.Pointer); ok {
			t = p.Elem()
		}
		s, ok := t.Underlying().(*types.Struct)
		if !ok {
			return nil
		}
		field = s.Field(i).Origin()
		t = s.Field(i).Type()
	}
	return field
}
