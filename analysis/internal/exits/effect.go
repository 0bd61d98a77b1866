// SPDX-License-Identifier: Apache-2.0

package exits

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// depth is how many functions of the package are looked through for what a clean-up
// does: "defer app.close()" that calls one that removes the file.
const depth = 3

// Effect returns what stays undone outside the process if a call does not happen. Its
// loss is empty if that is nothing, or unknown.
func (k *Knowledge) Effect(call *ast.CallExpr) Effect { return k.effect(call, depth) }

func (k *Knowledge) effect(call *ast.CallExpr, depth int) Effect {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.FuncLit:
		return k.within(fun.Body, depth)
	case *ast.CallExpr: // defer start()()
		return k.returned(fun, depth)
	}
	switch callee := typeutil.Callee(k.pass.TypesInfo, call).(type) {
	case *types.Func:
		return k.ofFunc(callee.Origin(), call, depth)
	case *types.Var:
		return k.ofVar(callee, depth)
	}
	return Effect{}
}

func (k *Knowledge) ofFunc(fn *types.Func, call *ast.CallExpr, depth int) Effect {
	if decl := k.decls[fn]; decl != nil {
		if depth == 0 {
			return Effect{}
		}
		return k.within(decl.Body, depth-1)
	}
	name := shortName(fn)
	switch {
	case name == "(*sync.Once).Do" && len(call.Args) == 1:
		return k.effect(&ast.CallExpr{Fun: call.Args[0]}, depth)
	case name == "(net.Listener).Close" || name == "(*net.UnixListener).Close":
		return k.socket(call)
	case name == "(*database/sql.DB).Close":
		return k.fileDatabase()
	case name == "(io.Closer).Close":
		return k.tracer(call)
	case strings.HasPrefix(name, "(*go.uber.org/zap.") && fn.Name() == "Sync":
		return k.bufferedLog()
	}
	if loss, ok := effects[name]; ok {
		return Effect{Loss: loss}
	}
	if e := k.effects[fn]; e.Loss != "" {
		return Effect{Loss: e.Loss}
	}
	if e := k.ofTracers(fn); e.Loss != "" {
		return Effect{Loss: e.Loss}
	}
	return byName(fn, call)
}

// byName tells from its name what a function of another package does: there are names
// that leave no doubt.
func byName(fn *types.Func, call *ast.CallExpr) Effect {
	if fn.Pkg() == nil {
		return Effect{}
	}
	switch name := fn.Name(); {
	case fn.Pkg().Path() == "github.com/pkg/profile", name == "Stop" && startsProfile(call):
		return Effect{Loss: profileCut}
	case isStd(fn.Pkg().Path()):
		return Effect{}
	case name == "GracefulStop" || name == "ShutdownWithContext":
		return Effect{Loss: requestsCut}
	case name == "ForceFlush", name == "Shutdown" && strings.Contains(fn.Pkg().Path(), "opentelemetry"):
		return Effect{Loss: spansLost}
	case name == "Flush" && returnsNothingOrError(fn):
		return Effect{Loss: notFlushed}
	}
	return Effect{}
}

func returnsNothingOrError(fn *types.Func) bool {
	results := fn.Signature().Results()
	return results.Len() == 0 || results.Len() == 1 && results.At(0).Type().String() == "error"
}

// startsProfile reports whether a call is "profile.Start(…).Stop()", whose method is
// that of an interface without a name.
func startsProfile(call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	start, ok := ast.Unparen(sel.X).(*ast.CallExpr)
	return ok && strings.HasPrefix(types.ExprString(start.Fun), "profile.")
}

