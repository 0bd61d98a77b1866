// SPDX-License-Identifier: Apache-2.0

package lostcancel

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// failed reports a cancel function that a function puts into the object that it makes,
// where it returns an error after that in place of the object: nobody has the function
// then. A context made from context.Background is nobody's child, and is collected.
func failed(pass *check.Pass, cur inspector.Cursor, as *ast.AssignStmt) {
	if len(as.Lhs) != 2 || len(as.Rhs) != 1 || inMain(pass, cur) {
		return
	}
	call, std, ok := makes(pass, as.Rhs[0])
	if !ok || !std {
		return
	}
	fn := code.Function(cur)
	object := madeObject(pass, fn, as.Lhs[1])
	if object == nil || len(call.Args) == 0 || code.Endless(pass.TypesInfo, call.Args[0], fn.Node()) {
		return
	}
	if ret := failure(pass, fn, cur, object); ret != nil && !assignedLater(pass, fn, as) {
		pass.Reportf(as, "nobody has the cancel function when the error of line %d is returned: its context lives as long as its parent (%s)",
			pass.Fset.Position(ret.Pos()).Line, exits.Name(call))
	}
}

// madeObject returns the local variable for whose field a cancel function is, if the
// function around makes what it holds.
func madeObject(pass *check.Pass, fn inspector.Cursor, to ast.Expr) *types.Var {
	sel, ok := ast.Unparen(to).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	v, ok := code.ObjectOf(pass.TypesInfo, sel.X).(*types.Var)
	if !ok || v.IsField() || !code.ContainsPos(code.Body(fn.Node()), v.Pos()) {
		return nil
	}
	for cur := range fn.Preorder((*ast.AssignStmt)(nil)) {
		as := cur.Node().(*ast.AssignStmt)
		if len(as.Lhs) == 1 && code.ObjectOf(pass.TypesInfo, as.Lhs[0]) == v && isNew(pass, as.Rhs[0]) {
			return v
		}
	}
	return nil
}

// assignedLater reports whether a later statement of a function has a cancel function for the
// same field: one is enough to be told of.
func assignedLater(pass *check.Pass, fn inspector.Cursor, as *ast.AssignStmt) bool {
	for cur := range fn.Preorder((*ast.AssignStmt)(nil)) {
		later := cur.Node().(*ast.AssignStmt)
		if later.Pos() > as.Pos() && len(later.Lhs) == 2 && code.ObjectOf(pass.TypesInfo, later.Lhs[1]) == code.ObjectOf(pass.TypesInfo, as.Lhs[1]) {
			return true
		}
	}
	return false
}

// isNew reports whether an expression makes an object: a literal, or a call of new.
func isNew(pass *check.Pass, e ast.Expr) bool {
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok && u.Op == token.AND {
		e = u.X
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		return true
	case *ast.CallExpr:
		return code.IsBuiltin(pass.TypesInfo, e, "new")
	}
	return false
}

// failure returns the statement by which a function returns an error, and nil for all else,
// after a place, where nothing was cancelled and nobody else has the object.
func failure(pass *check.Pass, fn, at inspector.Cursor, object *types.Var) ast.Node {
	for cur := range fn.Preorder((*ast.DeferStmt)(nil), (*ast.FuncLit)(nil)) {
		if cur != fn && code.Mentions(pass.TypesInfo, cur.Node(), object) {
			return nil
		}
	}
	g := flow.Of(pass.TypesInfo, code.Body(fn.Node()))
	if g == nil {
		return nil
	}
	ret := g.Find(g.At(at.Node().Pos()), func(s *flow.Step) bool { return ends(s) || given(pass, fn, s, object) }, func(s *flow.Step) bool {
		ret, ok := s.Node.(*ast.ReturnStmt)
		if !ok || len(ret.Results) < 2 || code.Mentions(pass.TypesInfo, ret, object) {
			return false
		}
		return pass.TypesInfo.Types[ret.Results[0]].IsNil() && !pass.TypesInfo.Types[ret.Results[len(ret.Results)-1]].IsNil()
	})
	if ret == nil {
		return nil
	}
	return ret.Node
}

// ends reports whether a step calls a function that cancels or closes, by its name.
func ends(s *flow.Step) bool {
	return flow.Has(s, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return false
		}
		name := code.CallName(call)
		for _, word := range []string{"cancel", "close", "stop", "shut", "done", "clean", "abort"} {
			if strings.Contains(name, word) {
				return true
			}
		}
		return false
	})
}

// given reports whether a step gives a variable itself to something else, or calls a method
// that could.
func given(pass *check.Pass, fn inspector.Cursor, s *flow.Step, object *types.Var) bool {
	return flow.Has(s, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || pass.TypesInfo.Uses[id] != object {
			return false
		}
		cur, ok := fn.FindNode(id)
		return !ok || cur.ParentEdgeKind() != edge.SelectorExpr_X
	})
}
