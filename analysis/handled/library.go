// SPDX-License-Identifier: Apache-2.0

package handled

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// library is what takes signals for a program that is built with it.
const library = "github.com/go-quiesce/quiesce"

var (
	stops  = []string{"SIGINT", "SIGTERM"}
	preset = []string{"SIGHUP", "SIGINT", "SIGPIPE", "SIGTERM", "SIGUSR1"}
)

// fromLibrary returns what the library does for a package that calls it: what its presets
// take, unless the program has a policy of its own.
func fromLibrary(pass *analysis.Pass) Program {
	var p Program
	for id, obj := range pass.TypesInfo.Uses {
		fn, ok := obj.(*types.Func)
		if !ok || fn.Pkg() == nil || code.IsTest(pass.Fset, id.Pos()) {
			continue
		}
		switch fn.Pkg().Path() {
		case library:
			p.calls(fn.Name())
		case library + "/sigmux":
			p.Unknown = p.Unknown || fn.Name() == "New" || fn.Name() == "NotifyContextFrom"
		}
	}
	if !imports(pass.Pkg, library+"/sigmux") {
		return p
	}
	for _, f := range pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				p.context(typeutil.StaticCallee(pass.TypesInfo, call), len(call.Args))
			}
			return true
		})
	}
	return p
}

// calls takes a function or method of the library that is called.
func (p *Program) calls(name string) {
	switch name {
	case "Main":
		p.Takes = append(p.Takes, preset...)
	case "WithEscalation", "WithSignals", "Run":
		p.Unknown = true
	}
}

// context takes a call of sigmux.NotifyContext, which names signals, or else means those
// that ask for a stop.
func (p *Program) context(fn *types.Func, args int) {
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != library+"/sigmux" || fn.Name() != "NotifyContext" {
		return
	}
	p.Unknown = p.Unknown || args > 1
	if args == 1 {
		p.Takes = append(p.Takes, stops...)
	}
}

func imports(pkg *types.Package, path string) bool {
	for _, imported := range pkg.Imports() {
		if imported.Path() == path {
			return true
		}
	}
	return false
}
