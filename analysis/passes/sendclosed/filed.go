// SPDX-License-Identifier: Apache-2.0

package sendclosed

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// filed looks at channels that a function makes, puts into a slice of its object, and
// whose goroutine closes them when it ends: they stay in the slice, and who sends to all
// of it sends to a closed one.
func (f *finder) filed(g *chans.Group, c *chans.Use, fn inspector.Cursor) {
	if _, ok := f.start(fn); !ok || c.Var.IsField() || len(g.Of(chans.Make)) != 1 {
		return
	}
	for _, u := range g.Of(chans.Escape) {
		field := f.appended(u)
		if field == nil || f.shrinks(field) {
			continue
		}
		for cur := range f.Inspect.Root().Preorder((*ast.SendStmt)(nil)) {
			send := cur.Node().(*ast.SendStmt)
			own := code.Function(cur)
			if f.elementOf(cur, send) != field || own == fn || locks(own) || recovers(own) || code.IsTest(f.Fset, send.Pos()) {
				continue
			}
			f.Reportf(send, "send on %s, which the goroutine that has it closes at line %d when it ends, and leaves in %s: then it panics",
				types.ExprString(send.Chan), f.line(c), field.Name())
			return
		}
	}
}

// appended returns the field that a channel is appended to.
func (f *finder) appended(u *chans.Use) *types.Var {
	if u.At.ParentEdgeKind() != edge.CallExpr_Args {
		return nil
	}
	call := u.At.Parent()
	if !code.IsBuiltin(f.TypesInfo, call.Node().(*ast.CallExpr), "append") || call.ParentEdgeKind() != edge.AssignStmt_Rhs {
		return nil
	}
	_, i := call.ParentEdge()
	s := call.Parent().Node().(*ast.AssignStmt)
	return f.field(s.Lhs[min(i, len(s.Lhs)-1)])
}

func (f *finder) field(e ast.Expr) *types.Var {
	v, _ := code.ObjectOf(f.TypesInfo, e).(*types.Var)
	if v == nil || !v.IsField() {
		return nil
	}
	return v.Origin()
}

// elementOf returns the field that has the channel of a send as an element.
func (f *finder) elementOf(at inspector.Cursor, send *ast.SendStmt) *types.Var {
	if index, ok := ast.Unparen(send.Chan).(*ast.IndexExpr); ok {
		return f.field(index.X)
	}
	v := code.ObjectOf(f.TypesInfo, send.Chan)
	for loop := range at.Enclosing((*ast.RangeStmt)(nil)) {
		if n := loop.Node().(*ast.RangeStmt); v != nil && n.Value != nil && code.ObjectOf(f.TypesInfo, n.Value) == v {
			return f.field(n.X)
		}
	}
	return nil
}

// shrinks reports whether the package takes something out of a slice, or makes it anew.
func (f *finder) shrinks(field *types.Var) bool {
	for cur := range f.Inspect.Root().Preorder((*ast.AssignStmt)(nil)) {
		s := cur.Node().(*ast.AssignStmt)
		for i, lhs := range s.Lhs {
			if f.field(lhs) != field || i >= len(s.Rhs) {
				continue
			}
			call, ok := ast.Unparen(s.Rhs[i]).(*ast.CallExpr)
			if !ok || !code.IsBuiltin(f.TypesInfo, call, "append") || call.Ellipsis.IsValid() {
				return true
			}
		}
	}
	return false
}
