// SPDX-License-Identifier: Apache-2.0

package cancelledctx

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// cleanupWords begin the names of functions that clean up.
var cleanupWords = []string{
	"shutdown", "gracefulstop", "gracefulshutdown", "stop", "close", "flush", "forceflush", "disconnect",
	"deregister", "unregister", "release", "unlock", "cleanup", "drain", "terminate", "revoke", "teardown",
	"unsubscribe", "leave", "rollback", "save", "persist",
}

// cleanupEnds are also in names that begin otherwise: otelShutdown, doCleanup.
var cleanupEnds = []string{"shutdown", "cleanup", "teardown", "flush"}

func namedCleanup(name string) bool {
	name = strings.ToLower(name)
	for _, w := range cleanupWords {
		if strings.HasPrefix(name, w) {
			return true
		}
	}
	for _, w := range cleanupEnds {
		if strings.HasSuffix(name, w) && !waits(name) {
			return true
		}
	}
	return false
}

// waits reports whether a function only waits for a clean-up, or before it: delayShutdown.
func waits(name string) bool {
	return strings.HasPrefix(name, "delay") || strings.HasPrefix(name, "wait") || strings.HasPrefix(name, "await")
}

// cleans reports whether a call is of a function that cleans up, and that its first
// argument, a context, bounds.
func (c *checker) cleans(call *ast.CallExpr) bool {
	if len(call.Args) == 0 || !isContext(c.pass.TypesInfo.TypeOf(call.Args[0])) {
		return false
	}
	if c.stops[call] {
		return true
	}
	name := ""
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	if !namedCleanup(name) {
		return false
	}
	fn, ok := typeutil.Callee(c.pass.TypesInfo, call).(*types.Func)
	return !ok || c.bounded(fn.Origin())
}

// bounded reports whether a function does something with its context that ends with it.
// Only the functions of the package are looked into.
func (c *checker) bounded(fn *types.Func) bool {
	if fn.Pkg() != c.pass.Pkg {
		// What the module itself has may well take care of it, and cannot be seen here.
		recv := fn.Signature().Recv()
		return recv != nil && types.IsInterface(recv.Type()) || fn.Pkg() == nil || !server.SameProgram(c.pass.Pass, fn.Pkg())
	}
	for n := range c.pass.Inspect.PreorderSeq((*ast.FuncDecl)(nil)) {
		decl := n.(*ast.FuncDecl)
		if c.pass.TypesInfo.Defs[decl.Name] == fn && decl.Body != nil {
			return fn.Signature().Params().Len() > 0 && c.uses(decl, fn.Signature().Params().At(0))
		}
	}
	return true // of an interface
}

// uses reports whether a function gives a parameter to anything but a log, to the values
// of the context, or to context.WithoutCancel.
func (c *checker) uses(decl *ast.FuncDecl, param *types.Var) bool {
	harmless := map[*ast.Ident]bool{}
	contexts := contextsOf(c.pass.TypesInfo, decl)
	entry := end{ctx: key{param, param.Name()}, at: decl.Type}
	found := false
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if c.ignoresEnd(n) {
				for _, arg := range n.Args {
					if id, ok := arg.(*ast.Ident); ok {
						harmless[id] = true
					}
				}
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok {
					if id, ok := sel.X.(*ast.Ident); ok {
						harmless[id] = true
					}
				}
			}
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if id, ok := l.(*ast.Ident); ok {
					harmless[id] = true
				}
			}
		case *ast.Ident:
			if c.pass.TypesInfo.Uses[n] == param && !harmless[n] {
				_, ended := contexts.ended(n, entry)
				found = found || ended
			}
		}
		return !found
	})
	return found
}

// ignoresEnd reports whether a call does the same with a context that has ended.
func (c *checker) ignoresEnd(call *ast.CallExpr) bool {
	callee := code.Callee(c.pass.TypesInfo, call)
	switch callee {
	case "context.WithoutCancel", "(context.Context).Value":
		return true
	}
	if strings.HasPrefix(callee, "(*log/slog.Logger).") || strings.HasPrefix(callee, "log/slog.") {
		return true
	}
	name := callee[strings.LastIndex(callee, ".")+1:]
	for _, w := range []string{"FromContext", "Info", "Debug", "Warn", "Error", "Log", "Trace", "Print"} {
		if strings.HasPrefix(name, w) || w == "FromContext" && strings.HasSuffix(name, w) {
			return true
		}
	}
	return false
}
