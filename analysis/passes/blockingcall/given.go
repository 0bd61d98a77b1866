// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"maps"
	"reflect"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// givers finds the functions that make clients and transports of net/http without a time limit
// for other packages, and the variables that have such. Its result is a *given.
var givers = &analysis.Analyzer{
	Name:       "quiescegivers",
	Doc:        "find what gives clients of net/http without a time limit to other packages",
	Run:        findGivers,
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	ResultType: reflect.TypeFor[*given](),
	FactTypes:  []analysis.Fact{new(gives)},
}

// gives says that a function makes, or a variable has, a client or transport without a limit.
type gives struct{}

// AFact makes it a fact.
func (*gives) AFact() {}

// String describes it, as tests of facts have it.
func (*gives) String() string { return "gives a client without a limit" }

// given knows what other packages give.
type given struct{ known map[types.Object]bool }

func findGivers(pass *analysis.Pass) (any, error) {
	g := &given{known: map[types.Object]bool{}}
	for _, f := range pass.AllObjectFacts() {
		g.known[f.Object] = true
	}
	if !code.Imports(pass.Pkg, "net/http") || ofDependency(pass) {
		return g, nil
	}
	own := *pass
	own.ResultOf = maps.Clone(pass.ResultOf)
	own.ResultOf[pass.Analyzer] = g
	p := &check.Pass{Pass: &own, Inspect: pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)}
	for cur := range p.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		if fn, ok := pass.TypesInfo.Defs[decl.Name].(*types.Func); ok && fn.Exported() && !code.IsTest(pass.Fset, decl.Pos()) && makes(p, cur, fn) {
			pass.ExportObjectFact(fn, new(gives))
		}
	}
	for _, name := range pass.Pkg.Scope().Names() {
		v, ok := pass.Pkg.Scope().Lookup(name).(*types.Var)
		if ok && v.Exported() && code.IsNamed(v.Type(), "net/http.Client") && onlyBare(p, v, clientDepth) {
			pass.ExportObjectFact(v, new(gives))
		}
	}
	return g, nil
}

// makes reports whether all that a function returns first are clients, or transports, without
// a limit.
func makes(pass *check.Pass, decl inspector.Cursor, fn *types.Func) bool {
	results := fn.Signature().Results()
	if results.Len() == 0 || decl.Node().(*ast.FuncDecl).Body == nil {
		return false
	}
	switch t := results.At(0).Type(); {
	case code.IsNamed(t, "net/http.Client"):
		return returnsOnly(pass, decl, func(at inspector.Cursor, e ast.Expr) bool { return bare(pass, at, e, clientDepth) })
	case code.IsNamed(t, "net/http.Transport"), code.IsNamed(t, "net/http.RoundTripper"):
		return returnsOnly(pass, decl, func(_ inspector.Cursor, e ast.Expr) bool { return bareTransport(pass, e, helperDepth) })
	}
	return false
}

// givenBare reports whether another package says that what it gives has no limit.
func givenBare(pass *check.Pass, obj types.Object) bool {
	for _, result := range pass.ResultOf { // by its type: what finds them asks as well
		if g, ok := result.(*given); ok {
			return g.known[obj]
		}
	}
	return false
}
