// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A listenerStop is a function or method that closes a listener to stop a server.
type listenerStop struct {
	decl    inspector.Cursor
	closed  []*types.Var // the fields and package variables of what it closes or stops
	careful bool         // it closes a number of things, or waits in a way that cannot be seen
}

// listenerStops returns the stops of a package that close a listener.
func (f *finder) listenerStops() (out []*listenerStop) {
	for cur := range f.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		if decl.Body == nil || !endsServer(decl.Name.Name) || code.IsTest(f.Fset, decl.Pos()) {
			continue
		}
		s, found := &listenerStop{decl: cur}, false
		for _, r := range f.reach(cur) {
			for call := range own(r.fn, (*ast.CallExpr)(nil)) {
				found = f.readListenerStop(s, call) || found
			}
		}
		if found {
			out = append(out, s)
		}
	}
	return out
}

// endsServer reports whether a function is one that stops or closes something, by its name.
func endsServer(name string) bool {
	return stops(strings.TrimPrefix(strings.ToLower(name), "must"))
}

// readListenerStop notes what a call in a stop does, and reports whether it closes a
// listener.
func (f *finder) readListenerStop(s *listenerStop, at inspector.Cursor) bool {
	call := at.Node().(*ast.CallExpr)
	name := code.CallName(call)
	x := code.Receiver(call)
	switch {
	case x != nil && endsServer(name):
		is := listens(typeOf(f.TypesInfo, x))
		if v := f.held(at, x); v != nil {
			s.closed = append(s.closed, v)
		}
		s.careful = s.careful || !is && code.InLoop(at)
		return is
	case strings.HasSuffix(name, "deadline"), name == "sleep", name == "exit", name == "range", name == "closewrite", name == "closeread":
		s.careful = true
	case strings.Contains(name, "wait"), strings.Contains(name, "join"), strings.Contains(name, "drain"):
		counts := x != nil && strings.HasSuffix(typeOf(f.TypesInfo, x).String(), "Group")
		s.careful = s.careful || !counts && !f.chans.Funcs.Callee(call).Valid()
	}
	return false
}

// held returns the field or package variable that an expression is the value of, or one of
// the values.
func (f *finder) held(at inspector.Cursor, e ast.Expr) *types.Var {
	v, ok := code.ObjectOf(f.TypesInfo, e).(*types.Var)
	if !ok {
		return nil
	}
	if v.IsField() || v.Parent() == f.Pkg.Scope() {
		return v
	}
	for cur := range at.Enclosing((*ast.RangeStmt)(nil)) {
		n := cur.Node().(*ast.RangeStmt)
		for _, x := range []ast.Expr{n.Key, n.Value} {
			if x != nil && code.ObjectOf(f.TypesInfo, x) == types.Object(v) {
				return fieldOf(f.TypesInfo, n.X)
			}
		}
	}
	return nil
}

// of reports whether the listener of a loop is one that a stop closes, as far as it can be
// traced.
func (s *listenerStop) of(f *finder, a *accepted) bool {
	return s.closes(f, a.start, a.listener, 3)
}

func (s *listenerStop) closes(f *finder, at inspector.Cursor, e ast.Expr, depth int) bool {
	v, ok := code.ObjectOf(f.TypesInfo, e).(*types.Var)
	if !ok || slices.Contains(s.closed, v) {
		return ok
	}
	decl := code.Declaration(at)
	if !decl.Valid() || v.IsField() || v.Parent() == f.Pkg.Scope() || depth == 0 {
		return false
	}
	for _, field := range s.closed {
		if f.kept(decl, v, field) || f.appended(decl, v, field) {
			return true
		}
	}
	return s.madeOf(f, decl, v, depth) || s.given(f, decl, v, depth)
}

// madeOf reports whether what a local variable has is made of something that the stop
// closes.
func (s *listenerStop) madeOf(f *finder, decl inspector.Cursor, v *types.Var, depth int) bool {
	for cur := range decl.Preorder((*ast.AssignStmt)(nil)) {
		n := cur.Node().(*ast.AssignStmt)
		if len(n.Rhs) != 1 || code.ObjectOf(f.TypesInfo, n.Lhs[0]) != types.Object(v) {
			continue
		}
		from := []ast.Expr{n.Rhs[0]}
		if call, ok := ast.Unparen(n.Rhs[0]).(*ast.CallExpr); ok {
			from = call.Args
			if x := code.Receiver(call); x != nil {
				from = append([]ast.Expr{x}, from...)
			}
		}
		for _, e := range from {
			if s.closes(f, cur, e, depth-1) {
				return true
			}
		}
	}
	return false
}

// given reports whether a parameter is given what the stop closes.
func (s *listenerStop) given(f *finder, decl inspector.Cursor, v *types.Var, depth int) bool {
	for _, cur := range f.chans.Funcs.Calls(decl) {
		if arg := f.argument(decl, cur.Node().(*ast.CallExpr), v); arg != nil && s.closes(f, cur, arg, depth-1) {
			return true
		}
	}
	return false
}

// appended reports whether a function appends a variable to what a field has, or puts it
// into its map.
func (f *finder) appended(fn inspector.Cursor, v, field *types.Var) bool {
	is := func(e ast.Expr) bool { return code.ObjectOf(f.TypesInfo, e) == types.Object(v) }
	for cur := range fn.Preorder((*ast.AssignStmt)(nil)) {
		n := cur.Node().(*ast.AssignStmt)
		if len(n.Lhs) != 1 || len(n.Rhs) != 1 {
			continue
		}
		if index, ok := ast.Unparen(n.Lhs[0]).(*ast.IndexExpr); ok && fieldOf(f.TypesInfo, index.X) == field && (is(index.Index) || is(n.Rhs[0])) {
			return true
		}
		call, ok := ast.Unparen(n.Rhs[0]).(*ast.CallExpr)
		if ok && code.IsBuiltin(f.TypesInfo, call, "append") && fieldOf(f.TypesInfo, n.Lhs[0]) == field && slices.ContainsFunc(call.Args, is) {
			return true
		}
	}
	return false
}

// endsHandler reports whether a stop closes or stops what a goroutine hands its connection to.
func (f *finder) endsHandler(s *listenerStop, a *accepted) bool {
	for _, call := range f.handsOver(a) {
		v, ok := code.ObjectOf(f.TypesInfo, call.Fun).(*types.Var)
		if x := code.Receiver(call); !ok && x != nil {
			v, ok = code.ObjectOf(f.TypesInfo, x).(*types.Var)
		}
		if ok && slices.Contains(s.closed, v) {
			return true
		}
	}
	return false
}
