// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"cmp"
	"maps"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// Runs returns where a call happens in terms of flow: the function, the place in it, and
// whether it is deferred to the function's end. What a deferred literal does in any
// case, the function around it does.
func Runs(call inspector.Cursor) (f, at inspector.Cursor, deferred bool) {
	if call.ParentEdgeKind() == edge.DeferStmt_Call {
		return code.Function(call), call, true
	}
	f = code.Function(call)
	if f.ParentEdgeKind() == edge.CallExpr_Fun && f.Parent().ParentEdgeKind() == edge.DeferStmt_Call &&
		!Conditional(Outwards(call), f.Node(), nil) {
		return code.Function(f.Parent()), f.Parent(), true
	}
	return f, call, false
}

// Certainly reports whether a function comes to the place whenever it ends normally.
func (g *Graph) Certainly(at inspector.Cursor) bool {
	to := g.At(at.Node().Pos())
	if to == nil {
		return false
	}
	passed := func(s *Step) bool { return s == to }
	return g.FindFrom(g.Entry, passed, func(s *Step) bool { return s == g.Exit }) == nil
}

// InOrder returns the keys of a map in the order of the source.
func InOrder[V any](m map[inspector.Cursor]V) []inspector.Cursor {
	return slices.SortedFunc(maps.Keys(m), func(a, b inspector.Cursor) int { return cmp.Compare(a.Index(), b.Index()) })
}
