// SPDX-License-Identifier: Apache-2.0

package nostop

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// ofCommand reports whether a package is that of a command of a program, whose main
// only calls it.
func ofCommand(pass *check.Pass) bool {
	_, inModule, _ := strings.Cut(pass.Pkg.Path(), "/") // "cmd" alone has those of Go
	for elem := range strings.SplitSeq(inModule, "/") {
		switch elem {
		case "cmd", "cmds", "command", "commands", "cli":
			return true
		}
	}
	return false
}

// private reports whether only the function that makes a call knows the server of it.
func (c *checker) private(s server.Site) bool {
	if s.Wrapped {
		return !s.Stopped && c.onlyRun(s)
	}
	if len(s.Call.Args) > 0 {
		if l, ok := code.ObjectOf(c.pass.TypesInfo, s.Call.Args[0]).(*types.Var); ok && l.IsField() && !types.Identical(l.Type(), types.Typ[types.String]) {
			return false // others may close its listener
		}
	}
	if s.Op == server.ServeGlobal {
		return true
	}
	v, ok := s.Server.(*types.Var)
	return ok && v.Kind() == types.LocalVar
}

// onlyRun reports whether a call of a function of the program that serves is a method of a
// local variable that is given to nobody: whatever else is called on it, is so when it has
// ended, or before.
func (c *checker) onlyRun(s server.Site) bool {
	sel, ok := ast.Unparen(s.Call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	v, ok := code.ObjectOf(c.pass.TypesInfo, sel.X).(*types.Var)
	fn, isFunc := typeutil.Callee(c.pass.TypesInfo, s.Call).(*types.Func)
	if !ok || !isFunc || v.Kind() != types.LocalVar || !server.SameProgram(c.pass.Pass, fn.Pkg()) {
		return false
	}
	for cur := range c.pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		if c.pass.TypesInfo.Uses[cur.Node().(*ast.Ident)] != v {
			continue
		}
		up, ok := cur.Parent().Node().(*ast.SelectorExpr)
		if !ok || method(c.pass.TypesInfo, up) && !isCalled(cur.Parent()) {
			return false
		}
		if _, inGoroutine := server.Goroutine(cur.Parent()); inGoroutine {
			return false
		}
	}
	return true
}

// A reported is the fact that a package has a server that is reported.
type reported struct{ Found bool }

// AFact makes it a fact.
func (*reported) AFact() {}

func (*reported) String() string { return "reported" }

// found reports whether a wrapper is in a package in which the server is reported.
func (c *checker) found(call *ast.CallExpr) bool {
	fn, ok := typeutil.Callee(c.pass.TypesInfo, call).(*types.Func)
	return ok && fn.Pkg() != nil && fn.Pkg() != c.pass.Pkg && c.pass.ImportPackageFact(fn.Pkg(), new(reported))
}

// runsForEver returns a call in which the program waits for a server of its own kind,
// which can be closed: it is given a context that never ends, or none, and nobody closes
// it.
func (c *checker) runsForEver() (*ast.CallExpr, bool) {
	for cur := range c.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if c.waitsFor(cur) {
			return cur.Node().(*ast.CallExpr), true
		}
	}
	return nil, false
}

// waitsFor reports whether a call is one in which a program waits for a server of its own
// kind, that nobody else knows.
func (c *checker) waitsFor(cur inspector.Cursor) bool {
	call := cur.Node().(*ast.CallExpr)
	if code.IsTest(c.pass.Fset, call.Pos()) || !c.alone(call) || !c.service(call) {
		return false
	}
	if _, ok := cur.Parent().Node().(*ast.GoStmt); ok || c.info.Aside(cur) {
		return false
	}
	_, ok := server.Goroutine(cur)
	return !ok
}

// accepts returns the call with which main accepts connections for ever, itself, from a
// listener that only its function knows.
func (c *checker) accepts() (*ast.CallExpr, bool) {
	if !code.IsMain(c.pass.Pass) {
		return nil, false
	}
	for cur := range c.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if !code.IsCall(c.pass.TypesInfo, call, "(net.Listener).Accept", "(*net.TCPListener).AcceptTCP", "(*net.TCPListener).Accept") || c.info.Aside(cur) {
			continue
		}
		sel, isSel := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if !isSel {
			continue
		}
		l, ok := code.ObjectOf(c.pass.TypesInfo, sel.X).(*types.Var)
		if !ok || l.Kind() != types.LocalVar || code.IsTest(c.pass.Fset, call.Pos()) {
			continue
		}
		loop, ok := code.Loop(cur)
		if _, inGoroutine := server.Goroutine(cur); !ok || inGoroutine {
			continue
		}
		if f, ok := loop.Node().(*ast.ForStmt); ok && f.Cond == nil {
			return call, true
		}
	}
	return nil, false
}

// alone reports whether a call gives nothing by which the server could be told to stop:
// a context that never ends, or no argument to a local variable that only its maker and
// this call know.
func (c *checker) alone(call *ast.CallExpr) bool {
	if len(call.Args) > 0 {
		return code.IsCall(c.pass.TypesInfo, ast.Unparen(call.Args[0]), "context.Background", "context.TODO")
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	v, ok := code.ObjectOf(c.pass.TypesInfo, sel.X).(*types.Var)
	if !ok || v.Kind() != types.LocalVar {
		return false
	}
	for id, obj := range c.pass.TypesInfo.Uses {
		if obj == v && id != sel.X && !code.IsTest(c.pass.Fset, id.Pos()) {
			return false
		}
	}
	return true
}

// service reports whether a call is of a method that runs a server of another package of
// the program, which can be closed.
func (c *checker) service(call *ast.CallExpr) bool {
	fn, ok := typeutil.Callee(c.pass.TypesInfo, call).(*types.Func)
	if !ok || fn.Pkg() == nil || fn.Pkg() == c.pass.Pkg || fn.Signature().Recv() == nil || !server.SameProgram(c.pass.Pass, fn.Pkg()) {
		return false
	}
	switch fn.Name() {
	case "Run", "Serve", "ListenAndServe":
	default:
		return false
	}
	recv := fn.Signature().Recv().Type()
	return c.info.Listens[fn.Pkg()] && (closable(recv, c.pass.Pkg) || calledServer(recv))
}

// calledServer reports whether a type has the name of one that serves.
func calledServer(t types.Type) bool {
	obj := named(t)
	if obj == nil {
		return false
	}
	name := strings.ToLower(obj.Name())
	return strings.HasSuffix(name, "server") || strings.HasSuffix(name, "service") || strings.HasSuffix(name, "daemon")
}

// closable reports whether a type has a method that ends what another one runs.
func closable(t types.Type, from *types.Package) bool {
	for _, name := range []string{"Close", "Stop", "Shutdown"} {
		if obj, _, _ := types.LookupFieldOrMethod(t, true, from, name); obj != nil {
			if _, ok := obj.(*types.Func); ok {
				return true
			}
		}
	}
	return false
}
