// SPDX-License-Identifier: Apache-2.0

package timeafter

import (
	_ "embed"
	"go/ast"
	"go/version"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

//go:embed doc.go
var doc string

// Analyzer reports time.After in a loop.
var Analyzer = check.New(doc, run)

// collected is the first version in which timers that nobody holds are collected.
const collected = "go1.23"

func run(pass *check.Pass) (any, error) {
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if !code.IsCall(pass.TypesInfo, call, "time.After") || !repeats(cur) {
			continue
		}
		if v := pass.TypesInfo.FileVersions[fileOf(cur)]; v != "" && version.Compare(v, collected) >= 0 {
			continue
		}
		pass.Reportf(call, "time.After in a loop: each turn leaves a timer behind until it fires (before Go 1.23)")
	}
	return nil, nil
}

// repeats reports whether a call is a case of a select in a loop that has another one:
// alone, it is waited for.
func repeats(call inspector.Cursor) bool {
	for clause := range call.Enclosing((*ast.CommClause)(nil), (*ast.FuncLit)(nil)) {
		comm, ok := clause.Node().(*ast.CommClause)
		if !ok {
			return false
		}
		if comm.Comm == nil || call.Node().Pos() > comm.Comm.End() {
			continue // in the body of the case: a statement of its own
		}
		choice := clause.Parent().Parent() // the block, and the select
		return len(choice.Node().(*ast.SelectStmt).Body.List) > 1 && inLoop(choice)
	}
	return false
}

func inLoop(at inspector.Cursor) bool {
	for outer := range at.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		switch outer.Node().(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			return true
		default:
			return false
		}
	}
	return false
}

func fileOf(at inspector.Cursor) *ast.File {
	for f := range at.Enclosing((*ast.File)(nil)) {
		return f.Node().(*ast.File)
	}
	return nil
}
