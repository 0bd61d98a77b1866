// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// contexts reports goroutines that only the end of a context ends, and that get one that
// has no end.
func (f *finder) contexts() {
	for _, start := range f.chans.Funcs.Starts {
		if code.IsTest(f.Fset, start.Go.Node().Pos()) {
			continue
		}
		for _, ctx := range f.endlessContexts(start) {
			if f.onlyBy(start.Body, ctx) && f.matters(start, &reason{}) && !f.neverEnds(start) {
				f.Reportf(start.Go.Node(), "the goroutine cannot be stopped: it ends with %s, which is context.Background", ctx.Name())
				break
			}
		}
	}
}

// endlessContexts returns the parameters of a goroutine's function that get a context
// without an end, and such variables from around a literal.
func (f *finder) endlessContexts(start chans.Start) []*types.Var {
	var out []*types.Var
	if stmt, ok := start.Go.Node().(*ast.GoStmt); ok {
		sig, ok := f.TypesInfo.TypeOf(stmt.Call.Fun).(*types.Signature)
		for i, arg := range stmt.Call.Args {
			if ok && i < sig.Params().Len() && f.isEndless(arg, start.Go, 3) {
				out = append(out, f.parameter(start.Body, i))
			}
		}
	}
	for cur := range start.Body.Preorder((*ast.Ident)(nil)) {
		id := cur.Node().(*ast.Ident)
		v, ok := f.TypesInfo.Uses[id].(*types.Var)
		if ok && code.IsNamed(v.Type(), "context.Context") && !code.ContainsPos(start.Body.Node(), v.Pos()) && f.isEndless(id, start.Go, 3) {
			out = append(out, v)
		}
	}
	return out
}

// parameter returns the variable of a function's i-th parameter.
func (f *finder) parameter(body inspector.Cursor, i int) *types.Var {
	if decl, ok := body.Node().(*ast.FuncDecl); ok {
		fn, ok := f.TypesInfo.Defs[decl.Name].(*types.Func)
		if ok {
			return fn.Signature().Params().At(i)
		}
		return nil
	}
	sig, ok := f.TypesInfo.TypeOf(body.Node().(*ast.FuncLit)).(*types.Signature)
	if !ok {
		return nil
	}
	return sig.Params().At(i)
}

// isEndless reports whether an expression is context.Background or context.TODO, perhaps
// with values, a local variable that is never anything else, or a parameter for which all
// calls in the package give such a one.
func (f *finder) isEndless(e ast.Expr, at inspector.Cursor, depth int) bool {
	if f.nothing(e) {
		return true
	}
	id, ok := e.(*ast.Ident)
	if !ok {
		return false
	}
	v, ok := f.TypesInfo.Uses[id].(*types.Var)
	if !ok || v.IsField() || v.Parent() == f.Pkg.Scope() || v.Pkg() != f.Pkg {
		return false
	}
	if calls, i := f.givers(v, at); calls != nil && !f.assigned(v, at) {
		return !slices.ContainsFunc(calls, func(c inspector.Cursor) bool {
			call := c.Node().(*ast.CallExpr)
			return i >= len(call.Args) || call.Args[i] == e || depth == 0 || !f.isEndless(call.Args[i], c, depth-1)
		})
	}
	background, others := 0, 0
	for outer := range at.Enclosing((*ast.FuncDecl)(nil)) {
		for cur := range outer.Preorder((*ast.AssignStmt)(nil)) {
			s := cur.Node().(*ast.AssignStmt)
			for i, lhs := range s.Lhs {
				if l, ok := lhs.(*ast.Ident); !ok || f.TypesInfo.ObjectOf(l) != v {
					continue
				}
				if len(s.Rhs) == len(s.Lhs) && f.nothing(s.Rhs[i]) {
					background++
				} else {
					others++
				}
			}
		}
	}
	return background == 1 && others == 0
}

// assigned reports whether the function around a place assigns to a variable.
func (f *finder) assigned(v *types.Var, at inspector.Cursor) bool {
	for cur := range code.Declaration(at).Preorder((*ast.AssignStmt)(nil)) {
		for _, lhs := range cur.Node().(*ast.AssignStmt).Lhs {
			if id, ok := lhs.(*ast.Ident); ok && f.TypesInfo.ObjectOf(id) == v {
				return true
			}
		}
	}
	return false
}

// givers returns the calls of the function around a place that has a variable as a
// parameter, and which one it is.
func (f *finder) givers(v *types.Var, at inspector.Cursor) ([]inspector.Cursor, int) {
	outer := code.Declaration(at)
	if !outer.Valid() {
		return nil, 0
	}
	fn, ok := f.TypesInfo.Defs[outer.Node().(*ast.FuncDecl).Name].(*types.Func)
	if !ok {
		return nil, 0
	}
	var calls []inspector.Cursor
	for i := range fn.Signature().Params().Len() {
		if fn.Signature().Params().At(i) != v {
			continue
		}
		for _, c := range f.chans.Funcs.Calls(outer) {
			if !code.IsTest(f.Fset, c.Node().Pos()) && code.Declaration(c) != outer {
				calls = append(calls, c)
			}
		}
		return calls, i
	}
	return nil, 0
}

// hasEnded reports whether a condition is that a context has ended: "ctx.Err() != nil".
func (f *finder) hasEnded(cond ast.Expr, ctx *types.Var) bool {
	cmp, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok || cmp.Op != token.NEQ || !f.TypesInfo.Types[cmp.Y].IsNil() || !code.IsCall(f.TypesInfo, ast.Unparen(cmp.X), "(context.Context).Err") {
		return false
	}
	sel, ok := ast.Unparen(cmp.X).(*ast.CallExpr).Fun.(*ast.SelectorExpr)
	return ok && code.ObjectOf(f.TypesInfo, sel.X) == ctx
}

// nothing reports whether an expression makes a context from nothing, or adds values to
// such a one: a function With… that takes a context and returns only that.
func (f *finder) nothing(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok || code.IsCall(f.TypesInfo, call, "context.Background", "context.TODO") {
		return ok
	}
	fn := typeutil.StaticCallee(f.TypesInfo, call)
	return fn != nil && strings.HasPrefix(fn.Name(), "With") && len(call.Args) > 0 &&
		code.IsNamed(f.TypesInfo.TypeOf(call), "context.Context") && f.nothing(call.Args[0])
}

// onlyBy reports whether a function has a loop without a condition that only the end of
// the context ends.
func (f *finder) onlyBy(fn inspector.Cursor, ctx *types.Var) bool {
	if ctx == nil {
		return false
	}
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
			return code.ObjectOf(f.TypesInfo, code.Receiver(call)) == ctx
		})
	}
	for _, loop := range f.loops(fn) {
		from := firstStep(g, loop)
		if from == nil || !code.Mentions(f.TypesInfo, loop, ctx) {
			continue
		}
		next := func(s *flow.Step) []*flow.Step {
			if over, ok := s.Node.(*ast.RangeStmt); ok && f.dead(over.X, chans.Close) != nil {
				return s.Next[:1]
			}
			if waits(s) {
				return nil
			}
			if cond, ok := s.Node.(ast.Expr); ok && f.hasEnded(cond, ctx) {
				return s.Next[1:]
			}
			return s.Next
		}
		if flow.Search([]*flow.Step{from}, next, func(s *flow.Step) bool { return s == g.Exit || flow.Has(s, f.exits) }) == nil {
			return true
		}
	}
	return false
}
