// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// retries reports goroutines of objects that can be stopped with a loop that tries
// again, after a sleep, until it has success: a stop is not seen in it.
func (f *finder) retries() {
	for _, start := range f.chans.Funcs.Starts {
		if code.IsTest(f.Fset, start.Go.Node().Pos()) {
			continue
		}
		loop := f.retriesIn(start.Body)
		decl := code.Declaration(start.Go)
		if loop == nil || !decl.Valid() || !f.stoppable(decl.Node().(*ast.FuncDecl)) && !f.hasContext(decl.Node().(*ast.FuncDecl)) || !f.matters(start, &reason{}) {
			continue
		}
		f.Reportf(start.Go.Node(), "the goroutine cannot be stopped while it fails: the loop at line %d tries until it has success, and does not look for the stop", f.line(loop))
	}
}

// hasContext reports whether a function has a context, from who calls it, to stop by.
func (f *finder) hasContext(decl *ast.FuncDecl) bool {
	for _, field := range decl.Type.Params.List {
		if t := f.TypesInfo.TypeOf(field.Type); t != nil && code.IsNamed(t, "context.Context") {
			return true
		}
	}
	return false
}

// retriesIn returns such a loop of a function, or of one of the package that it calls and
// that is no goroutine's own.
func (f *finder) retriesIn(fn inspector.Cursor) ast.Node {
	if loop := f.untilSuccess(fn); loop != nil {
		return loop
	}
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		callee := f.chans.Funcs.Callee(cur.Node().(*ast.CallExpr))
		if !callee.Valid() || callee == fn || code.Function(cur) != fn || len(f.chans.Funcs.StartsOf(callee)) > 0 {
			continue
		}
		if loop := f.untilSuccess(callee); loop != nil {
			return loop
		}
	}
	return nil
}

// untilSuccess returns a loop of a function that sleeps and that only success ends.
func (f *finder) untilSuccess(fn inspector.Cursor) ast.Node {
	for cur := range fn.Preorder((*ast.ForStmt)(nil)) {
		loop := cur.Node().(*ast.ForStmt)
		if loop.Cond == nil && code.Function(cur) == fn && f.sleepsOnly(cur) && f.leftBySuccess(cur) {
			return loop
		}
	}
	return nil
}

// sleepsOnly reports whether a loop sleeps, and waits for nothing else, nor answers: no
// channel, and no context that its calls may end with. What it gives a context to after it
// has slept, it does when it has success.
func (f *finder) sleepsOnly(loop inspector.Cursor) bool {
	slept, others := token.NoPos, false
	var contexts []token.Pos
	ast.Inspect(loop.Node(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.SelectStmt, *ast.SendStmt:
			others = true
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && f.isTime(n.X) {
				slept = n.End()
			} else {
				others = others || n.Op == token.ARROW
			}
		case *ast.CallExpr:
			if code.IsCall(f.TypesInfo, n, "time.Sleep") {
				slept = n.End()
			}
			others = others || f.exits(n)
		case *ast.Ident:
			if v, ok := f.TypesInfo.Uses[n].(*types.Var); ok && code.IsNamed(v.Type(), "context.Context") {
				contexts = append(contexts, n.Pos())
			}
		}
		return true
	})
	return slept.IsValid() && !others && (len(contexts) == 0 || contexts[0] > slept)
}

// isTime reports whether a channel is that of a timer or ticker: what time.After returns, or
// the field C.
func (f *finder) isTime(ch ast.Expr) bool {
	if code.IsCall(f.TypesInfo, ast.Unparen(ch), "time.After", "time.Tick") {
		return true
	}
	sel, ok := ast.Unparen(ch).(*ast.SelectorExpr)
	return ok && (code.IsNamed(f.TypesInfo.TypeOf(sel.X), "time.Ticker") || code.IsNamed(f.TypesInfo.TypeOf(sel.X), "time.Timer"))
}

// leftBySuccess reports whether a loop has exits, and all of them are where an error is
// nil.
func (f *finder) leftBySuccess(loop inspector.Cursor) bool {
	found := false
	for cur := range loop.Preorder((*ast.ReturnStmt)(nil), (*ast.BranchStmt)(nil)) {
		if code.Function(cur) != code.Function(loop) {
			continue
		}
		if b, ok := cur.Node().(*ast.BranchStmt); ok {
			if b.Tok == token.CONTINUE || b.Tok == token.BREAK && b.Label == nil && code.BreakTarget(cur) != loop {
				continue
			}
			if b.Tok != token.BREAK || b.Label != nil {
				return false
			}
		}
		if !f.success(cur, loop) {
			return false
		}
		found = true
	}
	return found
}

