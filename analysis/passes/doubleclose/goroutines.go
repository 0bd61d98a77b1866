// SPDX-License-Identifier: Apache-2.0

package doubleclose

import (
	"cmp"
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// An end is what a goroutine closes when it ends.
type end struct {
	*closing
	start chans.Start
}

// goroutines looks at goroutines that each close the same channel when they end.
func (c *closer) goroutines() {
	byField := map[*types.Var][]end{}
	reported := map[*closing]bool{}
	for _, start := range c.chans.Funcs.Starts {
		if code.IsTest(c.Fset, start.Go.Node().Pos()) {
			continue
		}
		for _, cl := range c.closes(start.Body) {
			if !reported[cl] && c.repeated(start, cl) {
				reported[cl] = true
				c.Reportf(cl.call.Node(), "%s is closed by each goroutine that the loop at line %d starts: the second close panics",
					cl.text, c.Fset.Position(start.Go.Node().Pos()).Line)
			}
			byField[cl.field] = append(byField[cl.field], end{cl, start})
		}
	}
	fields := slices.SortedFunc(maps.Keys(byField), func(a, b *types.Var) int { return cmp.Compare(a.Pos(), b.Pos()) })
	for _, f := range fields {
		c.pairs(byField[f])
	}
}

// closes returns what a function closes whenever it ends, itself or through functions
// that it calls in any case.
func (c *closer) closes(f inspector.Cursor) []*closing {
	out := append([]*closing(nil), c.always[f]...)
	for cur := range f.Preorder((*ast.CallExpr)(nil)) {
		callee := c.chans.Funcs.Callee(cur.Node().(*ast.CallExpr))
		if !callee.Valid() || callee == f || len(c.always[callee]) == 0 {
			continue
		}
		g := c.graph(f)
		if fn, at, _ := flow.Runs(cur); g != nil && fn == f && g.Certainly(at) {
			for _, cl := range c.always[callee] {
				if cl.place.Fields != "" || !within(callee.Node(), cl.place.Root) {
					out = append(out, cl)
				}
			}
		}
	}
	return out
}

// repeated reports whether a go statement in a loop starts goroutines that close one
// variable from outside the loop.
func (c *closer) repeated(start chans.Start, cl *closing) bool {
	v, ok := cl.place.Root.(*types.Var)
	if !ok || cl.place.Fields != "" || cl.guarded || within(start.Body.Node(), v) {
		return false
	}
	loop, ok := code.Loop(start.Go)
	return ok && !within(loop.Node(), v) && len(c.chans.Of(v).Of(chans.Make)) == 1 && goesOn(c, start, loop)
}

// goesOn reports whether the loop may come to the go statement again.
func goesOn(c *closer, start chans.Start, loop inspector.Cursor) bool {
	g := c.graph(code.Function(start.Go))
	return g != nil && g.Leads(c.TypesInfo, start.Go, start.Go, func(*flow.Step) bool { return false })
}

// pairs reports two goroutines that one function starts and that both close a field or
// variable.
func (c *closer) pairs(ends []end) {
	for i, a := range ends {
		for _, b := range ends[i+1:] {
			f := code.Function(a.start.Go)
			if a.start.Go == b.start.Go || f != code.Function(b.start.Go) || !c.both(f, a, b) {
				continue
			}
			why := "the second close panics"
			if a.guarded && b.guarded {
				why = "between looking and closing the other may close it, and the second close panics"
			}
			c.Reportf(b.call.Node(), "%s is closed by two goroutines, those of lines %d and %d: %s", b.text,
				c.Fset.Position(a.start.Go.Node().Pos()).Line, c.Fset.Position(b.start.Go.Node().Pos()).Line, why)
			return
		}
	}
}

// both reports whether two goroutines of a function run on the same object, without a
// condition about the second.
func (c *closer) both(f inspector.Cursor, a, b end) bool {
	g := c.graph(f)
	if g == nil || c.locks(a.fn) || c.locks(b.fn) || a.guarded != b.guarded {
		return false
	}
	if recv(c.TypesInfo, a) != recv(c.TypesInfo, b) {
		return false
	}
	return g.Leads(c.TypesInfo, a.start.Go, b.start.Go, func(*flow.Step) bool { return false })
}

// recv is what a started method is called on, or the variable that a literal closes.
func recv(info *types.Info, e end) flow.Place {
	stmt, ok := e.start.Go.Node().(*ast.GoStmt)
	if !ok {
		return flow.Place{Root: e.place.Root}
	}
	call := stmt.Call
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		p, _ := flow.PlaceOf(info, sel.X)
		return p
	}
	return flow.Place{Root: e.place.Root}
}

// locks reports whether a function locks something: then a close after a look is safe.
func (c *closer) locks(f inspector.Cursor) bool {
	for cur := range f.Preorder((*ast.CallExpr)(nil)) {
		if sel, ok := cur.Node().(*ast.CallExpr).Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Lock" {
			return true
		}
	}
	return false
}

// beside looks at functions that defer what a goroutine of theirs calls as well: one that
// stops the program on a signal, say.
func (c *closer) beside(byFunc map[inspector.Cursor][]*closing) {
	for _, start := range c.chans.Funcs.Starts {
		if _, ok := start.Body.Node().(*ast.FuncLit); !ok || exits(start.Body) {
			continue
		}
		for _, a := range byFunc[start.Body] {
			for _, b := range byFunc[code.Function(start.Go)] {
				g := c.graph(start.Body)
				if a.deferred || !b.deferred || a.place != b.place || within(start.Body.Node(), a.place.Root) || g == nil || !g.Certainly(a.at) {
					continue
				}
				c.Reportf(b.call.Node(), "%s closes %s again: the goroutine of line %d calls it too, and the second close panics",
					b.text, b.field.Name(), c.Fset.Position(start.Go.Node().Pos()).Line)
				return
			}
		}
	}
}

// exits reports whether a function ends the process, as far as names tell.
func exits(f inspector.Cursor) bool {
	for cur := range f.Preorder((*ast.SelectorExpr)(nil)) {
		if name := cur.Node().(*ast.SelectorExpr).Sel.Name; name == "Exit" || strings.HasPrefix(name, "Fatal") {
			return true
		}
	}
	return false
}
