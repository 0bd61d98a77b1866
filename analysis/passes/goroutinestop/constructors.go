// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// constructors reports goroutines that a constructor starts for its object, to run until
// that is stopped, where it returns an error after that: nobody gets the object then, and
// nobody can stop it.
func (f *finder) constructors() {
	if f.program() {
		return
	}
	for _, start := range f.chans.Funcs.Starts {
		if code.IsTest(f.Fset, start.Go.Node().Pos()) {
			continue
		}
		made, at := f.startsIn(start)
		if !made.Valid() {
			continue
		}
		fn, _ := f.TypesInfo.Defs[made.Node().(*ast.FuncDecl).Name].(*types.Func)
		t := f.result(fn)
		if t == nil || !f.failing(made.Node().(*ast.FuncDecl)) {
			continue
		}
		stop := f.endedOnlyBy(start.Body, t, 2)
		if stop == "" {
			continue
		}
		if ret := f.failsAfter(made, at); ret != nil {
			f.Reportf(start.Go.Node(), "the goroutine cannot be stopped any more when %s returns the error at line %d: nobody gets what has the method %s",
				fn.Name(), f.line(ret), stop)
		}
	}
}

// startsIn returns the plain function that starts a goroutine, itself or by a method that
// nobody else calls, and where it does so.
func (f *finder) startsIn(start chans.Start) (fn, at inspector.Cursor) {
	none := inspector.Cursor{}
	fn, at = code.Function(start.Go), start.Go
	if isMethod(fn) {
		calls := f.chans.Funcs.Calls(fn)
		if len(calls) != 1 || underChoice(at) {
			return none, none
		}
		fn, at = code.Function(calls[0]), calls[0]
	}
	if !fn.Valid() || isMethod(fn) {
		return none, none
	}
	if _, ok := fn.Node().(*ast.FuncDecl); !ok {
		return none, none
	}
	return fn, at
}

// isMethod reports whether a function is a declared one with a receiver.
func isMethod(fn inspector.Cursor) bool {
	if !fn.Valid() {
		return false
	}
	decl, ok := fn.Node().(*ast.FuncDecl)
	return ok && decl.Recv != nil
}

// failsAfter returns the statement by which a function returns an error and nothing else
// after a place, on a path on which nothing is closed, stopped or cancelled.
func (f *finder) failsAfter(fn, at inspector.Cursor) ast.Node {
	for cur := range fn.Preorder((*ast.DeferStmt)(nil)) {
		if f.endsSomething(cur.Node()) {
			return nil
		}
	}
	g := flow.Of(f.TypesInfo, code.Body(fn.Node()))
	if g == nil {
		return nil
	}
	ret := g.Find(g.At(at.Node().Pos()), func(s *flow.Step) bool { return flow.Has(s, f.endsSomething) }, f.failure)
	if ret == nil {
		return nil
	}
	return ret.Node
}

// failure reports whether a step returns an error, and nil for the first result.
func (f *finder) failure(s *flow.Step) bool {
	ret, ok := s.Node.(*ast.ReturnStmt)
	if !ok || len(ret.Results) < 2 {
		return false
	}
	return f.TypesInfo.Types[ret.Results[0]].IsNil() && !f.TypesInfo.Types[ret.Results[len(ret.Results)-1]].IsNil()
}

// endsSomething reports whether a node calls a function that stops something, by its name.
func (f *finder) endsSomething(n ast.Node) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		found = found || ok && stopsByName(code.CallName(call))
		return !found
	})
	return found
}
