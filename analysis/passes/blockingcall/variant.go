// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// variant returns the name of the function that does for a context what a call of another
// module does without one, as FetchWithContext beside Fetch, empty if there is none: that
// there is one says that it may take long. What accepts ends when what it accepts from is
// closed, which is how its loop is ended.
func variant(pass *check.Pass, n *ast.CallExpr) string {
	fn, ok := typeutil.Callee(pass.TypesInfo, n).(*types.Func)
	if !ok || fn.Pkg() == nil || !foreign(pass, fn.Pkg().Path()) || writesLogs(fn.Pkg().Path()) || runsCommands(fn.Pkg().Path()) ||
		strings.HasPrefix(fn.Name(), "New") || strings.HasPrefix(fn.Name(), "Accept") {
		return ""
	}
	if !fails(fn) {
		return "" // it only prepares what will wait
	}
	for _, ending := range []string{"WithContext", "Context"} {
		if other := beside(pass, n, fn, fn.Name()+ending); other != nil && takesAlso(other.Signature(), fn.Signature()) {
			return other.Name()
		}
	}
	return ""
}

// fails reports whether a function returns an error: what asks another machine may fail.
func fails(fn *types.Func) bool {
	results := fn.Signature().Results()
	return results.Len() > 0 && types.Identical(results.At(results.Len()-1).Type(), types.Universe.Lookup("error").Type())
}

// beside returns the function or method of a name where the one that is called is.
func beside(pass *check.Pass, n *ast.CallExpr, fn *types.Func, name string) *types.Func {
	if fn.Signature().Recv() == nil {
		other, _ := fn.Pkg().Scope().Lookup(name).(*types.Func)
		return other
	}
	sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	obj, _, _ := types.LookupFieldOrMethod(pass.TypesInfo.TypeOf(sel.X), true, fn.Pkg(), name)
	other, _ := obj.(*types.Func)
	return other
}

// takesAlso reports whether a function takes a context before what another one takes, and
// returns the same. It may have options after that.
func takesAlso(with, without *types.Signature) bool {
	params, rest := with.Params(), without.Params()
	if params.Len() < rest.Len()+1 || !code.IsNamed(params.At(0).Type(), "context.Context") || !types.Identical(with.Results(), without.Results()) {
		return false
	}
	for i := range rest.Len() {
		if !types.Identical(params.At(i+1).Type(), rest.At(i).Type()) {
			return false
		}
	}
	return params.Len() == rest.Len()+1 || params.Len() == rest.Len()+2 && with.Variadic()
}

// writesLogs reports whether the functions of a package take a context for what it says.
func writesLogs(path string) bool {
	for _, word := range []string{"log", "zap", "trace", "tracing", "metric", "errors", "sentry"} {
		if strings.Contains(path, word) {
			return true
		}
	}
	return false
}

// runsCommands reports whether a package is one for command lines: what they run is of the
// program, which gives it the context that it likes.
func runsCommands(path string) bool {
	return strings.HasSuffix(path, "/cobra") || strings.Contains(path+"/", "/cli/")
}