func isStd(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// shortName is the full name of a function, without the major version of its module.
func shortName(fn *types.Func) string {
	full := fn.FullName()
	if fn.Pkg() == nil {
		return full
	}
	path := fn.Pkg().Path()
	return strings.Replace(full, path, unversioned(path), 1)
}

// fileDatabase is what closing a database does if it is a file of this machine: a
// server notices by itself that its client has gone.
func (k *Knowledge) fileDatabase() Effect {
	for _, p := range k.pass.Pkg.Imports() {
		if strings.Contains(p.Path(), "sqlite") || strings.Contains(p.Path(), "duckdb") {
			return Effect{Loss: databaseOpen}
		}
	}
	return Effect{}
}

// bufferedLog is what the Sync of a zap logger does: nothing, unless the package has
// given it a buffer. By default each entry is written at once.
func (k *Knowledge) bufferedLog() Effect {
	for id := range k.pass.TypesInfo.Uses {
		if id.Name == "BufferedWriteSyncer" {
			return Effect{Loss: notFlushed}
		}
	}
	return Effect{}
}

// maker returns the call that has made what a method is called of, nil if it is not known.
func (k *Knowledge) maker(call *ast.CallExpr) *ast.CallExpr {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	id, ok := ast.Unparen(sel.X).(*ast.Ident)
	if !ok {
		return nil
	}
	made, _ := k.definition(k.pass.TypesInfo.Uses[id]).(*ast.CallExpr)
	return made
}

// socket is what closing a listener does: a Unix socket leaves its file behind.
func (k *Knowledge) socket(call *ast.CallExpr) Effect {
	listen := k.maker(call)
	if listen == nil || len(listen.Args) == 0 {
		return Effect{}
	}
	if name := k.pass.TypesInfo.Types[listen.Args[0]].Value; name != nil && name.Kind() == constant.String && constant.StringVal(name) == "unix" {
		return Effect{Loss: socketStays}
	}
	return Effect{}
}

// tracer is what closing an io.Closer does that the set-up of tracing has returned: it
// sends what is left.
func (k *Knowledge) tracer(call *ast.CallExpr) Effect {
	for _, start := range k.makers(call) {
		if fn := k.Callee(start); fn != nil && fn.Pkg() != nil && speaksOfTracing(fn) {
			return Effect{Loss: spansLost}
		}
	}
	return Effect{}
}

// makers returns the calls that may have made what a method is called of: those of a
// variable, or of the variables that a field is set to.
func (k *Knowledge) makers(call *ast.CallExpr) (out []*ast.CallExpr) {
	if made := k.maker(call); made != nil {
		return []*ast.CallExpr{made}
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	for _, value := range k.values(code.ObjectOf(k.pass.TypesInfo, sel.X)) {
		if id, ok := value.(*ast.Ident); ok {
			value = k.definition(k.pass.TypesInfo.Uses[id])
		}
		if made, ok := value.(*ast.CallExpr); ok {
			out = append(out, made)
		}
	}
	return out
}

// ofTracers is what a method of a package's interface for tracers does: it sends what is
// left, if that of a type of the same package does.
func (k *Knowledge) ofTracers(method *types.Func) Effect {
	recv := method.Signature().Recv()
	if recv == nil || method.Pkg() == nil || !speaksOfTracing(method) {
		return Effect{}
	}
	iface, ok := recv.Type().Underlying().(*types.Interface)
	if !ok {
		return Effect{}
	}
	for obj, e := range k.effects {
		fn, ok := obj.(*types.Func)
		if !ok || e.Loss != spansLost || fn.Pkg() != method.Pkg() || fn.Name() != method.Name() {
			continue
		}
		if of := fn.Signature().Recv(); of != nil && types.Implements(of.Type(), iface) {
			return e
		}
	}
	return Effect{}
}

func speaksOfTracing(fn *types.Func) bool {
	name, pkg := strings.ToLower(fn.Name()), strings.ToLower(fn.Pkg().Path())
	pkg = pkg[strings.LastIndex(pkg, "/")+1:]
	for _, word := range []string{"tracer", "tracing", "jaeger", "zipkin"} {
		if strings.Contains(name, word) || strings.Contains(pkg, word) {
			return true
		}
	}
	return false
}

// ofVar looks through a variable that holds a function, as in "stop := start()".
func (k *Knowledge) ofVar(v *types.Var, depth int) Effect {
	for _, value := range k.values(v) {
		var e Effect
		switch def := value.(type) {
		case *ast.FuncLit:
			if depth > 0 { // it may call itself
				e = k.within(def.Body, depth-1)
			}
		case *ast.CallExpr:
			e = k.returned(def, depth)
		}
		if e.Loss != "" {
			return e
		}
	}
	if strings.Contains(strings.ToLower(v.Name()), "shutdown") && v.Type().String() == "func(context.Context) error" {
		return Effect{Loss: spansLost} // as the set-up of tracing returns it
	}
	return Effect{}
}

// returned is what the function does that a call of a function returns.
func (k *Knowledge) returned(call *ast.CallExpr, depth int) Effect {
	fn := k.Callee(call)
	if decl := k.Decl(fn); decl != nil && depth > 0 {
		return k.returnedBy(decl, depth)
	}
	if fn == nil {
		return Effect{}
	}
	return Effect{Loss: k.effects[fn].Returned}
}

// returnedBy is returned for a function of this package.
func (k *Knowledge) returnedBy(decl *ast.FuncDecl, depth int) (out Effect) {
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		ret, ok := n.(*ast.ReturnStmt)
		if !ok {
			return true
		}
		for _, r := range ret.Results {
			if lit, ok := ast.Unparen(r).(*ast.FuncLit); ok && out.Loss == "" {
				out = k.within(lit.Body, depth-1)
			} else if isFuncValue(k.pass.TypesInfo, r) && out.Loss == "" {
				out = k.effect(&ast.CallExpr{Fun: r}, depth-1)
			}
		}
		return false
	})
	return out
}

