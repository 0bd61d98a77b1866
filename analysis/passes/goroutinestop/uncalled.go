// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// uncalled reports goroutines that a method of their object ends which nothing calls, where
// the object is the package's own: no other package could call it.
func (f *finder) uncalled() {
	if f.program() {
		return
	}
	for _, start := range f.chans.Funcs.Starts {
		if code.IsTest(f.Fset, start.Go.Node().Pos()) {
			continue
		}
		t := f.objectOf(start.Go)
		if t == nil || t.Exported() || !f.called(code.Declaration(start.Go)) {
			continue
		}
		if stop := f.endedOnlyBy(start.Body, t, 2); stop != "" && f.nobodyCalls(t, stop) && f.matters(start, &reason{}) {
			f.Reportf(start.Go.Node(), "the goroutine cannot be stopped: nothing calls %s.%s, which ends it", t.Name(), stop)
		}
	}
}

// called reports whether the package calls a function of its own, but for tests.
func (f *finder) called(fn inspector.Cursor) bool {
	return slices.ContainsFunc(f.chans.Funcs.Calls(fn), func(c inspector.Cursor) bool { return !code.IsTest(f.Fset, c.Node().Pos()) })
}

// objectOf returns the type of the object that a goroutine is started for: by a method of it,
// or by the function that makes it.
func (f *finder) objectOf(start inspector.Cursor) *types.TypeName {
	decl := code.Declaration(start)
	if !decl.Valid() {
		return nil
	}
	n := decl.Node().(*ast.FuncDecl)
	if n.Recv != nil {
		return f.named(f.TypesInfo.TypeOf(n.Recv.List[0].Type))
	}
	fn, _ := f.TypesInfo.Defs[n.Name].(*types.Func)
	return f.result(fn)
}

// nobodyCalls reports whether nothing calls a method of a type of the package, by itself or
// through an interface, and no other package can.
func (f *finder) nobodyCalls(t *types.TypeName, method string) bool {
	like := func(of types.Type) bool { return f.named(of) == t }
	through := func(of types.Type) bool {
		in, ok := of.Underlying().(*types.Interface)
		return ok && f.hasMethod(of, method) && types.Implements(types.NewPointer(t.Type()), in)
	}
	if f.offers(func(of types.Type) bool { return of != nil && (like(of) || through(of)) }) {
		return false
	}
	for cur := range f.Inspect.Root().Preorder((*ast.SelectorExpr)(nil)) {
		n := cur.Node().(*ast.SelectorExpr)
		of := f.TypesInfo.TypeOf(n.X)
		if n.Sel.Name != method || of == nil || code.IsTest(f.Fset, n.Pos()) {
			continue
		}
		if through(of) || like(of) || f.embeds(of, t) {
			return false
		}
	}
	return !f.becomesCloser(t, method)
}

// embeds reports whether a struct has the methods of a type as its own.
func (f *finder) embeds(of types.Type, t *types.TypeName) bool {
	tn := f.named(of)
	if tn == nil {
		return false
	}
	s, ok := tn.Type().Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for v := range s.Fields() {
		if v.Embedded() && f.named(v.Type()) == t {
			return true
		}
	}
	return false
}

// becomesCloser reports whether an object of a type is given to another package, as an
// interface with its method or as any, or returned as such.
func (f *finder) becomesCloser(t *types.TypeName, method string) bool {
	for cur := range f.Inspect.Root().Preorder((*ast.Ident)(nil), (*ast.SelectorExpr)(nil), (*ast.UnaryExpr)(nil), (*ast.CallExpr)(nil), (*ast.CompositeLit)(nil)) {
		e := cur.Node().(ast.Expr)
		if f.named(f.TypesInfo.TypeOf(e)) != t || code.IsTest(f.Fset, e.Pos()) {
			continue
		}
		switch cur.ParentEdgeKind() {
		case edge.CallExpr_Args:
			call := cur.Parent().Node().(*ast.CallExpr)
			sig, ok := f.TypesInfo.TypeOf(call.Fun).(*types.Signature)
			_, i := cur.ParentEdge()
			if !ok { // a builtin or a conversion
				continue
			}
			if i >= sig.Params().Len() || f.canCall(sig.Params().At(i).Type(), method) {
				return true
			}
		case edge.ReturnStmt_Results:
			if sig := f.signatureOf(cur); sig != nil {
				_, i := cur.ParentEdge()
				if i >= sig.Results().Len() || f.canCall(sig.Results().At(i).Type(), method) {
					return true
				}
			}
		}
	}
	return false
}

