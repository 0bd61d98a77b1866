// SPDX-License-Identifier: Apache-2.0

// Package exits knows which calls end the process at once, without running what is
// deferred, and what is lost when a clean-up does not run.
//
// A pid file that is not removed, a buffer that is not flushed, a child that is not
// killed outlive the process. A mutex, a context, a connection die with it: the kernel
// closes descriptors, and drops what is mapped. Only the first kind is an [Effect].
package exits

import (
	"go/ast"
	"go/types"
	"reflect"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// Analyzer gathers the knowledge about a package, and about those that it imports. Its
// result is a *[Knowledge].
var Analyzer = &analysis.Analyzer{
	Name:       "quiesceexits",
	Doc:        "find functions that end the process, and functions that clean up outside of it",
	Run:        run,
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	ResultType: reflect.TypeFor[*Knowledge](),
	FactTypes:  []analysis.Fact{new(Exit), new(Effect)},
}

// An Exit says that a call ends the process. It is a fact about functions, and about
// variables that hold one.
type Exit struct {
	// OnError is set if only an argument that is an error which is not nil does it.
	OnError bool

	// Hooks is set if functions that were registered for the end of the process run
	// before. They may be what cleans up, and no deferred function has to.
	Hooks bool
}

// AFact makes it a fact.
func (*Exit) AFact() {}

// String describes it, as tests of facts have it.
func (e *Exit) String() string {
	if e.OnError {
		return "exits on error"
	}
	return "exits"
}

// An Effect is what stays undone outside the process if a call does not happen. It is
// a fact about functions.
type Effect struct {
	Loss string // what is seen then, such as "the file stays behind"; empty: nothing
	// Returned is the loss if a function that it returns is not called, as in
	// "defer start()()".
	Returned string
	// Waits is set if it waits for goroutines that it has asked to end.
	Waits bool
}

// Buffer reports whether it is a buffer that would be lost.
func (e Effect) Buffer() bool { return e.Loss == notFlushed }

// AFact makes it a fact.
func (*Effect) AFact() {}

// String describes it, as tests of facts have it.
func (e *Effect) String() string {
	switch {
	case e.Loss == "" && e.Waits:
		return "waits for goroutines"
	case e.Loss == "":
		return "returns what cleans: " + e.Returned
	}
	return "cleans: " + e.Loss
}

// Knowledge is about one package. It is safe for concurrent use.
type Knowledge struct {
	pass    *analysis.Pass
	exits   map[types.Object]Exit         // of this package, and of imported ones
	effects map[types.Object]Effect       // of imported ones
	decls   map[*types.Func]*ast.FuncDecl // of this package

	set      func() map[types.Object][]ast.Expr         // what variables are set to, gathered when first asked for
	calls    func() map[types.Object][]inspector.Cursor // of functions of this package, so too
	answers  *answers
	visiting map[types.Object]bool // variables that are being looked into
}

func run(pass *analysis.Pass) (any, error) {
	k := &Knowledge{
		pass:    pass,
		exits:   map[types.Object]Exit{},
		effects: map[types.Object]Effect{},
		decls:   map[*types.Func]*ast.FuncDecl{},
		answers: &answers{},
	}
	k.set = sync.OnceValue(k.allSet)
	k.calls = sync.OnceValue(k.allCalls)
	for _, f := range pass.AllObjectFacts() {
		switch fact := f.Fact.(type) {
		case *Exit:
			k.exits[f.Object] = *fact
		case *Effect:
			k.effects[f.Object] = *fact
		}
	}
	for _, file := range pass.Files {
		for _, d := range file.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok && fd.Body != nil {
				if fn, ok := pass.TypesInfo.Defs[fd.Name].(*types.Func); ok {
					k.decls[fn] = fd
				}
			}
		}
	}
	k.findExits()
	k.answers.final = true
	k.exportEffects()
	return k, nil
}

// Decl returns the declaration of a function of this package, nil for others.
func (k *Knowledge) Decl(fn *types.Func) *ast.FuncDecl {
	if fn == nil {
		return nil
	}
	return k.decls[fn.Origin()]
}

// Callee returns the function or method that a call names, nil for other calls.
func (k *Knowledge) Callee(call *ast.CallExpr) *types.Func {
	fn, _ := typeutil.Callee(k.pass.TypesInfo, call).(*types.Func)
	if fn == nil {
		return nil
	}
	return fn.Origin()
}
