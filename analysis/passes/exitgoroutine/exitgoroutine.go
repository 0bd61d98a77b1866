// SPDX-License-Identifier: Apache-2.0

package exitgoroutine

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
	"github.com/go-quiesce/quiesce/analysis/internal/gostmt"
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
	seen := map[ast.Node]bool{}
	for _, g := range gostmt.All(pass.TypesInfo, pass.Inspect) {
		if code.IsTest(pass.Fset, g.Start.Node().Pos()) {
			continue
		}
		for cur := range g.Func.Preorder((*ast.CallExpr)(nil)) {
			if own, _ := code.Enclosing(cur); own != g.Func || seen[cur.Node()] {
				continue
			}
			if e, ok := c.know.Exit(cur.Node().(*ast.CallExpr)); ok && !e.Hooks && !c.deliberate(g, cur) {
				seen[cur.Node()] = c.exit(g, cur)
			}
		}
	}
	return nil, nil
}

// exit reports an exit in a goroutine if the function that has started it cleans up, or
// one that calls that function.
func (c *checker) exit(g gostmt.Goroutine, exit inspector.Cursor) bool {
	starter, ok := code.Enclosing(g.Start)
	if !ok {
		return false
	}
	uses := used(g.Func)
	for cur := range starter.Preorder((*ast.CallExpr)(nil)) {
		if c.cleans(starter, cur, g, uses) {
			c.report(exit, starter, cur.Node().(*ast.CallExpr))
			return true
		}
	}
	if run := c.drains(starter, g); run != nil {
		c.reportDrain(exit, run)
		return true
	}
	decl, ok := starter.Node().(*ast.FuncDecl)
	if !ok {
		return false
	}
	fn := c.TypesInfo.Defs[decl.Name]
	for cur := range c.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if c.know.Callee(cur.Node().(*ast.CallExpr)) != fn || code.IsTest(c.Fset, cur.Node().Pos()) {
			continue
		}
		for _, d := range c.know.Pending(cur) {
			call := d.Node().(*ast.DeferStmt).Call
			if c.know.Effect(call).Loss != "" && !c.ofGoroutine(call, uses) {
				caller, _ := code.Enclosing(cur)
				c.report(exit, caller, call)
				return true
			}
		}
	}
	return false
}

// cleans reports whether a call of a function is a clean-up that the exit of a goroutine
// skips: it is deferred, or comes after the go statement, outside of the branches for an
// error; and it is not of something that the goroutine itself serves.
func (c *checker) cleans(starter, cur inspector.Cursor, g gostmt.Goroutine, uses map[string]bool) bool {
	call := cur.Node().(*ast.CallExpr)
	own, _ := code.Enclosing(cur)
	_, deferred := cur.Parent().Node().(*ast.DeferStmt)
	if _, started := cur.Parent().Node().(*ast.GoStmt); started || !deferred && !namesEnd(call) {
		return false
	}
	if own != starter || !deferred && (call.Pos() < g.Start.Node().Pos() || !c.know.Reaches(g.Start, cur) || c.forError(cur)) {
		return false
	}
	return c.know.Effect(call).Loss != "" && !c.ofGoroutine(call, uses)
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

// used has what the goroutine calls methods of, as the code writes it.
func used(fn inspector.Cursor) map[string]bool {
	uses := map[string]bool{}
	for cur := range fn.Preorder((*ast.SelectorExpr)(nil)) {
		uses[types.ExprString(cur.Node().(*ast.SelectorExpr).X)] = true
	}
	return uses
}

// ofGoroutine reports whether all that a clean-up calls with an effect is of things that
// the goroutine uses too.
func (c *checker) ofGoroutine(call *ast.CallExpr, uses map[string]bool) bool {
	lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit)
	if !ok {
		sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if !ok {
			return c.ofHelper(call, uses)
		}
		_, pkg := c.TypesInfo.ObjectOf(root(sel.X)).(*types.PkgName)
		return !pkg && uses[types.ExprString(sel.X)]
	}
	return c.allOfGoroutine(lit.Body, uses)
}

// allOfGoroutine is ofGoroutine for all calls with an effect.
func (c *checker) allOfGoroutine(body ast.Node, uses map[string]bool) bool {
	all := true
	ast.Inspect(body, func(n ast.Node) bool {
		if inner, ok := n.(*ast.CallExpr); ok && c.know.Effect(inner).Loss != "" {
			all = all && c.ofGoroutine(inner, uses)
		}
		return true
	})
	return all
}

// ofHelper is ofGoroutine for a function of the package: it is given what the goroutine
// uses, or finds it in variables of the package.
func (c *checker) ofHelper(call *ast.CallExpr, uses map[string]bool) bool {
	for _, arg := range call.Args {
		if uses[types.ExprString(arg)] {
			return true
		}
	}
	decl := c.know.Decl(c.know.Callee(call))
	if decl == nil || c.helpers[decl] {
		return false
	}
	c.helpers[decl] = true
	defer delete(c.helpers, decl)
	return c.allOfGoroutine(decl.Body, uses)
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

func (c *checker) report(exit, fn inspector.Cursor, skipped *ast.CallExpr) {
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
			exits.Name(call), who, what, c.Fset.Position(skipped.Pos()).Line, c.know.Effect(skipped).Loss),
		Related: []analysis.RelatedInformation{{Pos: skipped.Pos(), End: skipped.End(), Message: "skipped"}},
	})
}