// success reports whether a statement of a loop is one that runs when an error is nil.
func (f *finder) success(at, loop inspector.Cursor) bool {
	innermost := true
	child := at
	for up := range at.Enclosing() {
		if up == loop {
			break
		}
		switch n := up.Node().(type) {
		case *ast.IfStmt:
			op, isErr := f.compares(n.Cond)
			if !isErr {
				return false
			}
			inElse := n.Else != nil && code.Contains(n.Else, child.Node())
			if innermost && (inElse != (op == token.NEQ) || joined(n.Cond, inElse)) {
				return false
			}
			innermost = false
		case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.ForStmt, *ast.RangeStmt:
			return false
		}
		child = up
	}
	return !innermost || f.afterFailure(at, loop)
}

// joined reports whether a branch may be taken whatever the error is: that of a condition
// in which the error is one of two.
func joined(cond ast.Expr, inElse bool) bool {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	return ok && (b.Op == token.LOR && !inElse || b.Op == token.LAND && inElse)
}

// compares returns how a condition compares an error with nil, or with another error.
func (f *finder) compares(cond ast.Expr) (token.Token, bool) {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok {
		return 0, false
	}
	if b.Op == token.LOR || b.Op == token.LAND {
		return f.compares(b.X)
	}
	t := f.TypesInfo.TypeOf(b.X)
	return b.Op, (b.Op == token.EQL || b.Op == token.NEQ) && t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

// afterFailure reports whether a statement of a loop's own body comes after one that
// goes on with the next turn when there is an error.
func (f *finder) afterFailure(at, loop inspector.Cursor) bool {
	for _, s := range loop.Node().(*ast.ForStmt).Body.List {
		if s.Pos() >= at.Node().Pos() {
			return false
		}
		cond, ok := s.(*ast.IfStmt)
		if !ok || len(cond.Body.List) == 0 {
			continue
		}
		last, ok := cond.Body.List[len(cond.Body.List)-1].(*ast.BranchStmt)
		if op, isErr := f.compares(cond.Cond); isErr && op == token.NEQ && ok && last.Tok == token.CONTINUE {
			return true
		}
	}
	return false
}

// polls reports goroutines that poll until they can send an answer to a function that
// has long given up: it waits for a time only.
func (f *finder) polls() {
	for _, start := range f.chans.Funcs.Starts {
		lit, ok := start.Body.Node().(*ast.FuncLit)
		if !ok || code.IsTest(f.Fset, start.Go.Node().Pos()) {
			continue
		}
		for cur := range start.Body.Preorder((*ast.ForStmt)(nil)) {
			loop := cur.Node().(*ast.ForStmt)
			if loop.Cond != nil || code.Function(cur) != start.Body || !f.sleepsUncounted(loop) {
				continue
			}
			if v := f.answer(loop); v != nil && !code.ContainsPos(lit, v.Pos()) && f.givesUp(start, v) {
				f.Reportf(start.Go.Node(), "the goroutine cannot be stopped: the loop at line %d polls on when nobody waits for %s any more", f.line(loop), v.Name())
				break
			}
		}
	}
}

// sleepsUncounted reports whether a loop sleeps, waits for no channel, asks no context
// whether it is done, and neither counts nor looks at the time.
func (f *finder) sleepsUncounted(loop ast.Node) bool {
	sleeps, others := false, false
	ast.Inspect(loop, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectStmt, *ast.IncDecStmt:
			others = true
		case *ast.UnaryExpr:
			others = others || n.Op == token.ARROW
		case *ast.CallExpr:
			sleeps = sleeps || code.IsCall(f.TypesInfo, n, "time.Sleep")
			others = others || code.IsCall(f.TypesInfo, n, "(context.Context).Err", "(context.Context).Done", "time.Now", "time.Since", "time.Until") || f.exits(n)
		}
		return true
	})
	return sleeps && !others
}

// answer returns the channel that a loop sends to.
func (f *finder) answer(loop ast.Node) (out *types.Var) {
	ast.Inspect(loop, func(n ast.Node) bool {
		if s, ok := n.(*ast.SendStmt); ok && out == nil {
			out, _ = code.ObjectOf(f.TypesInfo, s.Chan).(*types.Var)
		}
		return out == nil
	})
	return out
}

// givesUp reports whether the function that starts a goroutine waits for a channel, or
// for a time to pass.
func (f *finder) givesUp(start chans.Start, ch *types.Var) bool {
	outer, _ := code.Enclosing(start.Go)
	for cur := range outer.Preorder((*ast.SelectStmt)(nil)) {
		answered, late := false, false
		for _, c := range cur.Node().(*ast.SelectStmt).Body.List {
			comm := c.(*ast.CommClause).Comm
			if comm == nil {
				continue
			}
			answered = answered || code.Mentions(f.TypesInfo, comm, ch)
			ast.Inspect(comm, func(n ast.Node) bool {
				late = late || code.IsCall(f.TypesInfo, n, "time.After")
				return !late
			})
		}
		if answered && late {
			return true
		}
	}
	return false
}
