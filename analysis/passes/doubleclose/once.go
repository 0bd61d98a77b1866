// SPDX-License-Identifier: Apache-2.0

package doubleclose

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/ast/edge"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// besideOnce reports the close of a field in a method that closes another field under a
// sync.Once: who wrote that knows that it may be called twice.
func (c *closer) besideOnce(cl *closing) {
	if cl.guarded || !c.ofReceiver(cl) || c.asks(cl) || c.replaces(cl) {
		return
	}
	if once := c.once(cl); once != nil {
		c.Reportf(cl.call.Node(), "%s is closed each time that %s is called: line %d has a Once for that, and the second close panics",
			cl.text, cl.fn.Node().(*ast.FuncDecl).Name.Name, c.Fset.Position(once.Pos()).Line)
	}
}

// asks reports whether a method looks at something other than whether the channel is there
// before it closes that: it may know that it has done so.
func (c *closer) asks(cl *closing) bool {
	for at := range cl.at.Enclosing((*ast.IfStmt)(nil), (*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.CaseClause)(nil), (*ast.CommClause)(nil)) {
		branch, ok := at.Node().(*ast.IfStmt)
		if !ok || !c.isThere(branch.Cond, cl.place) || branch.Init != nil {
			return true
		}
	}
	for cur := range cl.fn.Preorder((*ast.ReturnStmt)(nil)) {
		if cur.Node().Pos() < cl.at.Node().Pos() && code.Function(cur) == cl.fn {
			return true
		}
	}
	return false
}

// isThere reports whether a condition is that a place is not nil.
func (c *closer) isThere(cond ast.Expr, place flow.Place) bool {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok || b.Op != token.NEQ || !c.TypesInfo.Types[b.Y].IsNil() {
		return false
	}
	p, ok := flow.PlaceOf(c.TypesInfo, b.X)
	return ok && p == place
}

// replaces reports whether a function gives the field another channel, or none.
func (c *closer) replaces(cl *closing) bool {
	for cur := range cl.fn.Preorder((*ast.AssignStmt)(nil)) {
		for _, to := range cur.Node().(*ast.AssignStmt).Lhs {
			if code.ObjectOf(c.TypesInfo, to) == cl.field {
				return true
			}
		}
	}
	return false
}

// once returns the call of Once.Do by which the function of a close closes another channel of
// the same object.
func (c *closer) once(cl *closing) ast.Node {
	for cur := range cl.fn.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if !code.IsCall(c.TypesInfo, call, "(*sync.Once).Do") || code.Function(cur) != cl.fn {
			continue
		}
		lit, ok := cur.ChildAt(edge.CallExpr_Args, 0).Node().(*ast.FuncLit)
		if ok && c.closesOther(lit, cl) {
			return call
		}
	}
	return nil
}

// closesOther reports whether a literal closes another channel of the same object.
func (c *closer) closesOther(lit *ast.FuncLit, cl *closing) bool {
	for _, g := range c.chans.Groups() {
		for _, u := range g.Of(chans.Close) {
			if !code.Contains(lit, u.At.Node()) {
				continue
			}
			place, ok := flow.PlaceOf(c.TypesInfo, u.At.Node().(ast.Expr))
			if ok && place != cl.place && place.Root == cl.place.Root {
				return true
			}
		}
	}
	return false
}
