// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// passed reports whether a property holds for what every call of a function of the
// package passes for a parameter.
func passed(pass *check.Pass, decl *ast.FuncDecl, param *types.Var, holds func(call inspector.Cursor, arg ast.Expr) bool) bool {
	fn, ok := pass.TypesInfo.Defs[decl.Name].(*types.Func)
	if !ok {
		return false
	}
	i := 0
	params := fn.Signature().Params()
	for ; i < params.Len() && params.At(i) != param; i++ {
	}
	if i == params.Len() {
		return false
	}
	out := false
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if typeutil.StaticCallee(pass.TypesInfo, call) != fn || code.IsTest(pass.Fset, call.Pos()) {
			continue
		}
		if i >= len(call.Args) || !holds(cur, call.Args[i]) {
			return false
		}
		out = true
	}
	return out
}

// clientDepth is how deep callers and fields are followed to where a client is made.
const clientDepth = 4

// bareClient reports whether a call is of a client without a time limit, as far as the
// package shows: the default client, or literals that set no Timeout.
func bareClient(pass *check.Pass, cur inspector.Cursor, n *ast.CallExpr) bool {
	sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
	return ok && bare(pass, cur, sel.X, clientDepth)
}

// bare is bareClient for an expression in a function. It looks at what the callers of
// the function pass, to a depth.
func bare(pass *check.Pass, cur inspector.Cursor, e ast.Expr, depth int) bool {
	e = pointee(e)
	if clientLiteral(pass, e) || madeBare(pass, e, depth) {
		return true
	}
	client, ok := code.ObjectOf(pass.TypesInfo, e).(*types.Var)
	if !ok || client.Pkg() == nil {
		return false
	}
	if client.Name() == "DefaultClient" && client.Pkg().Path() == "net/http" {
		return true
	}
	if decl := code.Declaration(cur); decl.Valid() && depth > 0 && !decl.Node().(*ast.FuncDecl).Name.IsExported() {
		if passed(pass, decl.Node().(*ast.FuncDecl), client, func(call inspector.Cursor, arg ast.Expr) bool {
			return bare(pass, call, arg, depth-1)
		}) {
			return true
		}
	}
	return onlyBare(pass, client, depth)
}

// onlyBare reports whether a variable, or a field, only ever gets clients without a time limit
// in the package. One that holds a client, not its address, begins with one, unless it is for
// others to set.
func onlyBare(pass *check.Pass, client *types.Var, depth int) bool {
	global := client.IsField() || client.Parent() == pass.Pkg.Scope()
	if client.Pkg() != pass.Pkg {
		return givenBare(pass, client) && !setHere(pass, client)
	}
	if configured(pass, client) {
		return false
	}
	others := global && client.Exported() && !code.IsMain(pass.Pass) && !ofUnexported(pass.Pkg, client)
	found := !others && isClient(client.Type()) && (client.IsField() || declared(pass, client))
	for cur := range pass.Inspect.Root().Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.KeyValueExpr)(nil), (*ast.UnaryExpr)(nil), (*ast.CompositeLit)(nil)) {
		value, sets := setTo(pass.TypesInfo, cur.Node(), client)
		if !sets || value == nil && setsBareTransport(pass, cur.Node(), client) {
			continue
		}
		if !bareValue(pass, cur, value, client, depth) {
			return false
		}
		found = true
	}
	return found
}

// setHere reports whether a package sets a variable of another one, or a field of it.
func setHere(pass *check.Pass, client *types.Var) bool {
	for cur := range pass.Inspect.Root().Preorder((*ast.AssignStmt)(nil), (*ast.UnaryExpr)(nil)) {
		if _, sets := setTo(pass.TypesInfo, cur.Node(), client); sets {
			return true
		}
	}
	return false
}

// configured reports whether a variable is given to functions that may set a limit.
func configured(pass *check.Pass, client *types.Var) bool {
	if client.IsField() || client.Parent() == pass.Pkg.Scope() {
		return false
	}
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		for _, arg := range call.Args {
			if code.ObjectOf(pass.TypesInfo, pointee(arg)) == client && maySet(pass, typeutil.StaticCallee(pass.TypesInfo, call)) {
				return true
			}
		}
	}
	return false
}

// maySet reports whether a function that is given a client may set its limit: one that is a
// value, as options are, or one of the package that names a timeout.
func maySet(pass *check.Pass, fn *types.Func) bool {
	if fn == nil {
		return true
	}
	decl, ok := declarationOf(pass, fn)
	return ok && mentionsIn(decl, "Timeout")
}

