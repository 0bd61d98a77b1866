// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// waiters finds the functions that wait for another machine as long as their context lets
// them, those of other packages among them. Its result is a *waiting.
var waiters = &analysis.Analyzer{
	Name:       "quiescewaiters",
	Doc:        "find functions that wait for another machine as long as their context lets them",
	Run:        findWaiters,
	Requires:   []*analysis.Analyzer{inspect.Analyzer, givers},
	ResultType: reflect.TypeFor[*waiting](),
	FactTypes:  []analysis.Fact{new(waits)},
}

// waits says that a function waits for another machine as long as its first parameter, a
// context, lets it.
type waits struct {
	Sure bool // it is known to be another machine, not only an interface that is made for one

	at *ast.CallExpr // what sends the request of HTTP that it waits for, in this package
}

// AFact makes it a fact.
func (*waits) AFact() {}

// String describes it, as tests of facts have it.
func (*waits) String() string { return "waits as long as its context" }

// waiting knows the functions that wait as long as their context lets them.
type waiting struct {
	pass  *check.Pass
	known map[*types.Func]waits
	parts map[*types.Interface]bool // whether they are parts of wide ones
}

func findWaiters(pass *analysis.Pass) (any, error) {
	w := &waiting{
		pass:  &check.Pass{Pass: pass, Inspect: pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)},
		known: map[*types.Func]waits{},
		parts: map[*types.Interface]bool{},
	}
	for _, f := range pass.AllObjectFacts() {
		if fn, ok := f.Object.(*types.Func); ok {
			w.known[fn] = *f.Fact.(*waits)
		}
	}
	if ofDependency(pass) {
		return w, nil
	}
	var open []inspector.Cursor
	for cur := range w.pass.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		if decl := cur.Node().(*ast.FuncDecl); decl.Body != nil && firstContext(pass.TypesInfo, decl) != nil && !code.IsTest(pass.Fset, decl.Pos()) && !mentionsIn(cur, "WithTimeout") && !mentionsIn(cur, "WithDeadline") {
			open = append(open, cur)
		}
	}
	for more := true; more; { // a function may give its context to another one
		n := len(open)
		open = slices.DeleteFunc(open, w.learn)
		more = w.learnInterfaces() || len(open) < n
	}
	return w, nil
}

// ofDependency reports whether a package comes with Go, or is one of another module than that
// which is looked at: those have versions. What they do is in tables, or not known.
func ofDependency(pass *analysis.Pass) bool {
	return pass.Module != nil && (pass.Module.Path == "std" || pass.Module.Version != "")
}

// firstContext returns the first parameter of a function if it is a context that has a name.
func firstContext(info *types.Info, decl *ast.FuncDecl) types.Object {
	fields := decl.Type.Params.List
	if len(fields) == 0 || len(fields[0].Names) == 0 || fields[0].Names[0].Name == "_" {
		return nil
	}
	ctx := info.Defs[fields[0].Names[0]]
	if ctx == nil || !code.IsNamed(ctx.Type(), "context.Context") {
		return nil
	}
	return ctx
}

// learn notes a function if it gives its context to what waits with it, and reports whether
// it does for sure.
func (w *waiting) learn(decl inspector.Cursor) bool {
	info := w.pass.TypesInfo
	fn, ok := info.Defs[decl.Node().(*ast.FuncDecl).Name].(*types.Func)
	if !ok {
		return false
	}
	ctx := firstContext(info, decl.Node().(*ast.FuncDecl))
	for cur := range decl.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if len(call.Args) == 0 || code.ObjectOf(info, call.Args[0]) != ctx || inGo(cur) {
			continue
		}
		how, ok := w.call(cur)
		if _, known := w.known[fn]; !ok || known && !how.Sure {
			continue
		}
		w.know(fn, how)
		if how.Sure {
			return true
		}
	}
	return false
}

// know notes how a function waits, for other packages as well.
func (w *waiting) know(fn *types.Func, how waits) {
	w.known[fn] = how
	w.pass.ExportObjectFact(fn, &waits{Sure: how.Sure})
}

// inGo reports whether a node is in a goroutine of its own.
func inGo(cur inspector.Cursor) bool {
	for range cur.Enclosing((*ast.GoStmt)(nil)) {
		return true
	}
	return false
}

// call reports whether a call waits as long as the context that it is given first, and how.
func (w *waiting) call(cur inspector.Cursor) (waits, bool) {
	call := cur.Node().(*ast.CallExpr)
	fn, ok := typeutil.Callee(w.pass.TypesInfo, call).(*types.Func)
	if !ok || fn.Pkg() == nil {
		return waits{}, false
	}
	fn = fn.Origin()
	if how, ok := w.known[fn]; ok && !w.bounded(fn) {
		return how, true
	}
	switch {
	case isStub(fn), isOperation(fn) && !givesLimit(w.pass):
		return waits{Sure: true}, true
	case makesRequest(w.pass, call):
		sent := sends(w.pass, cur)
		return waits{Sure: true, at: sent}, sent != nil
	case slices.Contains(contextual, unversioned(fn.FullName())):
		return waits{Sure: true}, usesServer(w.pass.Pkg)
	case fn.Signature().Recv() != nil && foreign(w.pass, fn.Pkg().Path()):
		sure := asking(fn.Name()) || isRequest(w.pass, fn) || ofSDK(fn) && !givesLimit(w.pass)
		return waits{Sure: sure}, sure || slices.ContainsFunc(ends, func(verb string) bool { return strings.HasPrefix(fn.Name(), verb) })
	}
	return waits{}, w.remote(fn)
}

