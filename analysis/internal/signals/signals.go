// SPDX-License-Identifier: Apache-2.0

// Package signals understands what a package does with os/signal: which channels it
// registers, for which signals, and what becomes of the channels. It follows variables,
// fields, parameters, slices of signals, functions held in variables, and helpers of
// other packages.
//
// It does not follow the flow of a function: two channels that may be held by one
// variable are taken for one.
package signals

import (
	"go/ast"
	"go/types"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// An Op is what a call does, by the name of the function of os/signal, or of another library
// that takes signals for its caller.
type Op string

// The functions of os/signal, and SignalHandler of github.com/oklog/run, which gives the
// signals back when it has had one.
const (
	Notify        Op = "Notify"
	NotifyContext Op = "NotifyContext"
	Stop          Op = "Stop"
	Ignore        Op = "Ignore"
	Reset         Op = "Reset"
	SignalHandler Op = "SignalHandler"
)

// A Call is one call of a function of os/signal, or of a helper that calls it with what
// it is given.
type Call struct {
	Op      Op
	At      inspector.Cursor // of the call
	Expr    *ast.CallExpr
	Channel *Channel // nil: the function takes none
	Signals List
	Helper  *types.Func // nil: the function itself is called
}

// A Package is what one package does with signals.
type Package struct {
	Calls    []*Call
	Channels []*Channel // those that are given to Notify

	pass     *analysis.Pass
	root     inspector.Cursor
	sources  map[types.Object][]ast.Expr
	channels map[types.Object]*Channel
	inline   map[ast.Expr]*Channel
	parent   map[types.Object]types.Object
	decls    map[*types.Func]inspector.Cursor
	literals map[types.Object]*ast.FuncLit
	calls    map[*ast.CallExpr]*Call // those that this package makes itself
	installs map[*types.Func]bool
	terms    map[*types.Func]bool // those of installs that may take SIGTERM
	ints     map[*types.Func]bool // those that may take SIGINT
}

// Analyzer finds out what a package does with signals. Its result is a *[Package], nil
// for a package that has nothing to do with them.
var Analyzer = &analysis.Analyzer{
	Name:       "quiescesignals",
	Doc:        "find out what a package does with signals",
	Run:        run,
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	ResultType: reflect.TypeFor[*Package](),
	FactTypes:  []analysis.Fact{new(Helper)},
}

// Of returns what the package of a pass does with signals, nil if nothing.
func Of(pass *analysis.Pass) *Package {
	return pass.ResultOf[Analyzer].(*Package)
}

func run(pass *analysis.Pass) (any, error) {
	if !concerned(pass) {
		return (*Package)(nil), nil
	}
	p := &Package{
		pass: pass, root: pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root(),
		sources: map[types.Object][]ast.Expr{}, channels: map[types.Object]*Channel{},
		inline: map[ast.Expr]*Channel{}, parent: map[types.Object]types.Object{},
		decls: map[*types.Func]inspector.Cursor{}, literals: map[types.Object]*ast.FuncLit{},
		calls: map[*ast.CallExpr]*Call{},
	}
	p.collectSources()
	p.collectChannels()
	p.collectCalls()
	p.collectInstalls()
	p.export()
	return p, nil
}

// groups is the path of the package that runs actors in a group, one of them for signals.
const groups = "github.com/oklog/run"

// concerned reports whether a package can have to do with signals: it imports os/signal,
// or something that a helper of it came from.
func concerned(pass *analysis.Pass) bool {
	if pass.Pkg.Path() == "os/signal" {
		return false
	}
	for _, imported := range pass.Pkg.Imports() {
		if imported.Path() == "os/signal" || imported.Path() == groups {
			return true
		}
	}
	return len(pass.AllObjectFacts()) > 0
}

// op returns which function of os/signal a call calls, itself or through a variable or
// field that holds it. It is empty for other calls.
func (p *Package) op(call *ast.CallExpr) Op {
	switch callee := typeutil.Callee(p.pass.TypesInfo, call).(type) {
	case *types.Func:
		return opOf(callee)
	case *types.Var:
		for _, source := range p.sources[callee] {
			if op := opOf(p.object(source)); op != "" {
				return op
			}
		}
	}
	return ""
}

func opOf(obj types.Object) Op {
	fn, ok := obj.(*types.Func)
	if !ok || fn.Pkg() == nil {
		return ""
	}
	switch op := Op(fn.Name()); op {
	case Notify, NotifyContext, Stop, Ignore, Reset:
		if fn.Pkg().Path() == "os/signal" {
			return op
		}
	case SignalHandler:
		if fn.Pkg().Path() == groups {
			return op
		}
	}
	return ""
}

// object returns what an expression names: a variable, field or function.
func (p *Package) object(e ast.Expr) types.Object { return code.ObjectOf(p.pass.TypesInfo, e) }

// InCommand reports whether a package is a part of a command: package main, and what
// is by its path the code of subcommands.
func InCommand(pkg *types.Package) bool {
	if pkg.Name() == "main" {
		return true
	}
	for _, dir := range strings.Split(pkg.Path(), "/") {
		switch dir {
		case "cmd", "cmds", "command", "commands", "cli", "app", "apps", "examples", "example", "main":
			return true
		}
	}
	return false
}
