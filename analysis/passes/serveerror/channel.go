// SPDX-License-Identifier: Apache-2.0

package serveerror

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// unheard reports whether nobody hears what is sent on a channel while the program runs:
// nothing receives from it but what has waited for a stop before, or waits for other servers
// then, and it goes nowhere else.
func (c *checker) unheard(ch ast.Expr) bool {
	v, ok := code.ObjectOf(c.pass.TypesInfo, ch).(*types.Var)
	if !ok || v.Exported() || v.Kind() == types.ParamVar || v.Kind() == types.ResultVar {
		return false
	}
	for cur := range c.pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		id := cur.Node().(*ast.Ident)
		if code.ObjectOf(c.pass.TypesInfo, id) == v && !code.IsTest(c.pass.Fset, id.Pos()) && !c.silent(expression(cur), v) {
			return false
		}
	}
	return true
}

// expression returns the expression that an identifier names a variable in.
func expression(id inspector.Cursor) inspector.Cursor {
	if sel, ok := id.Parent().Node().(*ast.SelectorExpr); ok && sel.Sel == id.Node() {
		return id.Parent()
	}
	return id
}

// silent reports whether a use of a channel cannot be how somebody hears of the server's
// end: it is made, sent to, closed, or received from after a stop, or by one who then waits
// for other servers.
func (c *checker) silent(at inspector.Cursor, v *types.Var) bool {
	switch up := at.Parent().Node().(type) {
	case *ast.SendStmt:
		return up.Chan == at.Node()
	case *ast.UnaryExpr:
		return up.Op == token.ARROW && (c.atStop(at.Parent(), v) || c.waitsForOthers(at.Parent()))
	case *ast.CallExpr:
		return code.IsBuiltin(c.pass.TypesInfo, up, "close") || code.IsBuiltin(c.pass.TypesInfo, up, "len") || code.IsBuiltin(c.pass.TypesInfo, up, "cap")
	case *ast.AssignStmt:
		for i, l := range up.Lhs {
			if l == at.Node() {
				return len(up.Lhs) == len(up.Rhs) && c.isMake(up.Rhs[i])
			}
		}
	case *ast.ValueSpec:
		return len(up.Values) == 0 || c.isMake(up.Values[0]) && len(up.Values) == 1
	case *ast.KeyValueExpr:
		return up.Key == at.Node() && c.isMake(up.Value)
	case *ast.Field:
		return true
	}
	return false
}

func (c *checker) isMake(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok && code.IsBuiltin(c.pass.TypesInfo, call, "make")
}

// atStop reports whether a wait for something is a part of the stop: its function is called
// so, or has waited for something else before. In a select it is not alone.
func (c *checker) atStop(wait inspector.Cursor, v types.Object) bool {
	for range wait.Enclosing((*ast.CommClause)(nil)) {
		return false
	}
	fn, ok := code.Enclosing(wait)
	if !ok {
		return false
	}
	if decl, ok := fn.Node().(*ast.FuncDecl); ok && stopName(decl.Name.Name) {
		return true
	}
	found := false
	server.Own(code.Body(fn.Node()), func(n ast.Node) bool {
		if stmt, ok := n.(ast.Stmt); ok && stmt.End() <= wait.Node().Pos() {
			found = found || c.waitsForStop(stmt) && !code.Mentions(c.pass.TypesInfo, stmt, v)
		}
		return !found
	})
	return found
}
