// SPDX-License-Identifier: Apache-2.0

package server

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/astutil"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// named returns what a call does that is of a function or method with one of the names
// under which servers of all kinds serve, of names, mails, shells or a protocol of their
// own: those that split a listener for others too. It returns only an error.
func named(pass *analysis.Pass, listening map[*types.Package]bool, call *ast.CallExpr) (known, bool) {
	if !servingName(calledName(call)) {
		return known{}, false
	}
	fn, ok := typeutil.Callee(pass.TypesInfo, call).(*types.Func)
	if !ok || fn.Pkg() == nil || !returnsError(fn.Signature()) || !mayListen(fn) {
		return known{}, false
	}
	if fn.Signature().Params().Len() == 0 && fn.Name() == "Serve" && !listening[fn.Pkg()] && !(fn.Pkg() == pass.Pkg && listens(pass)) {
		return known{}, false // it may serve anything
	}
	if fn.Signature().Recv() != nil {
		return known{op: Serve}, !onConnection(pass, call)
	}
	return known{op: ServeGlobal}, fn.Signature().Params().Len() > 0 && !SameProgram(pass, fn.Pkg())
}

func calledName(call *ast.CallExpr) string {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	}
	return ""
}

func servingName(name string) bool {
	switch name {
	case "Serve", "ServeTLS", "ServeListener", "ActivateAndServe":
		return true
	}
	return strings.HasPrefix(name, "ListenAndServe")
}

func returnsError(sig *types.Signature) bool {
	return sig.Results().Len() == 1 && types.Identical(sig.Results().At(0).Type(), types.Universe.Lookup("error").Type())
}

// mayListen reports whether a function that serves, by its name, does so for all who
// connect: it is given a listener, an address, or nothing, and not a connection or a
// context alone, with which the services of a supervisor run.
func mayListen(fn *types.Func) bool {
	params := fn.Signature().Params()
	if strings.HasPrefix(fn.Name(), "Listen") || params.Len() == 0 {
		return true
	}
	for p := range params.Variables() {
		switch {
		case code.IsNamed(p.Type(), "net.Listener"), code.IsNamed(p.Type(), "net.PacketConn"), types.Identical(p.Type(), types.Typ[types.String]):
			return true
		}
	}
	return false
}

// onConnection reports whether a method that serves is one of what was made, in the same
// function, for a single connection: for what can be read and written.
func onConnection(pass *analysis.Pass, call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	server := code.ObjectOf(pass.TypesInfo, sel.X)
	if server == nil {
		return false
	}
	for _, file := range pass.Files {
		if server.Pos() < file.FileStart || file.FileEnd <= server.Pos() {
			continue
		}
		path, _ := astutil.PathEnclosingInterval(file, server.Pos(), server.Pos())
		for _, n := range path {
			if assign, ok := n.(*ast.AssignStmt); ok && len(assign.Rhs) == 1 {
				made, ok := ast.Unparen(assign.Rhs[0]).(*ast.CallExpr)
				return ok && slices.ContainsFunc(made.Args, func(arg ast.Expr) bool { return isStream(pass.TypesInfo.TypeOf(arg)) })
			}
		}
	}
	return false
}

// isStream reports whether something has the methods of a connection.
func isStream(t types.Type) bool {
	if t == nil {
		return false
	}
	has := func(name string) bool {
		m, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
		_, ok := m.(*types.Func)
		return ok
	}
	return has("Read") && has("Write") && has("Close")
}

// servesByName reports whether a package of the program that is looked at has a call by one
// of these names.
func servesByName(pass *analysis.Pass, in *inspector.Inspector) bool {
	if !OfProgram(pass) {
		return false
	}
	for n := range in.PreorderSeq((*ast.CallExpr)(nil)) {
		if servingName(calledName(n.(*ast.CallExpr))) {
			return true
		}
	}
	return false
}

// OfProgram reports whether a package is of the module that is looked at, and neither of
// another one nor of Go.
func OfProgram(pass *analysis.Pass) bool {
	if pass.Module == nil || pass.Module.Path == "" {
		host, _, _ := strings.Cut(pass.Pkg.Path(), "/")
		return strings.Contains(host, ".")
	}
	return pass.Module.Version == "" && pass.Module.Path != "std"
}
