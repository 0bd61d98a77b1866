// SPDX-License-Identifier: Apache-2.0

// Package code answers questions about Go code that several checks have.
package code

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// Callee returns the full name of the function or method that a call names, as
// [types.Func.FullName] has it: "os/signal.Notify", "(*net/http.Server).Shutdown",
// "(net.Listener).Accept". It is empty for builtins, conversions and function values.
func Callee(info *types.Info, call *ast.CallExpr) string {
	fn, ok := typeutil.Callee(info, call).(*types.Func)
	if !ok {
		return ""
	}
	return fn.Origin().FullName()
}

// IsCall reports whether a node is a call of one of the functions, by their full names.
func IsCall(info *types.Info, n ast.Node, names ...string) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return false
	}
	fn, ok := typeutil.Callee(info, call).(*types.Func)
	if !ok {
		return false
	}
	for _, name := range names { // a full name is costly, and seldom needed
		if strings.HasSuffix(name, fn.Name()) && fn.Origin().FullName() == name {
			return true
		}
	}
	return false
}

// CallName returns the name, in lower case and without what it belongs to, of the function
// that a call is of; "" for one without a name.
func CallName(call *ast.CallExpr) string {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return strings.ToLower(fun.Name)
	case *ast.SelectorExpr:
		return strings.ToLower(fun.Sel.Name)
	}
	return ""
}

// IsBuiltin reports whether a call is that of a builtin, such as "close".
func IsBuiltin(info *types.Info, call *ast.CallExpr, name string) bool {
	b, ok := typeutil.Callee(info, call).(*types.Builtin)
	return ok && b.Name() == name
}

// ObjectOf returns the variable, field or package variable that an expression names,
// nil if it names none. A field of a generic type is the same one, whatever the type is
// instantiated with.
func ObjectOf(info *types.Info, e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return origin(info.ObjectOf(e))
	case *ast.SelectorExpr:
		return origin(info.ObjectOf(e.Sel))
	}
	return nil
}

func origin(obj types.Object) types.Object {
	switch obj := obj.(type) {
	case *types.Var:
		return obj.Origin()
	case *types.Func:
		return obj.Origin()
	}
	return obj
}

// IntConst returns the value of a constant expression.
func IntConst(info *types.Info, e ast.Expr) (int64, bool) {
	tv, ok := info.Types[e]
	if !ok || tv.Value == nil {
		return 0, false
	}
	return constant.Int64Val(constant.ToInt(tv.Value))
}

// IsNamed reports whether t, or what it points to, is the named type "path.Name".
func IsNamed(t types.Type, full string) bool {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return false
	}
	return n.Obj().Pkg().Path()+"."+n.Obj().Name() == full
}

// IsMain reports whether the package is a program.
func IsMain(pass *analysis.Pass) bool { return pass.Pkg.Name() == "main" }

// IsTest reports whether pos is in a test file.
func IsTest(fset *token.FileSet, pos token.Pos) bool {
	return strings.HasSuffix(fset.File(pos).Name(), "_test.go")
}

// FuncType returns the parameters and results of a function declaration or literal, nil
// for other nodes.
func FuncType(n ast.Node) *ast.FuncType {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return n.Type
	case *ast.FuncLit:
		return n.Type
	}
	return nil
}

// Body returns the body of a function declaration or literal, nil for other nodes.
func Body(n ast.Node) *ast.BlockStmt {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return n.Body
	case *ast.FuncLit:
		return n.Body
	}
	return nil
}
