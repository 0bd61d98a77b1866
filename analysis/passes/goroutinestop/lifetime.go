// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// holdsNothing reports whether a goroutine has only what belongs to the whole package: a
// function without receiver or parameters, or a literal that uses no local variable.
func (f *finder) holdsNothing(body inspector.Cursor) bool {
	if decl, ok := body.Node().(*ast.FuncDecl); ok {
		return decl.Recv == nil && decl.Type.Params.NumFields() == 0
	}
	for cur := range body.Preorder((*ast.Ident)(nil)) {
		v, ok := f.TypesInfo.Uses[cur.Node().(*ast.Ident)].(*types.Var)
		if ok && !v.IsField() && v.Parent() != f.Pkg.Scope() && v.Pkg() == f.Pkg && !code.ContainsPos(body.Node(), v.Pos()) {
			return false
		}
	}
	return true
}

// holdsObject reports whether a goroutine has an object of a type of the package from
// the function that starts it.
func (f *finder) holdsObject(body inspector.Cursor) bool {
	for cur := range body.Preorder((*ast.Ident)(nil)) {
		v, ok := f.TypesInfo.Uses[cur.Node().(*ast.Ident)].(*types.Var)
		if ok && !v.IsField() && v.Parent() != f.Pkg.Scope() && f.named(v.Type()) != nil && !code.ContainsPos(body.Node(), v.Pos()) {
			return true
		}
	}
	return false
}

// named returns the struct type of the package that t is, or points to.
func (f *finder) named(t types.Type) *types.TypeName {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() != f.Pkg {
		return nil
	}
	if _, ok := n.Underlying().(*types.Struct); !ok {
		return nil
	}
	return n.Origin().Obj()
}

// single reports whether a package variable holds the object of a method: there is one
// in the process.
func (f *finder) single(fn *types.Func) bool {
	recv := fn.Signature().Recv()
	if recv == nil {
		return false
	}
	t := f.named(recv.Type())
	for _, name := range f.Pkg.Scope().Names() {
		if v, ok := f.Pkg.Scope().Lookup(name).(*types.Var); ok && t != nil && f.named(v.Type()) == t {
			return true
		}
	}
	return false
}

// forProcess reports whether all calls of the function that starts a goroutine are for
// objects of the whole process: from an init function or the value of a package variable,
// on a package variable, or by a function that keeps what it makes in one.
func (f *finder) forProcess(starter inspector.Cursor) bool {
	fn, ok := f.TypesInfo.Defs[starter.Node().(*ast.FuncDecl).Name].(*types.Func)
	if !ok {
		return false
	}
	if f.single(fn) {
		return true
	}
	called := false
	for cur := range f.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if typeutil.StaticCallee(f.TypesInfo, call) != fn {
			continue
		}
		if !f.global(call.Fun) && !f.keeps(cur) {
			return false
		}
		called = true
	}
	return called
}

// keeps reports whether a call is made once for the process: outside of functions, in an
// init function, or by a plain function that assigns to a package variable.
func (f *finder) keeps(call inspector.Cursor) bool {
	outer := code.Function(call)
	if !outer.Valid() {
		return true
	}
	decl, ok := outer.Node().(*ast.FuncDecl)
	if !ok || decl.Recv != nil {
		return false
	}
	if decl.Name.Name == "init" {
		return true
	}
	for cur := range outer.Preorder((*ast.AssignStmt)(nil)) {
		s := cur.Node().(*ast.AssignStmt)
		for _, lhs := range s.Lhs {
			if s.Tok == token.ASSIGN && f.global(lhs) {
				return true
			}
		}
	}
	return false
}
