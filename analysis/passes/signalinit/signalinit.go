// SPDX-License-Identifier: Apache-2.0

package signalinit

import (
	_ "embed"
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports libraries that take signals in init or in a constructor.
var Analyzer = check.New(doc, run, signals.Analyzer)

func run(pass *check.Pass) (any, error) {
	pkg := signals.Of(pass.Pass)
	if pkg == nil {
		return nil, nil
	}
	if code.IsMain(pass.Pass) {
		program(pass, pkg)
		return nil, nil
	}
	r := reporter{pass, map[*signals.Call]bool{}}
	for fn, decl := range pkg.Functions() {
		switch {
		case code.IsTest(pass.Fset, decl.Node().Pos()):
		case fn.Name() == "init" && fn.Signature().Recv() == nil:
			r.report(pkg.Reached(decl, true), "init")
		case constructor(pass, fn, decl):
			r.report(ending(pkg.Reached(decl, false)), fn.Name())
		}
	}
	r.report(initializers(pass, pkg), "a package variable")
	return nil, nil
}

type reporter struct {
	pass *check.Pass
	done map[*signals.Call]bool
}

func (r reporter) report(calls []*signals.Call, from string) {
	for _, call := range calls {
		if r.done[call] || call.Op == signals.Stop || call.Op == signals.Reset {
			continue
		}
		r.done[call] = true
		r.pass.Reportf(call.Expr, "signal.%s from %s: the package takes signals from each program that uses it, unasked", call.Op, from)
	}
}

// ending leaves out what does not concern the end of a program.
func ending(calls []*signals.Call) []*signals.Call {
	var out []*signals.Call
	for _, call := range calls {
		if call.Signals.Stops() {
			out = append(out, call)
		}
	}
	return out
}

// constructor reports whether a function makes something for the program and does not
// say that it takes signals.
func constructor(pass *check.Pass, fn *types.Func, decl inspector.Cursor) bool {
	if !fn.Exported() || fn.Signature().Recv() != nil || signals.InCommand(pass.Pkg) {
		return false
	}
	about := fn.Name() + " " + pass.Pkg.Path() + " " + decl.Node().(*ast.FuncDecl).Doc.Text()
	if signals.Speaks(about) || strings.Contains(strings.ToLower(about), "graceful") {
		return false
	}
	for _, prefix := range []string{"New", "Open", "Init", "Dial", "Connect"} {
		if strings.HasPrefix(fn.Name(), prefix) {
			return true
		}
	}
	return false
}

// initializers returns the calls that are made to set package variables.
func initializers(pass *check.Pass, pkg *signals.Package) []*signals.Call {
	var out []*signals.Call
	for cur := range pass.Inspect.Root().Preorder((*ast.ValueSpec)(nil)) {
		if fn := code.Function(cur); !fn.Valid() && !code.IsTest(pass.Fset, cur.Node().Pos()) {
			out = append(out, pkg.Reached(cur, true)...)
		}
	}
	return out
}