func isFuncValue(info *types.Info, e ast.Expr) bool {
	tv, ok := info.Types[e]
	return ok && tv.IsValue() && isFunc(tv.Type)
}

// within is what the calls of a function body do: of the first that does something,
// outside of branches for an error.
func (k *Knowledge) within(body *ast.BlockStmt, depth int) (out Effect) {
	if k.onlyForError(body) {
		return Effect{}
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if out.Loss != "" {
			return false
		}
		switch n := n.(type) {
		case *ast.GoStmt:
			return false
		case *ast.FuncLit: // one that is called is looked into with its call
			return false
		case *ast.IfStmt:
			if k.OnError(n) {
				out = k.alongError(n, depth)
				return false
			}
		case *ast.CallExpr:
			out = k.effect(n, depth)
		}
		return true
	})
	return out
}

// onlyForError reports whether a function begins with "if err == nil { return }": it
// undoes what has gone wrong.
func (k *Knowledge) onlyForError(body *ast.BlockStmt) (only bool) {
	if len(body.List) == 0 {
		return false
	}
	first, ok := body.List[0].(*ast.IfStmt)
	if !ok || !k.leaves(first.Body.List) {
		return false
	}
	ast.Inspect(first.Cond, func(n ast.Node) bool {
		if cmp, ok := n.(*ast.BinaryExpr); ok && cmp.Op == token.EQL && k.pass.TypesInfo.Types[cmp.Y].IsNil() {
			t := k.pass.TypesInfo.TypeOf(cmp.X)
			only = only || t != nil && t.String() == "error"
		}
		return !only
	})
	return only
}

// OnError reports whether a branch is for an error: "if err != nil".
func (k *Knowledge) OnError(s *ast.IfStmt) bool { return k.isError(s.Cond) }

// isError reports whether a condition holds only if there is an error: it is not nil, or
// none of those that are expected.
func (k *Knowledge) isError(cond ast.Expr) bool {
	switch cond := ast.Unparen(cond).(type) {
	case *ast.UnaryExpr:
		return cond.Op == token.NOT && code.IsCall(k.pass.TypesInfo, cond.X, "errors.Is")
	case *ast.BinaryExpr:
		if cond.Op == token.LAND {
			return k.isError(cond.X) || k.isError(cond.Y)
		}
		t := k.pass.TypesInfo.TypeOf(cond.X)
		return cond.Op == token.NEQ && k.pass.TypesInfo.Types[cond.Y].IsNil() && t != nil && t.String() == "error"
	}
	return false
}

func (k *Knowledge) alongError(s *ast.IfStmt, depth int) Effect {
	parts := &ast.BlockStmt{}
	if s.Init != nil {
		parts.List = append(parts.List, s.Init)
	}
	if s.Else != nil {
		parts.List = append(parts.List, s.Else)
	}
	return k.within(parts, depth)
}

// endings begin the names of functions that other packages call for an end.
var endings = []string{"Close*", "Stop*", "Shutdown*", "Clean*", "Flush*", "Release*", "Remove*", "Teardown*", "TearDown*", "Destroy*", "Terminate*", "Kill*", "Finish*", "Unlock*", "Delete*", "Deregister*", "Unregister*", "Restore*", "MustClose*", "MustStop*", "MustRemove*"}

// exportEffects tells other packages what the functions of this one do that they may
// defer, and those that they return.
func (k *Knowledge) exportEffects() {
	for fn, decl := range k.decls {
		if !fn.Exported() || isStd(fn.Pkg().Path()) && k.pass.Module != nil && k.pass.Module.Path == "std" {
			continue
		}
		if _, known := effects[shortName(fn)]; known {
			continue
		}
		var e Effect
		if matches(endings, fn.Name()) {
			e.Loss = k.within(decl.Body, depth).Loss
			e.Waits = k.ofProgram() && k.waitsIn(decl.Body)
		}
		if returnsFunc(fn) {
			e.Returned = k.returnedBy(decl, depth).Loss
		}
		if e != (Effect{}) {
			k.pass.ExportObjectFact(fn, &e)
		}
	}
}

func returnsFunc(fn *types.Func) bool {
	for v := range fn.Signature().Results().Variables() {
		if isFunc(v.Type()) {
			return true
		}
	}
	return false
}