// canCall reports whether a method of what an interface holds can be called through it.
func (f *finder) canCall(t types.Type, method string) bool {
	in, ok := t.Underlying().(*types.Interface)
	return ok && (in.NumMethods() == 0 || f.hasMethod(t, method))
}

// hasMethod reports whether a type has a method that the package may call.
func (f *finder) hasMethod(t types.Type, name string) bool {
	obj, _, _ := types.LookupFieldOrMethod(t, true, f.Pkg, name)
	_, ok := obj.(*types.Func)
	return ok
}

// signatureOf returns the signature of the function that a place is in.
func (f *finder) signatureOf(at inspector.Cursor) *types.Signature {
	var t types.Type
	switch n := code.Function(at).Node().(type) {
	case *ast.FuncDecl:
		t = f.TypesInfo.TypeOf(n.Name)
	case *ast.FuncLit:
		t = f.TypesInfo.TypeOf(n)
	}
	sig, _ := t.(*types.Signature)
	return sig
}

// rearmed reports timers whose function sets them again each time it runs, where nothing
// stops them: the result of time.AfterFunc is dropped, or what stops it is called by nobody.
func (f *finder) rearmed() {
	if f.program() {
		return
	}
	for cur := range f.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if !code.IsCall(f.TypesInfo, call, "time.AfterFunc") || code.IsTest(f.Fset, call.Pos()) {
			continue
		}
		body := f.chans.Funcs.Value(call.Args[1])
		if !body.Valid() || body.Contains(cur) || !f.setsAgain(body) || !f.matters(chans.Start{Go: cur}, &reason{}) {
			continue
		}
		if _, dropped := cur.Parent().Node().(*ast.ExprStmt); dropped || f.neverStopped(cur) {
			f.Reportf(call, "the timer cannot be stopped: its function sets it again each time, and nothing stops it")
		}
	}
}

// setsAgain reports whether a function calls time.AfterFunc for itself, or Reset of a timer,
// whenever it is run.
func (f *finder) setsAgain(body inspector.Cursor) bool {
	g := flow.Of(f.TypesInfo, code.Body(body.Node()))
	if g == nil {
		return false
	}
	again := func(s *flow.Step) bool {
		return flow.Has(s, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || f.exits(call) {
				return false
			}
			return code.IsCall(f.TypesInfo, call, "(*time.Timer).Reset") ||
				code.IsCall(f.TypesInfo, call, "time.AfterFunc") && f.chans.Funcs.Value(call.Args[1]) == body
		})
	}
	return g.FindFrom(g.Entry, again, func(s *flow.Step) bool { return s == g.Exit }) == nil
}

// neverStopped reports whether a timer is kept in a field, of which the package has no Stop
// but in a method that nobody calls.
func (f *finder) neverStopped(made inspector.Cursor) bool {
	field, _ := f.kept(made)
	if field == nil || field.Exported() || field.Pkg() != f.Pkg {
		return false
	}
	for cur := range f.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		if f.TypesInfo.Uses[cur.Node().(*ast.Ident)] != field || code.IsTest(f.Fset, cur.Node().Pos()) {
			continue
		}
		at := cur
		if at.ParentEdgeKind() == edge.SelectorExpr_Sel {
			at = at.Parent()
		}
		switch at.ParentEdgeKind() {
		case edge.AssignStmt_Lhs, edge.KeyValueExpr_Key, edge.BinaryExpr_X:
		case edge.SelectorExpr_X:
			if at.Parent().Node().(*ast.SelectorExpr).Sel.Name == "Stop" && !f.inUncalled(cur) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// inUncalled reports whether a place is in a method, of a type that is not exported, which
// nobody calls.
func (f *finder) inUncalled(at inspector.Cursor) bool {
	decl := code.Declaration(at)
	if !decl.Valid() || decl.Node().(*ast.FuncDecl).Recv == nil {
		return false
	}
	n := decl.Node().(*ast.FuncDecl)
	t := f.named(f.TypesInfo.TypeOf(n.Recv.List[0].Type))
	return t != nil && !t.Exported() && f.nobodyCalls(t, n.Name.Name)
}
