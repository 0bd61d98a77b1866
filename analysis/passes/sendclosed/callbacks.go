// SPDX-License-Identifier: Apache-2.0

package sendclosed

import (
	"go/ast"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// calledBack reports the send of a callback on a channel of the function that gives it away,
// which another callback of it closes: who calls them, of a connection its messages and its
// end, say, does so at the same time.
func (f *finder) calledBack(g *chans.Group, c, s *chans.Use) {
	decl := code.Declaration(c.At)
	if c.Var.IsField() || len(g.Of(chans.Make)) != 1 || !decl.Valid() || decl != code.Declaration(s.At) || !decl.Contains(g.Of(chans.Make)[0].At) {
		return
	}
	closer, sender := c.Func(), s.Func()
	if closer.Contains(sender) || sender.Contains(closer) || f.guarded(closer) || f.guarded(sender) {
		return
	}
	if !f.givenAway(sender, 0) || !f.givenAway(closer, 1) || callsFirst(closer, c) {
		return
	}
	f.Reportf(s.At.Parent().Node(), "send on %s, which another callback closes at line %d, maybe at the same time: then this panics", name(s), f.line(c))
}

// guarded reports whether a function locks, waits or recovers.
func (f *finder) guarded(fn inspector.Cursor) bool { return locks(fn) || waits(fn) || recovers(fn) }

// givenAway reports whether a literal is given to a function of another package, which alone
// calls it: itself, or, to a depth, by another such literal that calls it.
func (f *finder) givenAway(lit inspector.Cursor, depth int) bool {
	if _, ok := lit.Node().(*ast.FuncLit); !ok || len(f.chans.Funcs.StartsOf(lit)) > 0 {
		return false
	}
	calls := f.chans.Funcs.Calls(lit)
	if len(calls) == 0 {
		return f.argument(lit)
	}
	return depth > 0 && !slices.ContainsFunc(calls, func(call inspector.Cursor) bool {
		return call.ParentEdgeKind() == edge.DeferStmt_Call || !code.Function(call).Valid() || !f.givenAway(code.Function(call), depth-1)
	})
}

// argument reports whether a literal, or the variable that holds it, is an argument of a call of
// another package.
func (f *finder) argument(lit inspector.Cursor) bool {
	if lit.ParentEdgeKind() == edge.CallExpr_Args {
		return f.foreign(lit.Parent().Node().(*ast.CallExpr))
	}
	s, ok := lit.Parent().Node().(*ast.AssignStmt)
	if !ok || len(s.Lhs) != 1 {
		return false
	}
	v := code.ObjectOf(f.TypesInfo, s.Lhs[0])
	for cur := range code.Declaration(lit).Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		for _, arg := range call.Args {
			if v != nil && code.ObjectOf(f.TypesInfo, arg) == v && f.foreign(call) {
				return true
			}
		}
	}
	return false
}

// foreign reports whether a call is of a function of another package that is none of Go's own.
func (f *finder) foreign(call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	obj := f.TypesInfo.Uses[sel.Sel]
	return obj != nil && obj.Pkg() != nil && obj.Pkg() != f.Pkg && isModule(obj.Pkg().Path())
}

// isModule reports whether the path of a package begins with the name of a host, as those of
// modules do.
func isModule(path string) bool {
	for _, r := range path {
		switch r {
		case '.':
			return true
		case '/':
			return false
		}
	}
	return false
}
