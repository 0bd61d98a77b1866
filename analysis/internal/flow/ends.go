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
		return endsByName(fn.Name())
	}
	return false
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
