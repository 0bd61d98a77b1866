// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// NoReturn reports whether a call ends the function, the goroutine or the process: a
// panic, os.Exit, runtime.Goexit, and what loggers and tests call Fatal, Panic or Exit.
func NoReturn(info *types.Info, call *ast.CallExpr) bool {
	switch fn := typeutil.Callee(info, call).(type) {
	case *types.Builtin:
		return fn.Name() == "panic"
	case *types.Func:
		return endsByName(fn.Name()) && !fails(fn)
	}
	return false
}

// fails reports whether a function returns an error, as PanicToError may: then it returns.
func fails(fn *types.Func) bool {
	results := fn.Signature().Results()
	return results.Len() > 0 && types.Identical(results.At(results.Len()-1).Type(), types.Universe.Lookup("error").Type())
}

func endsByName(name string) bool {
	for _, prefix := range []string{"Fatal", "fatal", "Panic", "Exit", "exit", "Goexit", "FailNow"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	for _, suffix := range []string{"Fatal", "Fatalf", "AndExit"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}
