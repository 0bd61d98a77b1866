// SPDX-License-Identifier: Apache-2.0

package exitgoroutine

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
)

//go:embed doc.go
var doc string

// Analyzer reports exits in a goroutine that skip clean-up.
var Analyzer = check.New(doc, run, exits.Analyzer)

// A checker looks at one package.
type checker struct {
	*check.Pass
	know    *exits.Knowledge
	helpers map[*ast.FuncDecl]bool // that ofHelper looks into
}

func run(pass *check.Pass) (any, error) {
	c := &checker{Pass: pass, know: pass.ResultOf[exits.Analyzer].(*exits.Knowledge), helpers: map[*ast.FuncDecl]bool{}}
	if !c.exits() {
		return nil, nil
	}
	seen := map[ast.Node]bool{}
	for _, g := range c.goroutines() {
		if code.IsTest(pass.Fset, g.Start.Node().Pos()) {
			continue
		}
		for cur := range g.Func.Preorder((*ast.CallExpr)(nil)) {
			if own, _ := code.Enclosing(cur); own != g.Func || seen[cur.Node()] {
				continue
			}
			if e, ok := c.know.Exit(cur.Node().(*ast.CallExpr)); ok && !e.Hooks && !c.deliberate(g.Goroutine, cur) {
				seen[cur.Node()] = c.exit(g, cur)
			}
		}
	}
	return nil, nil
}

// exits reports whether the package has an exit at all.
func (c *checker) exits() bool {
	for cur := range c.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if _, ok := c.know.Exit(cur.Node().(*ast.CallExpr)); ok {
			return true
		}
	}
	return false
}

// maxCallers is how many functions, each called by the next, are looked into for a clean-up.
const maxCallers = 3

// exit reports an exit in a goroutine if the function that has started it cleans up, or
// one that calls that function.
func (c *checker) exit(g goroutine, exit inspector.Cursor) bool {
	starter, ok := code.Enclosing(g.Start)
	if !ok {
		return false
	}
	if skipped, loss := c.cleanUp(g.Start, g); skipped != nil {
		c.report(exit, starter, skipped, loss)
		return true
	}
	if run := c.drains(starter, g.Goroutine); run != nil {
		c.reportDrain(exit, run)
		return true
	}
	if skipped, in := c.later(starter, g); skipped != nil {
		c.report(exit, in, skipped, c.know.Effect(skipped).Loss)
		return true
	}
	at := []inspector.Cursor{g.Start}
	for range maxCallers {
		at = c.callers(at)
		for _, call := range at {
			if skipped, loss := c.cleanUp(call, g); skipped != nil {
				caller, _ := code.Enclosing(call)
				c.report(exit, caller, skipped, loss)
				return true
			}
		}
	}
	return c.unstopped(g, exit)
}

// cleanUp returns the first clean-up of the function around a place, at which a goroutine is
// started, that the goroutine's exit skips, and what is lost.
func (c *checker) cleanUp(at inspector.Cursor, g goroutine) (skipped *ast.CallExpr, loss string) {
	fn, ok := code.Enclosing(at)
	if !ok {
		return nil, ""
	}
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		if loss := c.cleans(fn, at, cur, g); loss != "" {
			return cur.Node().(*ast.CallExpr), loss
		}
	}
	return nil, ""
}

// cleans returns what is lost if a call of a function is a clean-up that the exit of a
// goroutine skips: it is deferred, or comes after the place where that is started, outside of
// the branches for an error; and it is not of something that the goroutine itself serves.
func (c *checker) cleans(fn, at, cur inspector.Cursor, g goroutine) string {
	call := cur.Node().(*ast.CallExpr)
	own, _ := code.Enclosing(cur)
	_, deferred := cur.Parent().Node().(*ast.DeferStmt)
	if _, started := cur.Parent().Node().(*ast.GoStmt); started || !deferred && !namesEnd(call) {
		return ""
	}
	if own != fn || !deferred && (call.Pos() < at.Node().Pos() || !c.know.Reaches(at, cur) || c.forError(cur)) {
		return ""
	}
	loss := c.know.Effect(call).Loss
	if loss == "" {
		loss = c.stopped(call)
	}
	if loss == "" || c.ofGoroutine(call, g) || !deferred && at != g.Start && !receives(fn, at, cur) {
		return ""
	}
	return loss
}

