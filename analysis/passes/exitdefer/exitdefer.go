// SPDX-License-Identifier: Apache-2.0

package exitdefer

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

// Analyzer reports exits that skip a deferred clean-up.
var Analyzer = check.New(doc, run, exits.Analyzer)

// A checker looks at one package.
type checker struct {
	*check.Pass
	know *exits.Knowledge
}

func run(pass *check.Pass) (any, error) {
	c := &checker{Pass: pass, know: pass.ResultOf[exits.Analyzer].(*exits.Knowledge)}
	var found []inspector.Cursor
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if e, ok := c.know.Exit(call); ok && !e.Hooks && !apart(cur) && !c.inTest(cur) {
			found = append(found, cur)
		}
	}
	for _, cur := range found {
		if !c.exit(cur) {
			c.rest(cur)
		}
	}
	return nil, nil
}

// apart reports whether a call is a statement of its own kind: what a go statement
// starts is not on this path, and what is deferred runs among the deferred.
func apart(call inspector.Cursor) bool {
	switch call.Parent().Node().(type) {
	case *ast.GoStmt, *ast.DeferStmt:
		return true
	}
	return false
}

// inTest reports whether an exit is in a test, other than the main function of all.
func (c *checker) inTest(at inspector.Cursor) bool {
	if !code.IsTest(c.Fset, at.Node().Pos()) {
		return false
	}
	fn, ok := code.Enclosing(at)
	if !ok {
		return true
	}
	decl, ok := fn.Node().(*ast.FuncDecl)
	return !ok || decl.Name.Name != "TestMain"
}

// exit reports an exit that skips something deferred, and whether it does.
func (c *checker) exit(exit inspector.Cursor) bool {
	if d, effect := c.skipped(exit, exit); effect.Loss != "" {
		c.report(exit, d, effect, "")
		return true
	}
	at := []inspector.Cursor{exit}
	for range maxCallers {
		at = c.around(at)
		for _, call := range at {
			if d, effect := c.skipped(exit, call); effect.Loss != "" {
				c.report(exit, d, effect, " in "+functionName(call))
				return true
			}
		}
	}
	return false
}

// functionName is what messages call the function around a call.
func functionName(call inspector.Cursor) string {
	if fn, ok := code.Enclosing(call); ok {
		if decl, ok := fn.Node().(*ast.FuncDecl); ok {
			return decl.Name.Name
		}
	}
	return "a function"
}

// skipped returns the first of what is deferred at a call that has an effect and is
// not done by hand before the exit.
func (c *checker) skipped(exit, at inspector.Cursor) (inspector.Cursor, exits.Effect) {
	for _, d := range c.know.Pending(at) {
		call := d.Node().(*ast.DeferStmt).Call
		effect := c.effect(d, at)
		if effect.Loss == "" || c.byHand(call, d, exit) || c.byHand(call, d, at) || c.syncs(exit, call) || effect.Buffer() && !c.written(call, d, at) {
			continue
		}
		return d, effect
	}
	return inspector.Cursor{}, exits.Effect{}
}

// byHand reports whether what is deferred is called before the exit too, on its way.
// What comes before the defer statement makes room for what is cleaned up later.
func (c *checker) byHand(deferred *ast.CallExpr, d, exit inspector.Cursor) bool {
	fn, _ := code.Enclosing(exit)
	want := c.names(deferred)
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		n := cur.Node()
		if n.Pos() >= until(exit, fn) {
			break
		}
		if n == deferred || d.Contains(cur) || fn.Contains(d) && n.Pos() < d.Node().Pos() || !c.know.Reaches(cur, exit) || apart(cur) {
			continue
		}
		if want[types.ExprString(n.(*ast.CallExpr).Fun)] {
			return true
		}
	}
	return false
}

// written reports whether the function does anything with what a deferred call flushes
// before the exit: otherwise there is nothing in it.
func (c *checker) written(deferred *ast.CallExpr, d, exit inspector.Cursor) bool {
	sel, ok := ast.Unparen(deferred.Fun).(*ast.SelectorExpr)
	if !ok {
		return true
	}
	if id, ok := sel.X.(*ast.Ident); ok {
		if _, pkg := c.TypesInfo.Uses[id].(*types.PkgName); pkg {
			return true
		}
	}
	fn, _ := code.Enclosing(d)
	want := types.ExprString(sel.X)
	for cur := range fn.Preorder((*ast.Ident)(nil), (*ast.SelectorExpr)(nil)) {
		n := cur.Node()
		if d.Node().End() <= n.Pos() && n.Pos() < max(exit.Node().End(), until(exit, fn)) && types.ExprString(n.(ast.Expr)) == want && c.know.Reaches(cur, exit) {
			return true
		}
	}
	return false
}

// names has the functions that a deferred call comes down to, as the code writes them.
func (c *checker) names(deferred *ast.CallExpr) map[string]bool {
	names := map[string]bool{}
	if lit, ok := ast.Unparen(deferred.Fun).(*ast.FuncLit); ok {
		ast.Inspect(lit.Body, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && c.know.Effect(call).Loss != "" {
				names[types.ExprString(call.Fun)] = true
			}
			return true
		})
		return names
	}
	names[types.ExprString(deferred.Fun)] = true
	return names
}

// syncs reports whether the exit is the Fatal of a logger, and what is deferred is its
// Sync or Flush: Fatal does that by itself.
func (c *checker) syncs(exit inspector.Cursor, deferred *ast.CallExpr) bool {
	fatal, sync := c.know.Callee(exit.Node().(*ast.CallExpr)), c.know.Callee(deferred)
	if lit, ok := ast.Unparen(deferred.Fun).(*ast.FuncLit); ok {
		ast.Inspect(lit.Body, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && sync == nil && c.know.Effect(call).Loss != "" {
				sync = c.know.Callee(call)
			}
			return true
		})
	}
	return fatal != nil && sync != nil && fatal.Pkg() == sync.Pkg() && (sync.Name() == "Sync" || sync.Name() == "Flush")
}

func (c *checker) report(exit, d inspector.Cursor, effect exits.Effect, where string) {
	call := exit.Node().(*ast.CallExpr)
	stmt := d.Node().(*ast.DeferStmt)
	c.Report(analysis.Diagnostic{
		Pos: call.Pos(), End: call.End(),
		Message: fmt.Sprintf("%s skips the deferred %s%s: %s",
			exits.Name(call), deferredName(stmt.Call, c.Fset), where, effect.Loss),
		Related: []analysis.RelatedInformation{{Pos: stmt.Pos(), End: stmt.End(), Message: "deferred here"}},
	})
}

func deferredName(call *ast.CallExpr, fset *token.FileSet) string {
	line := fset.Position(call.Pos()).Line
	if _, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		return fmt.Sprintf("function of line %d", line)
	}
	return fmt.Sprintf("%s of line %d", exits.Name(call), line)
}
