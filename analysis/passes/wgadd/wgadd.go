// SPDX-License-Identifier: Apache-2.0

package wgadd

import (
	_ "embed"
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
	"github.com/go-quiesce/quiesce/analysis/internal/gostmt"
)

//go:embed doc.go
var doc string

// Analyzer reports WaitGroup.Add inside of the goroutine that it counts.
var Analyzer = check.New(doc, run)

const (
	add  = "(*sync.WaitGroup).Add"
	done = "(*sync.WaitGroup).Done"
	wait = "(*sync.WaitGroup).Wait"
)

func run(pass *check.Pass) (any, error) {
	var adds, waits []inspector.Cursor
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		switch code.Callee(pass.TypesInfo, cur.Node().(*ast.CallExpr)) {
		case add:
			adds = append(adds, cur)
		case wait:
			waits = append(waits, cur)
		}
	}
	if len(adds) == 0 {
		return nil, nil
	}
	seen := map[inspector.Cursor]bool{} // adds that are reported: a function may be started twice
	for _, g := range gostmt.All(pass.TypesInfo, pass.Inspect) {
		for _, a := range adds {
			if own, _ := code.Enclosing(a); own == g.Func && g.Only && !seen[a] {
				seen[a] = report(pass, g, a, adds, waits)
			}
		}
	}
	return nil, nil
}

func report(pass *check.Pass, g gostmt.Goroutine, a inspector.Cursor, adds, waits []inspector.Cursor) bool {
	call := a.Node().(*ast.CallExpr)
	group := groupOf(pass, call)
	if n, ok := code.IntConst(pass.TypesInfo, call.Args[0]); group == nil || ok && n <= 0 || code.InLoop(a) {
		return false
	}
	outer := outside(pass, g, group)
	if outer == nil || !endsItself(pass, g, a, group) || countedBefore(pass, g, outer, adds) || !waitedFor(pass, g, outer, waits) {
		return false
	}
	pass.Reportf(call, "%s inside of the goroutine that it counts: Wait may return before the goroutine has begun", exits.Name(call))
	return true
}

// groupOf returns the variable or field that holds the WaitGroup of a call.
func groupOf(pass *check.Pass, call *ast.CallExpr) types.Object {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	return variable(pass, sel.X)
}

// variable returns what an expression names, or points to.
func variable(pass *check.Pass, e ast.Expr) types.Object {
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok {
		e = u.X
	}
	return code.ObjectOf(pass.TypesInfo, e)
}

// outside returns the WaitGroup of a goroutine as the function that starts it names it:
// for a parameter, the argument. It is nil for one of the goroutine's own.
func outside(pass *check.Pass, g gostmt.Goroutine, group types.Object) types.Object {
	n := g.Func.Node()
	if group.Pos() < n.Pos() || group.Pos() >= n.End() {
		return group
	}
	i := 0
	for _, field := range funcType(n).Params.List {
		for _, name := range field.Names {
			if args := g.Start.Node().(*ast.GoStmt).Call.Args; pass.TypesInfo.Defs[name] == group && i < len(args) {
				return variable(pass, args[i])
			}
			i++
		}
	}
	return nil
}

func funcType(fn ast.Node) *ast.FuncType {
	if lit, ok := fn.(*ast.FuncLit); ok {
		return lit.Type
	}
	return fn.(*ast.FuncDecl).Type
}

// endsItself reports whether the goroutine calls Done too, after the Add: for itself,
// and not through another goroutine that it starts.
func endsItself(pass *check.Pass, g gostmt.Goroutine, a inspector.Cursor, group types.Object) (own bool) {
	for c := range g.Func.Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		if code.Callee(pass.TypesInfo, call) != done || groupOf(pass, call) != group {
			continue
		}
		if call.Pos() < a.Node().Pos() || !direct(c, g.Func) {
			return false // it is counted already, or hands the count on
		}
		own = own || always(c, a)
	}
	return own
}

// always reports whether a Done follows its Add on each path: it is deferred, or in the
// same block. One in a branch gives back a count that nobody has taken over.
func always(done, add inspector.Cursor) bool {
	if done.Parent().Parent() == add.Parent().Parent() {
		return true
	}
	for range done.Enclosing((*ast.DeferStmt)(nil)) {
		return true
	}
	return false
}

// direct reports whether a call is of the function itself, or of a literal that it
// defers.
func direct(c, body inspector.Cursor) bool {
	fn, _ := code.Enclosing(c)
	if fn == body {
		return true
	}
	if _, called := fn.Parent().Node().(*ast.CallExpr); !called {
		return false
	}
	_, deferred := fn.Parent().Parent().Node().(*ast.DeferStmt)
	outer, _ := code.Enclosing(fn)
	return deferred && outer == body
}

// countedBefore reports whether the function that starts the goroutine adds to its
// WaitGroup before.
func countedBefore(pass *check.Pass, g gostmt.Goroutine, outer types.Object, adds []inspector.Cursor) bool {
	starter, _ := code.Enclosing(g.Start)
	for _, a := range adds {
		own, _ := code.Enclosing(a)
		if own == starter && groupOf(pass, a.Node().(*ast.CallExpr)) == outer && a.Node().Pos() < g.Start.Node().Pos() {
			return true
		}
	}
	return false
}

// waitedFor reports whether something other than the goroutine waits: in the package,
// or, for a WaitGroup that is a parameter of the function that starts it, elsewhere.
func waitedFor(pass *check.Pass, g gostmt.Goroutine, outer types.Object, waits []inspector.Cursor) bool {
	starter, _ := code.Enclosing(g.Start)
	names := append(aliases(pass, starter, outer), outer)
	for _, w := range waits {
		if slices.Contains(names, groupOf(pass, w.Node().(*ast.CallExpr))) && !g.Func.Contains(w) {
			return true
		}
	}
	if !starter.Valid() {
		return false
	}
	params := funcType(starter.Node()).Params
	return params.Pos() <= outer.Pos() && outer.Pos() < params.End()
}

// aliases returns the fields that a function makes the same as a WaitGroup: by
// "s.wg = &wg", or "wg := &s.wg".
func aliases(pass *check.Pass, fn inspector.Cursor, group types.Object) (out []types.Object) {
	if !fn.Valid() {
		return nil
	}
	for cur := range fn.Preorder((*ast.AssignStmt)(nil)) {
		s := cur.Node().(*ast.AssignStmt)
		for i := range min(len(s.Lhs), len(s.Rhs)) {
			to, from := variable(pass, s.Lhs[i]), variable(pass, s.Rhs[i])
			switch group {
			case to:
				out = append(out, from)
			case from:
				out = append(out, to)
			}
		}
	}
	return slices.DeleteFunc(out, func(o types.Object) bool { return o == nil })
}
