// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// sockets reports goroutines that read from a socket until it is closed, where the
// function that has opened it keeps it in a local variable and nothing closes it.
func (f *finder) sockets() {
	for _, start := range f.chans.Funcs.Starts {
		if code.IsTest(f.Fset, start.Go.Node().Pos()) {
			continue
		}
		if v := f.endlessRead(start.Body); v != nil && f.opened(v, start.Go) && f.matters(start, &reason{}) {
			f.Reportf(start.Go.Node(), "the goroutine cannot be stopped: it reads from %s, which nothing closes", v.Name())
		}
	}
}

// endlessRead returns the variable from around a literal that a loop without a condition
// in it reads or accepts from.
func (f *finder) endlessRead(body inspector.Cursor) *types.Var {
	for cur := range body.Preorder((*ast.CallExpr)(nil)) {
		sel, ok := cur.Node().(*ast.CallExpr).Fun.(*ast.SelectorExpr)
		if !ok || !strings.HasPrefix(sel.Sel.Name, "Read") && !strings.HasPrefix(sel.Sel.Name, "Accept") {
			continue
		}
		id, ok := sel.X.(*ast.Ident)
		if !ok {
			continue
		}
		v, ok := f.TypesInfo.Uses[id].(*types.Var)
		if !ok || v.IsField() || v.Parent() == f.Pkg.Scope() || code.ContainsPos(body.Node(), v.Pos()) {
			continue
		}
		for loop := range cur.Enclosing((*ast.ForStmt)(nil), (*ast.FuncLit)(nil)) {
			if n, ok := loop.Node().(*ast.ForStmt); ok && n.Cond == nil {
				return v
			}
			break
		}
	}
	return nil
}

// opened reports whether a variable gets its value from package net, and is used for
// nothing but calls of methods other than Close.
func (f *finder) opened(v *types.Var, at inspector.Cursor) bool {
	fresh := false
	for outer := range at.Enclosing((*ast.FuncDecl)(nil)) {
		for cur := range outer.Preorder((*ast.Ident)(nil)) {
			id := cur.Node().(*ast.Ident)
			if f.TypesInfo.ObjectOf(id) != v {
				continue
			}
			switch cur.ParentEdgeKind() {
			case edge.AssignStmt_Lhs:
				s := cur.Parent().Node().(*ast.AssignStmt)
				call, ok := s.Rhs[0].(*ast.CallExpr)
				if !ok || !strings.HasPrefix(code.Callee(f.TypesInfo, call), "net.") {
					return false
				}
				fresh = true
			case edge.SelectorExpr_X:
				sel := cur.Parent()
				if sel.ParentEdgeKind() != edge.CallExpr_Fun || sel.Node().(*ast.SelectorExpr).Sel.Name == "Close" {
					return false
				}
			default:
				return false
			}
		}
	}
	return fresh
}