// receives reports whether a function receives from a channel between two places: it waits
// for its end.
func receives(fn, from, to inspector.Cursor) bool {
	for cur := range fn.Preorder((*ast.UnaryExpr)(nil)) {
		n := cur.Node().(*ast.UnaryExpr)
		if n.Op == token.ARROW && from.Node().End() <= n.Pos() && n.Pos() < to.Node().Pos() {
			return true
		}
	}
	return false
}

// forError reports whether a call is in a branch for an error, which is not how the
// function ends.
func (c *checker) forError(cur inspector.Cursor) bool {
	for branch := range cur.Enclosing((*ast.IfStmt)(nil)) {
		if n := branch.Node().(*ast.IfStmt); c.know.OnError(n) && n.Body.Pos() < cur.Node().Pos() {
			return true
		}
	}
	return false
}

// ofGoroutine reports whether all that a clean-up calls with an effect is of things that
// the goroutine uses too.
func (c *checker) ofGoroutine(call *ast.CallExpr, g goroutine) bool {
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		all, _ := c.allOfGoroutine(lit.Body, g)
		return all
	}
	if c.know.Decl(c.know.Callee(call)) != nil {
		if all, some := c.ofHelper(call, g); some {
			return all
		}
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of := c.TypesInfo.ObjectOf(root(sel.X))
	_, pkg := of.(*types.PkgName)
	return !pkg && (g.uses[types.ExprString(sel.X)] || c.ofHelpers(of))
}

// ofHelpers reports whether something is a local variable of a helper that is looked into:
// it may well be what the goroutine uses, by another name.
func (c *checker) ofHelpers(obj types.Object) bool {
	for decl := range c.helpers {
		if obj != nil && code.ContainsPos(decl.Body, obj.Pos()) {
			return true
		}
	}
	return false
}

// allOfGoroutine is ofGoroutine for all calls with an effect, if there are some.
func (c *checker) allOfGoroutine(body ast.Node, g goroutine) (all, some bool) {
	all = true
	ast.Inspect(body, func(n ast.Node) bool {
		if inner, ok := n.(*ast.CallExpr); ok && (c.know.Effect(inner).Loss != "" || c.stopped(inner) != "") {
			all, some = all && c.ofGoroutine(inner, g), true
		}
		return true
	})
	return all, some
}

// ofHelper is ofGoroutine for a function of the package: it is given what the goroutine
// uses, or finds it in variables of the package or in what it is a method of.
func (c *checker) ofHelper(call *ast.CallExpr, g goroutine) (all, some bool) {
	for _, arg := range call.Args {
		if g.uses[types.ExprString(arg)] {
			return true, true
		}
	}
	decl := c.know.Decl(c.know.Callee(call))
	if c.helpers[decl] {
		return false, true
	}
	c.helpers[decl] = true
	defer delete(c.helpers, decl)
	return c.allOfGoroutine(decl.Body, g)
}

func root(e ast.Expr) *ast.Ident {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		default:
			return &ast.Ident{}
		}
	}
}

func (c *checker) report(exit, fn inspector.Cursor, skipped *ast.CallExpr, loss string) {
	call := exit.Node().(*ast.CallExpr)
	who := "the function that started it"
	if decl, ok := fn.Node().(*ast.FuncDecl); ok {
		who = decl.Name.Name
	}
	what := exits.Name(skipped)
	if _, ok := ast.Unparen(skipped.Fun).(*ast.FuncLit); ok {
		what = "the function"
	}
	c.Report(analysis.Diagnostic{
		Pos: call.Pos(), End: call.End(),
		Message: fmt.Sprintf("%s in a goroutine skips the clean-up of %s, %s of line %d: %s",
			exits.Name(call), who, what, c.Fset.Position(skipped.Pos()).Line, loss),
		Related: []analysis.RelatedInformation{{Pos: skipped.Pos(), End: skipped.End(), Message: "skipped"}},
	})
}