// ofUnexported reports whether a field is one of a type that other packages cannot name.
func ofUnexported(pkg *types.Package, field *types.Var) bool {
	for _, name := range pkg.Scope().Names() {
		obj, ok := pkg.Scope().Lookup(name).(*types.TypeName)
		if !ok || obj.Exported() {
			continue
		}
		st, ok := obj.Type().Underlying().(*types.Struct)
		for i := 0; ok && i < st.NumFields(); i++ {
			if st.Field(i).Origin() == field {
				return true
			}
		}
	}
	return false
}

// isClient reports whether a type is a client itself, whose zero value is of use.
func isClient(t types.Type) bool {
	_, pointer := types.Unalias(t).(*types.Pointer)
	return !pointer && code.IsNamed(t, "net/http.Client")
}

// declared reports whether a variable is declared without a value.
func declared(pass *check.Pass, v *types.Var) bool {
	for cur := range pass.Inspect.Root().Preorder((*ast.ValueSpec)(nil)) {
		spec := cur.Node().(*ast.ValueSpec)
		for _, name := range spec.Names {
			if pass.TypesInfo.Defs[name] == v {
				return len(spec.Values) == 0
			}
		}
	}
	return false
}

// madeBare reports whether an expression is a call that makes a client without a time limit:
// of a function of the package all of whose results are such.
func madeBare(pass *check.Pass, e ast.Expr, depth int) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok || depth == 0 {
		return false
	}
	if makesUnlimited(pass, call) {
		return true
	}
	fn := typeutil.StaticCallee(pass.TypesInfo, call)
	if fn != nil && givenBare(pass, fn) {
		return true
	}
	decl, ok := declarationOf(pass, fn)
	return ok && returnsOnly(pass, decl, func(at inspector.Cursor, result ast.Expr) bool {
		return bare(pass, at, result, depth-1)
	})
}

// setTo returns what a node sets a client to; nil where it sets its Timeout or Transport,
// or gives its address away.
func setTo(info *types.Info, n ast.Node, client *types.Var) (value ast.Expr, ok bool) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for i, lhs := range n.Lhs {
			if f, ok := lhs.(*ast.SelectorExpr); ok && (f.Sel.Name == "Timeout" || f.Sel.Name == "Transport") && code.ObjectOf(info, f.X) == client {
				return nil, true
			}
			if code.ObjectOf(info, lhs) != client {
				continue
			}
			if len(n.Lhs) != len(n.Rhs) {
				return nil, true
			}
			return n.Rhs[i], true
		}
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if info.Defs[name] == client && i < len(n.Values) {
				return n.Values[i], true
			}
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && code.ObjectOf(info, key) == client {
			return n.Value, true
		}
	case *ast.CompositeLit:
		return unkeyed(info, n, client)
	case *ast.UnaryExpr:
		return nil, n.Op == token.AND && code.ObjectOf(info, n.X) == client
	}
	return nil, false
}

// unkeyed is setTo for a literal of a struct that does not name its fields.
func unkeyed(info *types.Info, lit *ast.CompositeLit, field types.Object) (value ast.Expr, ok bool) {
	t := info.TypeOf(lit)
	if t == nil || len(lit.Elts) == 0 {
		return nil, false
	}
	if _, keyed := lit.Elts[0].(*ast.KeyValueExpr); keyed {
		return nil, false
	}
	st, ok := t.Underlying().(*types.Struct)
	for i := 0; ok && i < st.NumFields() && i < len(lit.Elts); i++ {
		if st.Field(i).Origin() == field {
			return lit.Elts[i], true
		}
	}
	return nil, false
}

func isDefault(info *types.Info, e ast.Expr) bool {
	v := code.ObjectOf(info, e)
	return v != nil && v.Name() == "DefaultClient" && v.Pkg() != nil && v.Pkg().Path() == "net/http"
}

// clientLiteral reports whether an expression makes a client, and sets no Timeout nor a
// transport that may have one.
func clientLiteral(pass *check.Pass, e ast.Expr) bool {
	if call, ok := e.(*ast.CallExpr); ok && code.IsBuiltin(pass.TypesInfo, call, "new") {
		return isClient(pass.TypesInfo.TypeOf(call.Args[0]))
	}
	return literal(e, func(field string, value ast.Expr) bool {
		return field != "Timeout" && (field != "Transport" || bareTransport(pass, value, helperDepth))
	})
}

// literal reports whether an expression is a literal of a struct, or its address, all of
// whose fields are allowed.
func literal(e ast.Expr, allowed func(field string, value ast.Expr) bool) bool {
	if u, ok := e.(*ast.UnaryExpr); ok {
		e = u.X
	}
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return false
	}
	for _, elt := range lit.Elts {
		kv, ok := elt.(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		if key, ok := kv.Key.(*ast.Ident); !ok || !allowed(key.Name, kv.Value) {
			return false
		}
	}
	return true
}