// bounded reports whether a function is of a module whose clients have time limits.
func (w *waiting) bounded(fn *types.Func) bool {
	return slices.ContainsFunc(bounded, func(part string) bool { return strings.Contains(fn.Pkg().Path(), part) })
}

// makesRequest reports whether a call makes a request of HTTP with the context that it is
// given first.
func makesRequest(pass *check.Pass, call *ast.CallExpr) bool {
	return code.IsCall(pass.TypesInfo, call, "net/http.NewRequestWithContext", "(*net/http.Request).WithContext")
}

// sends returns the call in the function around another one that sends a request by a client
// without a time limit, nil if there is none.
func sends(pass *check.Pass, cur inspector.Cursor) *ast.CallExpr {
	fn, ok := code.Enclosing(cur)
	if !ok {
		return nil
	}
	for c := range fn.Preorder((*ast.CallExpr)(nil)) {
		if call := c.Node().(*ast.CallExpr); code.IsCall(pass.TypesInfo, call, "(*net/http.Client).Do") && bareClient(pass, c, call) {
			return call
		}
	}
	return nil
}

// isOperation reports whether a method is an operation of a client of etcd, which waits for
// a leader for as long as there is none, or one of a client of AWS.
func isOperation(fn *types.Func) bool {
	sig := fn.Signature()
	if !sig.Variadic() || sig.Recv() == nil || sig.Results().Len() != 2 {
		return false
	}
	last, ok := sig.Params().At(sig.Params().Len() - 1).Type().(*types.Slice)
	if !ok || types.IsInterface(sig.Results().At(0).Type()) {
		return false
	}
	if named, ok := types.Unalias(last.Elem()).(*types.Named); ok {
		return named.Obj().Name() == "OpOption" && strings.Contains(fn.Pkg().Path(), "clientv3")
	}
	return strings.Contains(fn.Pkg().Path(), "aws-sdk-go-v2/service/") || ofAWS(last.Elem())
}

// ofAWS reports whether a type is that of the options of an operation of AWS: a method that
// takes them is one, also that of an interface that the program has for its client.
func ofAWS(option types.Type) bool {
	set, ok := option.(*types.Signature)
	if !ok || set.Params().Len() != 1 {
		return false
	}
	ptr, ok := set.Params().At(0).Type().(*types.Pointer)
	if !ok {
		return false
	}
	named, ok := ptr.Elem().(*types.Named)
	return ok && named.Obj().Pkg() != nil && strings.Contains(named.Obj().Pkg().Path(), "aws-sdk-go-v2/service/")
}

// remoteMethods is how many methods of an interface take a context if it is one of something
// on another machine.
const remoteMethods = 3

// remote reports whether a function is a method of an interface of the same module most of
// whose methods take a context and may fail: what is behind it is elsewhere.
func (w *waiting) remote(fn *types.Func) bool {
	recv := fn.Signature().Recv()
	if recv == nil || !mayFail(fn) {
		return false
	}
	iface, ok := recv.Type().Underlying().(*types.Interface)
	if !ok || foreign(w.pass, fn.Pkg().Path()) || fn.Pkg() != w.pass.Pkg && !strings.Contains(fn.Pkg().Path(), ".") || w.bounded(fn) {
		return false
	}
	return wide(iface) || w.partOfWide(fn, iface)
}

// wide reports whether most of the methods of an interface take a context and may fail.
func wide(iface *types.Interface) bool {
	n := 0
	for m := range iface.Methods() {
		if mayFail(m) {
			n++
		}
	}
	return n >= remoteMethods
}

// partOfWide reports whether an interface is what a function asks for of a wide one of its
// package, as one that only saves of one that has all that a store does.
func (w *waiting) partOfWide(fn *types.Func, part *types.Interface) bool {
	if known, ok := w.parts[part]; ok {
		return known
	}
	scope := fn.Pkg().Scope()
	found := slices.ContainsFunc(scope.Names(), func(name string) bool {
		obj, ok := scope.Lookup(name).(*types.TypeName)
		if !ok {
			return false
		}
		whole, ok := obj.Type().Underlying().(*types.Interface)
		return ok && whole != part && wide(whole) && types.Implements(obj.Type(), part)
	})
	w.parts[part] = found
	return found
}

// mayFail reports whether a function takes a context first, and returns an error last.
func mayFail(fn *types.Func) bool {
	params := fn.Signature().Params()
	return params.Len() > 0 && code.IsNamed(params.At(0).Type(), "context.Context") && fails(fn)
}
