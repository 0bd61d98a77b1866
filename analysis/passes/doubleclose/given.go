// SPDX-License-Identifier: Apache-2.0

package doubleclose

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// given reports the close of a parameter by a function that another one calls twice with the
// same channel, one that tries again after an error say.
func (c *closer) given(u *chans.Use, cl *closing) {
	decl := code.Declaration(u.At)
	if !decl.Valid() || cl.guarded || cl.place.Fields != "" {
		return
	}
	i := c.parameter(decl.Node().(*ast.FuncDecl), u.Var)
	if i < 0 || !c.free(u.At.Parent(), decl) || !c.mayFail(cl, decl) {
		return
	}
	var calls []*closing
	for _, cur := range c.chans.Funcs.Calls(decl) {
		call := cur.Node().(*ast.CallExpr)
		if i >= len(call.Args) || code.IsTest(c.Fset, call.Pos()) {
			continue
		}
		if place, ok := flow.PlaceOf(c.TypesInfo, call.Args[i]); ok && place.Root != nil {
			v, _ := code.ObjectOf(c.TypesInfo, call.Args[i]).(*types.Var)
			to := &closing{call: cur, place: place, field: v}
			to.fn, to.at, to.deferred = flow.Runs(cur)
			calls = append(calls, to)
		}
	}
	for _, a := range calls {
		for _, b := range calls {
			if c.follows(a, b) {
				c.Reportf(cl.call.Node(), "%s is closed again when line %d calls %s with the same channel a second time, and the second close panics",
					cl.text, c.line(b), decl.Node().(*ast.FuncDecl).Name.Name)
				return
			}
		}
	}
}

// parameter returns the index of a parameter of a function, -1 for other variables.
func (c *closer) parameter(decl *ast.FuncDecl, v *types.Var) int {
	fn, ok := c.TypesInfo.Defs[decl.Name].(*types.Func)
	if !ok || fn.Signature().Variadic() {
		return -1
	}
	for i := range fn.Signature().Params().Len() {
		if fn.Signature().Params().At(i) == v {
			return i
		}
	}
	return -1
}

// free reports whether nothing that outlives one call of a function decides about a close in
// it: it is under no condition but about what the function has made itself, and runs in the
// function, or in a goroutine that it starts in any case.
func (c *closer) free(at, decl inspector.Cursor) bool {
	child := at
	for up := range at.Enclosing() {
		switch n := up.Node().(type) {
		case *ast.FuncDecl:
			return up == decl
		case *ast.FuncLit:
			if kind := up.ParentEdgeKind(); kind != edge.CallExpr_Fun && !c.runs(up) {
				return false
			}
		case *ast.IfStmt:
			if child.Node() != n.Init && child.Node() != n.Cond && !c.ownMatter(n.Cond, decl) {
				return false
			}
		case *ast.CaseClause, *ast.CommClause, *ast.ForStmt, *ast.RangeStmt:
			return false
		}
		child = up
	}
	return false
}

// ownMatter reports whether a condition asks only what a function has made in this call,
// other than an error.
func (c *closer) ownMatter(cond ast.Expr, decl inspector.Cursor) bool {
	own, others := false, false
	ast.Inspect(cond, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if v, isVar := c.TypesInfo.Uses[id].(*types.Var); ok && isVar {
			mine := !v.IsField() && code.ContainsPos(code.Body(decl.Node()), v.Pos()) && !types.Identical(v.Type(), types.Universe.Lookup("error").Type())
			own, others = own || mine, others || !mine
		}
		return true
	})
	return own && !others
}

// mayFail reports whether a function may end with an error after it has closed a channel, or
// without a word to its caller.
func (c *closer) mayFail(cl *closing, decl inspector.Cursor) bool {
	typ := decl.Node().(*ast.FuncDecl).Type
	if cl.deferred || cl.fn != decl || typ.Results.NumFields() == 0 {
		return cl.fn == decl || c.runs(cl.fn) || cl.fn.ParentEdgeKind() == edge.CallExpr_Fun
	}
	g := c.graph(decl)
	last := typ.Results.List[len(typ.Results.List)-1].Type
	if g == nil || !types.Identical(c.TypesInfo.TypeOf(last), types.Universe.Lookup("error").Type()) {
		return false
	}
	return g.Find(g.At(cl.at.Node().Pos()), func(*flow.Step) bool { return false }, func(s *flow.Step) bool {
		ret, ok := s.Node.(*ast.ReturnStmt)
		return ok && len(ret.Results) > 0 && !c.TypesInfo.Types[ret.Results[len(ret.Results)-1]].IsNil()
	}) != nil
}

// follows reports whether a function may come to a call after another one, or the same, with
// the same channel, and without a condition that may know of the first but that it failed.
func (c *closer) follows(a, b *closing) bool {
	g := c.graph(a.fn)
	if g == nil || a.fn != b.fn || a.field == nil || a.place != b.place || a.deferred || b.deferred || c.locks(a.fn) {
		return false
	}
	path := flow.Outwards(b.at)
	for i, n := range path[1:] {
		child := path[i]
		if code.Contains(n, a.at.Node()) && !flow.IsLoop(n) && a.at != b.at {
			break
		}
		switch n := n.(type) {
		case *ast.IfStmt:
			if (child == n.Body || child == n.Else) && !c.isError(n.Cond) && !code.Contains(child, a.at.Node()) {
				return false
			}
		case *ast.CaseClause:
			if !code.Contains(n, a.at.Node()) {
				return false
			}
		}
	}
	stop := func(s *flow.Step) bool { return a.place.Sets(c.TypesInfo, s) || c.remakes(s, a.field) }
	to := g.At(b.at.Node().Pos())
	return g.Find(g.At(a.at.Node().Pos()), stop, func(s *flow.Step) bool { return s == to }) != nil
}
