// SPDX-License-Identifier: Apache-2.0

package exitgoroutine

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/gostmt"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// A goroutine is one, with a function that runs in it: the one that it starts, or one that
// only that one calls.
type goroutine struct {
	gostmt.Goroutine
	uses map[string]bool // what it calls methods of or is given, as the code writes it
}

// starters start the function literals that they are given as goroutines.
var starters = []string{"(*golang.org/x/sync/errgroup.Group).Go", "(*sync.WaitGroup).Go", "(*github.com/oklog/run.Group).Add"}

// goroutines returns those of the package.
func (c *checker) goroutines() (out []goroutine) {
	all := gostmt.All(c.TypesInfo, c.Inspect)
	for cur := range c.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if len(call.Args) == 0 || !code.IsCall(c.TypesInfo, call, starters...) {
			continue
		}
		if lit, ok := ast.Unparen(call.Args[0]).(*ast.FuncLit); ok {
			if body, ok := cur.FindNode(lit); ok {
				all = append(all, gostmt.Goroutine{Start: cur, Func: body, Only: true})
			}
		}
	}
	for _, g := range all {
		uses := used(g.Func)
		if start, ok := g.Start.Node().(*ast.GoStmt); ok {
			given(uses, start.Call)
		}
		out = append(out, c.within(goroutine{g, uses}, maxCallers)...)
	}
	return out
}

// within returns a goroutine, and those of the functions that only it calls.
func (c *checker) within(g goroutine, depth int) []goroutine {
	out := []goroutine{g}
	if depth == 0 {
		return out
	}
	for cur := range g.Func.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		callee := c.know.Callee(call)
		decl := c.know.Decl(callee)
		if own, _ := code.Enclosing(cur); own != g.Func || decl == nil || c.know.Ends(callee) || len(c.know.CallsOf(callee)) != 1 {
			continue
		}
		fn, ok := c.Inspect.Root().FindNode(decl)
		if !ok {
			continue
		}
		uses := used(fn)
		for name := range g.uses {
			uses[name] = true
		}
		given(uses, call)
		out = append(out, c.within(goroutine{gostmt.Goroutine{Start: g.Start, Func: fn}, uses}, depth-1)...)
	}
	return out
}

// used has what a function calls methods of, as the code writes it.
func used(fn inspector.Cursor) map[string]bool {
	uses := map[string]bool{}
	for cur := range fn.Preorder((*ast.SelectorExpr)(nil)) {
		uses[types.ExprString(cur.Node().(*ast.SelectorExpr).X)] = true
	}
	return uses
}

// given adds what a function is called with, and of.
func given(uses map[string]bool, call *ast.CallExpr) {
	for _, arg := range call.Args {
		uses[types.ExprString(arg)] = true
	}
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		uses[types.ExprString(sel.X)] = true
	}
}

// callers returns the calls of the functions around places.
func (c *checker) callers(places []inspector.Cursor) (out []inspector.Cursor) {
	for _, at := range places {
		fn, ok := code.Enclosing(at)
		if !ok {
			continue
		}
		if decl, ok := fn.Node().(*ast.FuncDecl); ok {
			out = append(out, c.know.CallsOf(c.TypesInfo.Defs[decl.Name])...)
		}
	}
	return out
}

// stopped returns what is lost if a call, by its name, stops a part of the program: one of
// another package of it, or one that waits for goroutines.
func (c *checker) stopped(call *ast.CallExpr) string {
	name := code.CallName(call)
	if !strings.HasPrefix(name, "stop") && !strings.HasPrefix(name, "shutdown") && !strings.HasPrefix(name, "drain") {
		return ""
	}
	callee := c.know.Callee(call)
	if callee == nil || callee.Pkg() == nil {
		return ""
	}
	if c.know.Decl(callee) != nil || callee.Pkg() == c.Pkg || !server.SameModule(callee.Pkg().Path(), c.Pkg.Path()) {
		if !c.know.Stops(call) {
			return ""
		}
	}
	return "what it stops is cut off"
}
