// SPDX-License-Identifier: Apache-2.0

package shutdownbound

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// literals returns the calls of variables that hold a function literal which gives a
// parameter to Shutdown, as if they were that call.
func (c *checker) literals() []server.Site {
	var out []server.Site
	for _, s := range c.info.Sites {
		if s.Op != server.Shutdown || s.Ctx == nil {
			continue
		}
		fn, ok := code.Enclosing(s.At)
		if !ok {
			continue
		}
		lit, ok := fn.Node().(*ast.FuncLit)
		if !ok {
			continue
		}
		i := parameter(c.pass.TypesInfo, lit.Type, code.ObjectOf(c.pass.TypesInfo, s.Ctx))
		for _, call := range c.calls(fn) {
			if expr := call.Node().(*ast.CallExpr); i >= 0 && i < len(expr.Args) {
				at := s
				at.At, at.Call, at.Ctx = call, expr, expr.Args[i]
				out = append(out, at)
			}
		}
	}
	return out
}

// parameter returns which parameter of a function a variable is, -1 for others.
func parameter(info *types.Info, fn *ast.FuncType, v types.Object) int {
	i := 0
	for _, field := range fn.Params.List {
		for _, name := range field.Names {
			if info.Defs[name] == v && v != nil {
				return i
			}
			i++
		}
	}
	return -1
}

// calls returns the calls of the variable that is declared with a function literal.
func (c *checker) calls(lit inspector.Cursor) []inspector.Cursor {
	kind, i := lit.ParentEdge()
	decl := code.Declaration(lit)
	if kind != edge.AssignStmt_Rhs || !decl.Valid() {
		return nil
	}
	assign := lit.Parent().Node().(*ast.AssignStmt)
	if len(assign.Lhs) != len(assign.Rhs) {
		return nil
	}
	id, ok := assign.Lhs[i].(*ast.Ident)
	if !ok || c.pass.TypesInfo.Defs[id] == nil {
		return nil
	}
	calls := slices.Collect(decl.Preorder((*ast.CallExpr)(nil)))
	return slices.DeleteFunc(calls, func(call inspector.Cursor) bool {
		fun, ok := call.Node().(*ast.CallExpr).Fun.(*ast.Ident)
		return !ok || c.pass.TypesInfo.Uses[fun] != c.pass.TypesInfo.Defs[id]
	})
}
