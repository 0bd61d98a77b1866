// SPDX-License-Identifier: Apache-2.0

package sigterm

import (
	_ "embed"
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
	servers "github.com/go-quiesce/quiesce/analysis/internal/server"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports servers that stop on SIGINT and not on SIGTERM.
var Analyzer = check.New(doc, run, signals.Analyzer, servers.Analyzer)

func run(pass *check.Pass) (any, error) {
	pkg := signals.Of(pass.Pass)
	if pkg == nil {
		return nil, nil
	}
	var onlyInt, both []*signals.Call
	for _, call := range pkg.Calls {
		switch {
		case call.Op == signals.Stop || code.IsTest(pass.Fset, call.Expr.Pos()):
		case call.Signals.May(syscall.SIGTERM):
			both = append(both, call)
		case call.Op != signals.Notify && call.Op != signals.NotifyContext && call.Op != signals.SignalHandler:
		case call.Signals.Has(syscall.SIGINT):
			onlyInt = append(onlyInt, call)
		}
	}
	if len(onlyInt) == 0 || pkg.ForeignTerm() {
		return nil, nil
	}
	for _, call := range onlyInt {
		if len(both) == 0 && serves(pass, pkg, call.At) {
			pass.Reportf(call.Expr, "only SIGINT is taken: SIGTERM, which stops a service, ends this server at once and nothing is cleaned up")
		} else if cleanup := cleansUp(pass, pkg, call); cleanup != nil && !slices.ContainsFunc(both, func(other *signals.Call) bool { return inInit(call) || pkg.Together(call, other) }) {
			pass.Reportf(call.Expr, "only SIGINT is taken: SIGTERM ends the program at once, without %s", exits.Name(cleanup))
		}
	}
	return nil, nil
}

// inInit reports whether a call is made in every run of the program.
func inInit(call *signals.Call) bool {
	decl := code.Declaration(call.At)
	return decl.Valid() && code.IsInit(decl.Node())
}

// serves reports whether a call is in a server: in a program that serves, or in another
// package in a function that does, that calls one that does, or that is a method of a
// server which has another one that does.
func serves(pass *check.Pass, pkg *signals.Package, at inspector.Cursor) bool {
	decl := code.Declaration(at)
	if pass.Pkg.Name() == "main" || !decl.Valid() {
		main := pass.Pkg.Name() == "main"
		return serving(pass, pass.Inspect.Root()) || main && (hasServer(pass, pass.Inspect.Root()) || pass.ResultOf[servers.Analyzer].(*servers.Info).Serves)
	}
	if serving(pass, decl) || hasServer(pass, decl) || starts(pass, decl) {
		return true
	}
	for cur := range decl.Preorder((*ast.CallExpr)(nil)) {
		fn := pkg.Callee(cur.Node().(*ast.CallExpr))
		if callee, ok := pkg.Declared(fn); ok && serving(pass, callee) {
			return true
		}
	}
	recv := receiver(pass, decl)
	for fn, method := range pkg.Functions() {
		if recv != nil && isServer(recv) && named(fn.Signature().Recv()) == recv && serving(pass, method) {
			return true
		}
	}
	return false
}

// starts reports whether a function calls one of another package of the program that
// listens, and that says by its name that it starts something.
func starts(pass *check.Pass, decl inspector.Cursor) bool {
	info := pass.ResultOf[servers.Analyzer].(*servers.Info)
	for cur := range decl.Preorder((*ast.CallExpr)(nil)) {
		fn := typeutil.StaticCallee(pass.TypesInfo, cur.Node().(*ast.CallExpr))
		if fn == nil || fn.Pkg() == nil || fn.Signature().Recv() != nil || !info.Listens[fn.Pkg()] || info.Aside(cur) {
			continue
		}
		if servers.SameProgram(pass.Pass, fn.Pkg()) && beginsWith(fn.Name(), "Start", "Serve", "Listen", "Run") {
			return true
		}
	}
	return false
}

func beginsWith(name string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(name, w) })
}

// receiver returns the type that a function is a method of, nil for others.
func receiver(pass *check.Pass, decl inspector.Cursor) *types.TypeName {
	fn, ok := pass.TypesInfo.Defs[decl.Node().(*ast.FuncDecl).Name].(*types.Func)
	if !ok {
		return nil
	}
	return named(fn.Signature().Recv())
}

func named(v *types.Var) *types.TypeName {
	if v == nil {
		return nil
	}
	t := v.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj()
	}
	return nil
}

// serving reports whether something that only servers call is called in a piece of code.
func serving(pass *check.Pass, where inspector.Cursor) bool {
	for cur := range where.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if !code.IsTest(pass.Fset, call.Pos()) && server(pass.TypesInfo, call) {
			return true
		}
	}
	return false
}

// hasServer reports whether code calls what serves or stops a server in another package,
// other than one for figures and the like.
func hasServer(pass *check.Pass, where inspector.Cursor) bool {
	info := pass.ResultOf[servers.Analyzer].(*servers.Info)
	return slices.ContainsFunc(info.Sites, func(s servers.Site) bool {
		return s.Op != servers.Close && (where == pass.Inspect.Root() || where.Contains(s.At)) && !info.Aside(s.At) && !info.Callback(s.At)
	})
}
