// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// pending reports the send of an answer on a channel that a call has put into a map of its
// object, by its number, and waits for with a time limit: a late answer stops whoever
// reads the answers, for all calls.
func (l *leavers) pending() {
	waiting := map[*types.Var]ast.Node{} // where the call leaves, by the field of the map
	for _, g := range l.chans.Groups() {
		if field, left := l.filed(g); field != nil && waiting[field] == nil {
			waiting[field] = left
		}
	}
	if len(waiting) == 0 {
		return
	}
	for cur := range l.Inspect.Root().Preorder((*ast.SendStmt)(nil)) {
		send := cur.Node().(*ast.SendStmt)
		if code.IsTest(l.Fset, send.Pos()) || cur.ParentEdgeKind() == edge.CommClause_Comm && len(cur.Parent().Parent().Node().(*ast.BlockStmt).List) > 1 {
			continue
		}
		if left := waiting[l.entry(send.Chan)]; left != nil && !code.ContainsPos(code.Function(cur).Node(), left.Pos()) {
			l.Reportf(send, "%s has no buffer, and its receiver leaves at line %d: a send after that waits for ever",
				types.ExprString(send.Chan), l.Fset.Position(left.Pos()).Line)
		}
	}
}

// filed returns the field with the map that a function puts its own channel into, and
// where the function leaves without a receive.
func (l *leavers) filed(g *chans.Group) (*types.Var, ast.Node) {
	receives, made := g.Of(chans.Receive), g.Of(chans.Make)
	if len(made) != 1 || made[0].Var.IsField() || len(receives) == 0 || g.Has(chans.Origin) || !g.Unbuffered(l.TypesInfo) {
		return nil, nil
	}
	field := (*types.Var)(nil)
	for _, u := range g.Of(chans.Escape) {
		if u.At.ParentEdgeKind() != edge.AssignStmt_Rhs || u.Func() != made[0].Func() {
			return nil, nil
		}
		_, i := u.At.ParentEdge()
		s := u.At.Parent().Node().(*ast.AssignStmt)
		if field = l.mapOf(s.Lhs[min(i, len(s.Lhs)-1)]); field == nil {
			return nil, nil
		}
	}
	var left ast.Node
	for _, u := range receives {
		clause := commOf(u)
		if u.Func() != made[0].Func() || !clause.Valid() {
			return nil, nil
		}
		left = nil
		cases := clause.Parent().Node().(*ast.BlockStmt)
		for _, s := range cases.List {
			if c := s.(*ast.CommClause); c != clause.Node() && l.timesOut(c) && l.ends(u, cases, c, receives) {
				left = c
			}
		}
		if left == nil {
			return nil, nil
		}
	}
	return field, left
}

// timesOut reports whether a case is that of a context's end, or a time limit.
func (l *leavers) timesOut(c *ast.CommClause) (found bool) {
	if c.Comm == nil {
		return false
	}
	ast.Inspect(c.Comm, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			if sel, ok := n.X.(*ast.SelectorExpr); ok && n.Op == token.ARROW && sel.Sel.Name == "C" && code.IsNamed(l.TypesInfo.TypeOf(sel.X), "time.Timer") {
				found = true
			}
		case *ast.CallExpr:
			found = found || code.IsCall(l.TypesInfo, n, "(context.Context).Done", "time.After")
		}
		return !found
	})
	return found
}

// mapOf returns the field that an expression is an element of.
func (l *leavers) mapOf(e ast.Expr) *types.Var {
	index, ok := ast.Unparen(e).(*ast.IndexExpr)
	if !ok {
		return nil
	}
	if t := l.TypesInfo.TypeOf(index.X); t == nil || !isMap(t) {
		return nil
	}
	v, _ := code.ObjectOf(l.TypesInfo, index.X).(*types.Var)
	if v == nil || !v.IsField() && v.Parent() != l.Pkg.Scope() {
		return nil
	}
	return v.Origin()
}

func isMap(t types.Type) bool {
	_, ok := t.Underlying().(*types.Map)
	return ok
}

// entry returns the field with the map that a channel comes from: itself, or by the
// assignment of a local variable.
func (l *leavers) entry(e ast.Expr) *types.Var {
	if field := l.mapOf(e); field != nil {
		return field
	}
	v, _ := code.ObjectOf(l.TypesInfo, e).(*types.Var)
	g := l.chans.Of(v)
	if g == nil || v.IsField() {
		return nil
	}
	i := slices.IndexFunc(g.Uses, func(u *chans.Use) bool { return u.Kind == chans.Origin && u.Var == v })
	if i < 0 {
		return nil
	}
	switch s := g.Uses[i].At.Parent().Node().(type) {
	case *ast.AssignStmt:
		return l.mapOf(s.Rhs[0])
	case *ast.RangeStmt:
		if m, ok := code.ObjectOf(l.TypesInfo, s.X).(*types.Var); ok && m.IsField() && isMap(m.Type()) {
			return m.Origin()
		}
	}
	return nil
}
