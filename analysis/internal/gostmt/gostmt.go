// SPDX-License-Identifier: Apache-2.0

// Package gostmt finds the functions that go statements start.
package gostmt

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// A Goroutine is a go statement and the function of the package that it starts.
type Goroutine struct {
	Start inspector.Cursor // an *ast.GoStmt
	Func  inspector.Cursor // an *ast.FuncLit or *ast.FuncDecl

	// Only is set if the function runs in no other way: a literal, or one that is
	// named in go statements only.
	Only bool
}

// All returns the goroutines of a package, as far as their functions are in it.
func All(info *types.Info, in *inspector.Inspector) (out []Goroutine) {
	decls, other := map[types.Object]inspector.Cursor{}, map[types.Object]int{}
	type start struct {
		at inspector.Cursor
		fn types.Object
	}
	var starts []start
	for cur := range in.Root().Preorder((*ast.GoStmt)(nil)) {
		call := cur.Node().(*ast.GoStmt).Call
		if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
			body, _ := cur.FindNode(lit)
			out = append(out, Goroutine{cur, body, true})
		} else if fn, ok := typeutil.Callee(info, call).(*types.Func); ok {
			starts = append(starts, start{cur, fn.Origin()})
			other[fn.Origin()]--
		}
	}
	if len(starts) == 0 {
		return out
	}
	for cur := range in.Root().Preorder((*ast.FuncDecl)(nil), (*ast.Ident)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.FuncDecl:
			decls[info.Defs[n.Name]] = cur
		case *ast.Ident:
			if fn, ok := info.Uses[n].(*types.Func); ok {
				other[fn.Origin()]++
			}
		}
	}
	for _, s := range starts {
		if decl, ok := decls[s.fn]; ok {
			out = append(out, Goroutine{s.at, decl, other[s.fn] == 0})
		}
	}
	return out
}
