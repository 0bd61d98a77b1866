// SPDX-License-Identifier: Apache-2.0

package stoplock

import (
	_ "embed"
	"go/ast"
	"go/types"
	"slices"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

//go:embed doc.go
var doc string

// Analyzer reports a wait for goroutines with a mutex locked that they lock.
var Analyzer = check.New(doc, run)

func run(pass *check.Pass) (any, error) {
	if !slices.ContainsFunc(pass.Pkg.Imports(), hasMutex) {
		return nil, nil
	}
	p := &program{info: pass.TypesInfo, decls: map[types.Object]*ast.FuncDecl{}}
	for n := range pass.Inspect.PreorderSeq((*ast.FuncDecl)(nil)) {
		if decl := n.(*ast.FuncDecl); decl.Body != nil && !code.IsTest(pass.Fset, decl.Pos()) {
			p.decls[pass.TypesInfo.Defs[decl.Name]] = decl
		}
	}
	p.findUnbuffered(pass)
	if code.Imports(pass.Pkg, "net/http") {
		p.findHandlers()
	}
	if p.goroutines(pass); len(p.jobs)+len(p.handlers) == 0 {
		return nil, nil
	}
	for n := range pass.Inspect.PreorderSeq((*ast.FuncDecl)(nil)) {
		decl := n.(*ast.FuncDecl)
		if decl.Body == nil || code.IsTest(pass.Fset, decl.Pos()) {
			continue
		}
		w := &walker{program: p, fn: decl, found: func(wait ast.Node, mutex types.Object) {
			if rng, ok := wait.(ast.Expr); ok {
				pass.Reportf(rng, "%s is held during this wait, and the goroutine that is waited for locks it: the stop hangs", mutex.Name())
			}
		}}
		w.list(decl.Body.List, held{})
	}
	return nil, nil
}
