// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// niled reports a stop that closes a channel and then forgets it. A goroutine that was
// busy meanwhile finds nil at the next turn of its loop, which is never ready.
func (f *finder) niled() {
	for cur := range f.Inspect.Root().Preorder((*ast.AssignStmt)(nil)) {
		field, closed := f.closedBefore(cur)
		if field == nil || code.IsTest(f.Fset, cur.Node().Pos()) {
			continue
		}
		for _, start := range f.chans.Funcs.Starts {
			if at := f.rereads(start.Body, field); at != nil {
				f.Reportf(cur.Node(), "%s is nil before the goroutine of line %d has seen its close at line %d: at its next turn it waits for nil, for ever",
					types.ExprString(cur.Node().(*ast.AssignStmt).Lhs[0]), f.line(start.Go.Node()), f.line(closed))
				break
			}
		}
	}
}

func (f *finder) line(n ast.Node) int { return f.Fset.Position(n.Pos()).Line }

// closedBefore returns the field that a statement sets to nil right after it was closed.
func (f *finder) closedBefore(cur inspector.Cursor) (*types.Var, ast.Node) {
	s := cur.Node().(*ast.AssignStmt)
	if s.Tok != token.ASSIGN || len(s.Lhs) != 1 || len(s.Rhs) != 1 || !f.TypesInfo.Types[s.Rhs[0]].IsNil() {
		return nil, nil
	}
	before, ok := cur.PrevSibling()
	if !ok {
		return nil, nil
	}
	stmt, ok := before.Node().(*ast.ExprStmt)
	if !ok {
		return nil, nil
	}
	call, ok := stmt.X.(*ast.CallExpr)
	if !ok || !code.IsBuiltin(f.TypesInfo, call, "close") {
		return nil, nil
	}
	a, _ := flow.PlaceOf(f.TypesInfo, s.Lhs[0])
	b, ok := flow.PlaceOf(f.TypesInfo, call.Args[0])
	v, _ := code.ObjectOf(f.TypesInfo, s.Lhs[0]).(*types.Var)
	if !ok || a != b || v == nil || !v.IsField() {
		return nil, nil
	}
	return v.Origin(), call
}

// rereads returns a receive from the field itself in a loop of a goroutine.
func (f *finder) rereads(body inspector.Cursor, field *types.Var) ast.Node {
	for _, u := range f.chans.Of(field).Of(chans.Receive) {
		if u.Var == field && u.Func() == body && slices.ContainsFunc(flow.Outwards(u.At), flow.IsLoop) {
			if _, ok := u.At.Parent().Node().(*ast.UnaryExpr); ok {
				return u.At.Node()
			}
		}
	}
	return nil
}
