// SPDX-License-Identifier: Apache-2.0

package cancelledctx

import (
	_ "embed"
	"go/ast"
	"go/types"
	"go/version"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

//go:embed doc.go
var doc string

// Analyzer reports the cancelled context reused for Shutdown or clean-up.
var Analyzer = check.New(doc, run, server.Analyzer)

func run(pass *check.Pass) (any, error) {
	if !code.Imports(pass.Pkg, "context") {
		return nil, nil
	}
	fields := fieldsOf(pass)
	stops := map[*ast.CallExpr]bool{}
	for _, s := range pass.ResultOf[server.Analyzer].(*server.Info).Sites {
		stops[s.Call] = s.Op == server.Shutdown && s.Ctx != nil
	}
	for cur := range pass.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		if decl.Body == nil || code.IsTest(pass.Fset, decl.Pos()) {
			continue
		}
		c := &checker{pass: pass, decl: decl, contexts: contextsOf(pass.TypesInfo, decl), fields: fields, stops: stops, seen: map[*ast.CallExpr]bool{}}
		for _, end := range c.ends(cur) {
			c.check(end)
		}
	}
	return nil, nil
}

// A checker looks at one function.
type checker struct {
	pass     *check.Pass
	decl     *ast.FuncDecl
	contexts contexts
	fields   map[types.Object]types.Object // contexts, by what ends them
	stops    map[*ast.CallExpr]bool        // calls whose context bounds the stop of a server
	seen     map[*ast.CallExpr]bool
}

// An end is a place where a context has ended, and the code that runs then.
type end struct {
	ctx  key
	at   ast.Node
	then []ast.Node
}

// check reports the clean-up with the context that has ended.
func (c *checker) check(e end) {
	for _, n := range e.then {
		ast.Inspect(n, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || c.seen[call] {
				return true
			}
			if c.closure(call, e) {
				c.seen[call] = true
				c.report(call, e, nil)
			}
			if !c.cleans(call) && !c.asks(call) {
				if c.leads(call, e) {
					c.seen[call] = true
					c.report(call, e, nil)
				}
				return true
			}
			c.seen[call] = true
			if derived, ended := c.contexts.ended(call.Args[0], e); ended {
				c.report(call, e, derived)
			} else if c.stops[call] {
				c.parent(call, e)
			}
			return true
		})
	}
}

func (c *checker) report(call *ast.CallExpr, e end, derived *ast.CallExpr) {
	d := analysis.Diagnostic{
		Pos: call.Pos(), End: call.End(),
		Message: types.ExprString(call.Fun) + " has a context that has ended already (" + e.ctx.name + "): it gives up at once",
	}
	if derived != nil && c.hasWithoutCancel(call) && len(derived.Args) > 0 && code.IsCall(c.pass.TypesInfo, derived, "context.WithTimeout") {
		parent := derived.Args[0]
		pkg := strings.TrimSuffix(types.ExprString(derived.Fun), "WithTimeout")
		d.SuggestedFixes = []analysis.SuggestedFix{{
			Message: "Keep the values of the context, not its end",
			TextEdits: []analysis.TextEdit{
				{Pos: parent.Pos(), End: parent.Pos(), NewText: []byte(pkg + "WithoutCancel(")},
				{Pos: parent.End(), End: parent.End(), NewText: []byte(")")},
			},
		}}
	}
	c.pass.Report(d)
}

// withoutCancel is the first version that has context.WithoutCancel.
const withoutCancel = "go1.21"

func (c *checker) hasWithoutCancel(n ast.Node) bool {
	for _, f := range c.pass.Files {
		if f.FileStart <= n.Pos() && n.Pos() < f.FileEnd {
			v := c.pass.TypesInfo.FileVersions[f]
			return v == "" || version.Compare(v, withoutCancel) >= 0
		}
	}
	return false
}

// ends returns the places of a function, and of the literals in it, where a context has
// ended.
func (c *checker) ends(decl inspector.Cursor) []end {
	var out, signals []end
	for cur := range decl.Preorder((*ast.UnaryExpr)(nil), (*ast.CallExpr)(nil), (*ast.AssignStmt)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.AssignStmt:
			signals = append(signals, c.bySignal(n)...)
		case *ast.UnaryExpr:
			if ctx, ok := c.done(n); ok {
				out = append(out, c.afterDone(cur, ctx)...)
			}
		case *ast.CallExpr:
			out = append(out, c.afterCall(cur, n)...)
		}
	}
	return append(out, signals...) // what is known to have ended comes first
}
