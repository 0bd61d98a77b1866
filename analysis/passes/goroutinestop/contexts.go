// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// contexts reports goroutines that only the end of a context ends, and that get one that
// has no end.
func (f *finder) contexts() {
	for _, start := range f.chans.Funcs.Starts {
		stmt, ok := start.Go.Node().(*ast.GoStmt)
		if !ok || code.IsTest(f.Fset, stmt.Pos()) {
			continue
		}
		ctx := f.endlessContext(stmt.Call, start.Body)
		if ctx == nil || !f.onlyBy(start.Body, ctx) || !f.matters(start, &reason{}) {
			continue
		}
		f.Reportf(stmt, "the goroutine cannot be stopped: it ends with %s, which is context.Background", ctx.Name())
	}
}

// endlessContext returns the parameter that gets context.Background or context.TODO.
func (f *finder) endlessContext(call *ast.CallExpr, body inspector.Cursor) *types.Var {
	decl, ok := body.Node().(*ast.FuncDecl)
	if !ok {
		return nil
	}
	fn, ok := f.TypesInfo.Defs[decl.Name].(*types.Func)
	if !ok {
		return nil
	}
	params := fn.Signature().Params()
	for i, arg := range call.Args {
		if code.IsCall(f.TypesInfo, ast.Unparen(arg), "context.Background", "context.TODO") && i < params.Len() {
			return params.At(i)
		}
	}
	return nil
}

// onlyBy reports whether a function has a loop without a condition that only the end of
// the context ends.
func (f *finder) onlyBy(fn inspector.Cursor, ctx *types.Var) bool {
	g := flow.Of(f.TypesInfo, code.Body(fn.Node()))
	if g == nil {
		return false
	}
	waits := func(s *flow.Step) bool {
		return flow.Has(s, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !code.IsCall(f.TypesInfo, call, "(context.Context).Done") {
				return false
			}
			return code.ObjectOf(f.TypesInfo, call.Fun.(*ast.SelectorExpr).X) == ctx
		})
	}
	for _, loop := range f.loops(fn) {
		from := firstStep(g, loop)
		if from == nil || !contains(loop, ctx, f.TypesInfo) {
			continue
		}
		next := func(s *flow.Step) []*flow.Step {
			if over, ok := s.Node.(*ast.RangeStmt); ok && f.dead(over.X, chans.Close) != nil {
				return s.Next[:1]
			}
			if waits(s) {
				return nil
			}
			return s.Next
		}
		if flow.Search([]*flow.Step{from}, next, func(s *flow.Step) bool { return s == g.Exit || flow.Has(s, f.exits) }) == nil {
			return true
		}
	}
	return false
}

func contains(n ast.Node, v *types.Var, info *types.Info) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && info.Uses[id] == v
		return !found
	})
	return found
}
