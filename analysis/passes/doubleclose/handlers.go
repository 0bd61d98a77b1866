// SPDX-License-Identifier: Apache-2.0

package doubleclose

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/edge"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// handlers reports a close by a handler of HTTP requests of a channel that is not its own.
func (c *closer) handlers(cl *closing) {
	typ := code.FuncType(cl.fn.Node())
	g := c.graph(cl.fn)
	if typ == nil || g == nil || cl.guarded || !c.isHandler(typ) || within(cl.fn.Node(), cl.place.Root) && !c.ofReceiver(cl) || c.locks(cl.fn) || c.makes(cl.fn, cl.field) {
		return
	}
	child := cl.at
	for up := range cl.at.Enclosing((*ast.IfStmt)(nil), (*ast.CaseClause)(nil), (*ast.CommClause)(nil), (*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		if up == cl.fn {
			break
		}
		cond, ok := up.Node().(*ast.IfStmt)
		if !ok || !code.Contains(cond.Body, child.Node()) || !c.aboutRequest(cond.Cond) {
			return
		}
		child = up
	}
	if c.decided(cl) {
		return
	}
	c.Reportf(cl.call.Node(), "%s is closed by each request to this handler: the second close panics", cl.text)
}

// isHandler reports whether a function has the parameters of a handler of HTTP requests.
func (c *closer) isHandler(typ *ast.FuncType) bool {
	if typ.Params.NumFields() != 2 || len(typ.Params.List) != 2 {
		return false
	}
	return code.IsNamed(c.TypesInfo.TypeOf(typ.Params.List[0].Type), "net/http.ResponseWriter") && code.IsNamed(c.TypesInfo.TypeOf(typ.Params.List[1].Type), "net/http.Request")
}

// ofReceiver reports whether a channel is a field of what a method is called on.
func (c *closer) ofReceiver(cl *closing) bool {
	decl, ok := cl.fn.Node().(*ast.FuncDecl)
	return ok && decl.Recv != nil && len(decl.Recv.List[0].Names) > 0 && c.TypesInfo.Defs[decl.Recv.List[0].Names[0]] == cl.place.Root
}

// aboutRequest reports whether a condition is about the request only.
func (c *closer) aboutRequest(e ast.Expr) (found bool) {
	others := false
	ast.Inspect(e, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if v, isVar := c.TypesInfo.Uses[id].(*types.Var); ok && isVar && !v.IsField() {
			isRequest := code.IsNamed(v.Type(), "net/http.Request")
			found, others = found || isRequest, others || !isRequest
		}
		return true
	})
	return found && !others
}

// decided reports whether a function leaves before a close for something other than what the
// request asks for: it may be that the channel is closed.
func (c *closer) decided(cl *closing) bool {
	for cur := range cl.fn.Preorder((*ast.ReturnStmt)(nil)) {
		if code.Function(cur) != cl.fn || cur.Node().Pos() > cl.at.Node().Pos() {
			continue
		}
		if cur.Parent().ParentEdgeKind() != edge.IfStmt_Body || !c.aboutRequest(cur.Parent().Parent().Node().(*ast.IfStmt).Cond) {
			return true
		}
	}
	return false
}
