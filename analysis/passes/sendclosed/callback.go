// SPDX-License-Identifier: Apache-2.0

package sendclosed

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// callback reports the send of a method that others call back, on a channel that the stop of
// its object closes: the object is still registered with them, and the next call panics.
func (f *finder) callback(fn inspector.Cursor, c, s *chans.Use) {
	stop, ok := fn.Node().(*ast.FuncDecl)
	sender, isMethod := s.Func().Node().(*ast.FuncDecl)
	if !ok || !isMethod || stop.Recv == nil || sender.Recv == nil || !stops(stop.Name.Name) || s.Func() == fn {
		return
	}
	of := receiver(f.TypesInfo, stop)
	if of == nil || receiver(f.TypesInfo, sender) != of || locks(fn) || locks(s.Func()) || recovers(s.Func()) || len(f.chans.Funcs.Calls(s.Func())) > 0 || f.takesOff(fn) {
		return
	}
	method, ok := f.TypesInfo.Defs[sender.Name].(*types.Func)
	if !ok {
		return
	}
	if at := f.registered(of, method); at.Valid() {
		f.Reportf(s.At.Parent().Node(), "send on %s, which %s closes at line %d, although what line %d registers still calls this: then it panics",
			name(s), stop.Name.Name, f.line(c), f.Fset.Position(at.Node().Pos()).Line)
	}
}

// takesOff reports whether a method calls anything but the builtins, a cancel, or a logger: by
// it, or with it, the object may be taken off.
func (f *finder) takesOff(fn inspector.Cursor) bool {
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if !code.IsBuiltin(f.TypesInfo, call, "close") && !code.IsNamed(f.TypesInfo.TypeOf(call.Fun), "context.CancelFunc") {
			return true
		}
	}
	return receivesAny(fn)
}

// registered returns the call that gives an object, or its method, to a function of another
// object which is named so that it keeps it.
func (f *finder) registered(of *types.TypeName, method *types.Func) inspector.Cursor {
	for cur := range f.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if _, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); !ok || code.IsTest(f.Fset, call.Pos()) || !registers(code.CallName(call)) || cur.ParentEdgeKind() != edge.ExprStmt_X {
			continue
		}
		sig, ok := types.Unalias(f.TypesInfo.TypeOf(call.Fun)).(*types.Signature)
		if !ok {
			continue
		}
		for i, arg := range call.Args {
			if i < sig.Params().Len() && f.calls(sig.Params().At(i).Type(), arg, of, method) {
				return cur
			}
		}
	}
	return inspector.Cursor{}
}

// registers reports whether a name, in lower case, is that of a function which keeps what it is
// given to call it.
func registers(name string) bool {
	switch name {
	case "subscribe", "register", "addlistener", "addobserver", "addhandler", "addcallback", "notify", "onchange", "handlefunc", "handle",
		"registerlistener", "registerobserver", "registerhandler", "registercallback", "sethandler", "setcallback", "watch", "observe":
		return true
	}
	return len(name) > 2 && name[:2] == "on"
}

// calls reports whether an argument is the method, or an object of the type for an interface
// that has the method.
func (f *finder) calls(param types.Type, arg ast.Expr, of *types.TypeName, method *types.Func) bool {
	if sel, ok := ast.Unparen(arg).(*ast.SelectorExpr); ok && f.TypesInfo.Uses[sel.Sel] == method {
		return true
	}
	t := f.TypesInfo.TypeOf(arg)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Origin().Obj() != of {
		return false
	}
	i, ok := param.Underlying().(*types.Interface)
	if !ok {
		return false
	}
	obj, _, _ := types.LookupFieldOrMethod(i, false, method.Pkg(), method.Name())
	return obj != nil
}
