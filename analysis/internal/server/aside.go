// SPDX-License-Identifier: Apache-2.0

package server

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// asideWords are in the names around a server that is not what the program is for: it
// may end with the process, and need not end it.
var asideWords = words{"pprof", "debug", "profil", "metric", "prometheus", "promhttp", "expvar", "telemetry", "monitoring", "diagnostic", "health", "liveness", "readiness", "dashboard"}

// profileWords are those of servers that only somebody who looks for a mistake asks for.
var profileWords = words{"pprof", "debug", "profil", "expvar", "diagnostic"}

// callbackWords are those of servers that wait for one answer.
var callbackWords = words{"auth", "oauth", "oidc", "login", "callback", "redirect"}

type words []string

// Aside reports whether a call is about a server for profiles, metrics and the like, as
// its missing handler says, or the words of the call, of the goroutine it is in, of the
// conditions around it, and of the function, and of the package.
func (info *Info) Aside(at inspector.Cursor) bool { return info.around(at, asideWords) }

// Profiles is Aside for servers for profiles alone. Whether one for metrics or readiness
// runs matters to who looks after the program.
func (info *Info) Profiles(at inspector.Cursor) bool { return info.around(at, profileWords) }

// Callback is Aside for servers that wait for the one answer of a browser, as the package,
// the function, or the name of what is called say.
func (info *Info) Callback(at inspector.Cursor) bool {
	if call, ok := at.Node().(*ast.CallExpr); ok && callbackWords.near(call.Fun) {
		return true
	}
	decl := Declaration(at)
	return callbackWords.begin(info.name) || decl != nil && callbackWords.in(decl.Name.Name)
}

func (info *Info) around(at inspector.Cursor, w words) bool {
	if w.begin(info.name) || w.near(at.Node()) || noHandler(at) || w.handlerFor(at) {
		return true
	}
	for cur := range at.Enclosing((*ast.GoStmt)(nil), (*ast.FuncLit)(nil), (*ast.IfStmt)(nil), (*ast.FuncDecl)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.GoStmt:
			if w.near(n) {
				return true
			}
		case *ast.FuncLit:
			if _, ok := cur.Parent().Node().(*ast.CallExpr); ok && w.near(n) {
				return true
			}
		case *ast.IfStmt:
			if w.near(n.Cond) {
				return true
			}
		case *ast.FuncDecl:
			return w.in(n.Name.Name) || n.Recv != nil && w.near(n.Recv)
		}
	}
	return false
}

// handlerFor reports whether a call serves a variable of its function to which only handlers
// for paths with one of the words are added.
func (w words) handlerFor(at inspector.Cursor) bool {
	call, ok := at.Node().(*ast.CallExpr)
	decl := Declaration(at)
	if !ok || decl == nil || len(call.Args) < 2 {
		return false
	}
	mux, ok := call.Args[len(call.Args)-1].(*ast.Ident)
	if !ok {
		return false
	}
	all, others := 0, 0
	ast.Inspect(decl, func(n ast.Node) bool {
		add, ok := n.(*ast.CallExpr)
		if !ok || len(add.Args) != 2 {
			return true
		}
		sel, ok := add.Fun.(*ast.SelectorExpr)
		if !ok || !strings.HasPrefix(sel.Sel.Name, "Handle") {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == mux.Name {
			all++
			if !w.near(add.Args[0]) {
				others++
			}
		}
		return true
	})
	return all > 0 && others == 0
}

// noHandler reports whether a call in a goroutine serves the default handler: that is
// where packages put their profiles and variables when they are imported. A program that
// uses it for its own purpose does so in main.
func noHandler(at inspector.Cursor) bool {
	call, ok := at.Node().(*ast.CallExpr)
	if !ok {
		return false
	}
	if _, ok := Goroutine(at); !ok {
		return false
	}
	if len(call.Args) >= 2 {
		last, ok := call.Args[len(call.Args)-1].(*ast.Ident)
		return ok && last.Name == "nil"
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	srv, ok := sel.X.(*ast.Ident)
	return ok && madeWithoutHandler(Declaration(at), srv.Name)
}

// madeWithoutHandler reports whether a function makes a server of net/http with some of
// its fields, and sets no handler.
func madeWithoutHandler(decl *ast.FuncDecl, name string) bool {
	if decl == nil {
		return false
	}
	made, handler := false, false
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if id, ok := n.Lhs[0].(*ast.Ident); ok && id.Name == name && len(n.Rhs) == 1 {
				made = made || withoutHandler(n.Rhs[0])
			}
		case *ast.SelectorExpr:
			handler = handler || n.Sel.Name == "Handler"
		}
		return true
	})
	return made && !handler
}

func withoutHandler(e ast.Expr) bool {
	if u, ok := e.(*ast.UnaryExpr); ok {
		e = u.X
	}
	lit, ok := e.(*ast.CompositeLit)
	if !ok || len(lit.Elts) == 0 {
		return false
	}
	sel, ok := lit.Type.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Server" {
		return false
	}
	for _, elt := range lit.Elts {
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Handler" {
				return false
			}
		}
	}
	return true
}

// near reports whether code names one of the words.
func (w words) near(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			found = found || w.in(n.Name) && !strings.HasPrefix(n.Name, "Debug") // a logger's
		case *ast.BasicLit:
			found = found || n.Kind == token.STRING && w.in(n.Value)
		}
		return !found
	})
	return found
}

// begin reports whether the name of a package begins with one of the words.
func (w words) begin(name string) bool {
	return slices.ContainsFunc(w, func(word string) bool { return strings.HasPrefix(name, word) })
}

func (w words) in(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(w, func(word string) bool { return strings.Contains(text, word) })
}

// notPrograms are the elements of import paths whose packages are not run in earnest.
var notPrograms = map[string]bool{
	"example": true, "examples": true, "_example": true, "_examples": true, "testdata": true,
	"test": true, "tests": true, "testing": true, "e2e": true, "integration": true,
	"testutil": true, "testutils": true, "testhelper": true, "testhelpers": true, "demo": true,
	"mock": true, "mocks": true, "fake": true, "fakes": true,
}

// InProgram reports whether a package is part of a program that is run in earnest: not
// an example, and not there for tests.
func InProgram(pass *analysis.Pass) bool {
	for elem := range strings.SplitSeq(pass.Pkg.Path(), "/") {
		if notPrograms[elem] || strings.HasSuffix(elem, "_test") || strings.HasSuffix(elem, ".test") {
			return false
		}
	}
	name := pass.Pkg.Name()
	if strings.HasSuffix(name, "_test") || strings.HasSuffix(name, "test") && name != "test" {
		return false
	}
	for _, p := range pass.Pkg.Imports() {
		if p.Path() == "testing" && !code.HasTests(pass) {
			return false
		}
	}
	return true
}

// Redirects reports whether a call is given a handler that redirects, by its name or by
// what it does: its requests are over at once.
func Redirects(call *ast.CallExpr) bool {
	found := false
	for _, arg := range call.Args {
		ast.Inspect(arg, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			found = found || ok && strings.Contains(strings.ToLower(id.Name), "redirect")
			return !found
		})
	}
	return found
}
