// SPDX-License-Identifier: Apache-2.0

package server

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// Fatal reports whether a call ends the process: os.Exit, panic, and the Fatal of
// loggers. The Fatal of a type of the package counts if it does one of these itself.
func (info *Info) Fatal(ti *types.Info, call *ast.CallExpr) bool { return info.fatal(ti, call, 0) }

// fatalDepth is how deep the functions of the package are looked into.
const fatalDepth = 3

func (info *Info) fatal(ti *types.Info, call *ast.CallExpr, depth int) bool {
	if code.IsBuiltin(ti, call, "panic") || code.IsCall(ti, call, "os.Exit", "log.Panic", "log.Panicf", "log.Panicln") {
		return true
	}
	fn, ok := typeutil.Callee(ti, call).(*types.Func)
	if !ok || depth > fatalDepth {
		return false
	}
	if decl := info.decls[fn.Origin()]; decl != nil {
		return info.ends(ti, decl.Body.List, depth+1)
	}
	if fn.Pkg() != nil && fn.Pkg().Path() == "testing" {
		return false
	}
	if zerologFatal(call) {
		return true
	}
	name := fn.Name()
	return strings.HasPrefix(name, "Fatal") && fn.FullName() != "(*github.com/rs/zerolog.Logger).Fatal" ||
		strings.HasPrefix(name, "Exit") && strings.HasSuffix(fn.Pkg().Path(), "log")
}

// ends reports whether statements end the process whatever happens.
func (info *Info) ends(ti *types.Info, list []ast.Stmt, depth int) bool {
	for _, s := range list {
		if e, ok := s.(*ast.ExprStmt); ok {
			if call, ok := e.X.(*ast.CallExpr); ok && info.fatal(ti, call, depth) {
				return true
			}
		}
	}
	return false
}

// zerologFatal reports whether a call sends the event of a chain that begins with
// Fatal: log.Fatal().Err(err).Msg("…").
func zerologFatal(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Msg" && sel.Sel.Name != "Msgf" && sel.Sel.Name != "Send" {
		return false
	}
	for {
		inner, ok := sel.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		if sel, ok = inner.Fun.(*ast.SelectorExpr); !ok {
			return false
		}
		if sel.Sel.Name == "Fatal" || sel.Sel.Name == "Panic" {
			return true
		}
	}
}

// logWords begin the names of functions that write to a log.
var logWords = []string{
	"print", "log", "debug", "info", "warn", "error", "fprint", "trace", "notice",
	"critical", "alert", "verbose", "write", "msg", "send", "with", "str", "any", "v",
}

// Logs reports whether a call does nothing but write to a log or build what is written.
func Logs(ti *types.Info, call *ast.CallExpr) bool {
	if ti.Types[call.Fun].IsType() {
		return true
	}
	name := ""
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
		if x, ok := f.X.(*ast.Ident); ok && (x.Name == "fmt" || x.Name == "errors") {
			return true
		}
	}
	name = strings.ToLower(name)
	for _, w := range logWords {
		if strings.HasPrefix(name, w) && (len(w) > 1 || name == w) {
			return true
		}
	}
	switch name {
	case "string", "addr", "err", "errf", "errln":
		return true
	}
	return ofLogger(ti, call, name)
}

// ofLogger reports whether a call is of another method of what is called a logger: those of
// a program's own have names of all kinds.
func ofLogger(ti *types.Info, call *ast.CallExpr, name string) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || ti.Selections[sel] == nil {
		return false
	}
	for _, other := range []string{"fatal", "panic", "exit", "die", "close", "stop", "shutdown", "wait"} {
		if strings.HasPrefix(name, other) {
			return false
		}
	}
	of := typeName(ti.TypeOf(sel.X))
	return of != nil && strings.HasSuffix(strings.ToLower(of.Name()), "logger")
}
