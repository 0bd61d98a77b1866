// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"
)

// A Place is a variable, or a field reached from one: s.mu, c.conn.done. Two mentions of
// the same place mean the same thing as long as its root is not assigned.
type Place struct {
	Root   types.Object
	Fields string
}

// PlaceOf returns the place that an expression names. It has none if it names
// something else, such as the element of a slice.
func PlaceOf(info *types.Info, e ast.Expr) (Place, bool) {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		v, ok := info.ObjectOf(e).(*types.Var)
		return Place{Root: v}, ok
	case *ast.SelectorExpr:
		if id, ok := e.X.(*ast.Ident); ok {
			if _, ok := info.ObjectOf(id).(*types.PkgName); ok {
				v, ok := info.ObjectOf(e.Sel).(*types.Var)
				return Place{Root: v}, ok
			}
		}
		p, ok := PlaceOf(info, e.X)
		p.Fields += "." + e.Sel.Name
		return p, ok
	case *ast.StarExpr:
		return PlaceOf(info, e.X)
	case *ast.UnaryExpr:
		return PlaceOf(info, e.X)
	}
	return Place{}, false
}

// Sets reports whether a step assigns the place, something that it is reached through,
// or its root, or declares the root anew.
func (p Place) Sets(info *types.Info, s *Step) bool {
	switch n := s.Node.(type) {
	case *ast.AssignStmt:
		for _, e := range n.Lhs {
			if p.under(info, e) {
				return true
			}
		}
	case *ast.DeclStmt:
		return p.Root != nil && n.Pos() <= p.Root.Pos() && p.Root.Pos() < n.End()
	case *ast.RangeStmt:
		return n.Key != nil && p.under(info, n.Key) || n.Value != nil && p.under(info, n.Value)
	}
	return Has(s, func(n ast.Node) bool { // its address, given away
		u, ok := n.(*ast.UnaryExpr)
		return ok && u.Op == token.AND && p.under(info, u.X)
	})
}

func (p Place) under(info *types.Info, e ast.Expr) bool {
	q, ok := PlaceOf(info, e)
	if !ok || q.Root != p.Root {
		return false
	}
	return p.Fields == q.Fields || len(p.Fields) > len(q.Fields) && p.Fields[:len(q.Fields)] == q.Fields && p.Fields[len(q.Fields)] == '.'
}

// Outwards returns a node and what encloses it, up to the function it is in.
func Outwards(at inspector.Cursor) []ast.Node {
	var out []ast.Node
	for c := range at.Enclosing() {
		switch c.Node().(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			return append(out, c.Node())
		}
		out = append(out, c.Node())
	}
	return out
}

// Leads reports whether control that has passed the first of two places comes to the
// second, on a path without a step that stop accepts and without a condition that may
// know of the first: none that the first is not under as well, nor, where the first is
// under one of its own, one on the way that leaves before the second. A comparison of an
// error with nil counts as no condition, unless the first is under one of its own: errors
// do happen. The path may be that of the next turn of a loop that both are in.
func (g *Graph) Leads(info *types.Info, first, second inspector.Cursor, stop func(*Step) bool) bool {
	within, ok := certain(info, first, second)
	if !ok {
		return false
	}
	outside := func(s *Step) bool {
		return s == g.Exit || s.Node != nil && (s.Node.Pos() < within.Pos() || s.Node.Pos() >= within.End())
	}
	to := g.At(second.Node().Pos())
	return g.Find(g.At(first.Node().Pos()), func(s *Step) bool { return outside(s) || stop(s) },
		func(s *Step) bool { return s == to }) != nil
}

// Certain reports whether the second of two places in a function has no condition of its
// own, in the sense of [Graph.Leads].
func Certain(info *types.Info, first, second inspector.Cursor) bool {
	_, ok := certain(info, first, second)
	return ok
}

// certain also returns what both places are in, the loop rather than its body.
func certain(info *types.Info, first, second inspector.Cursor) (ast.Node, bool) {
	a, b := Outwards(first), Outwards(second)
	i := meet(a, b)
	if i == 0 { // the same place, in the next turn
		i = slices.IndexFunc(b, IsLoop) - 1
	}
	if i < 0 {
		return nil, false
	}
	common := b[i]
	var ignore func(ast.Expr) bool
	if !Conditional(a, common, nil) {
		ignore = func(cond ast.Expr) bool { return comparesError(info, cond) }
	} else if leavesBefore(b[:i+1], first.Node().End()) {
		return nil, false
	}
	if Conditional(b, common, ignore) {
		return nil, false
	}
	if i+1 < len(b) && IsLoop(b[i+1]) {
		common = b[i+1]
	}
	return common, true
}

// leavesBefore reports whether a condition before the inner end of a path, which goes
// outwards, and behind a position may leave: it may know what was done at that position.
func leavesBefore(path []ast.Node, behind token.Pos) bool {
	for i, n := range path[1:] {
		block, ok := n.(*ast.BlockStmt)
		if !ok {
			continue
		}
		for _, s := range block.List {
			if cond, ok := s.(*ast.IfStmt); ok && behind < cond.Pos() && cond.End() <= path[i].Pos() && leaves(cond.Body.List) {
				return true
			}
		}
	}
	return false
}

// leaves reports whether the last of some statements goes elsewhere than to the next.
func leaves(list []ast.Stmt) bool {
	if len(list) == 0 {
		return false
	}
	switch list[len(list)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

// IsLoop reports whether a node is a loop.
func IsLoop(n ast.Node) bool {
	switch n.(type) {
	case *ast.ForStmt, *ast.RangeStmt:
		return true
	}
	return false
}

// meet returns the index in b of the innermost node that both paths have, or -1.
func meet(a, b []ast.Node) int {
	return slices.IndexFunc(b, func(n ast.Node) bool { return slices.Contains(a, n) })
}

func comparesError(info *types.Info, cond ast.Expr) bool {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok || b.Op != token.NEQ && b.Op != token.EQL {
		return false
	}
	t := info.TypeOf(b.X)
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

// Conditional reports whether control may pass by the inner end of a path, which goes
// outwards, on its way through the outer node: whether something between the two
// decides. Conditions of an if that ignore accepts do not count; it may
// be nil.
func Conditional(path []ast.Node, outer ast.Node, ignore func(ast.Expr) bool) bool {
	for i := 1; i < len(path) && path[i] != outer; i++ {
		switch n := path[i].(type) {
		case *ast.IfStmt:
			if (path[i-1] == n.Body || path[i-1] == n.Else) && (ignore == nil || !ignore(n.Cond)) {
				return true
			}
		case *ast.CaseClause, *ast.CommClause, *ast.RangeStmt:
			return true
		case *ast.ForStmt:
			if n.Cond != nil {
				return true
			}
		}
	}
	return false
}
