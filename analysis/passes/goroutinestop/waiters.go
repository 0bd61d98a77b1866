// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// waiters reports goroutines that wait for one thing that does not come, or comes only
// long after what they are for is gone.
func (f *finder) waiters() {
	for _, start := range f.chans.Funcs.Starts {
		if code.IsTest(f.Fset, start.Go.Node().Pos()) {
			continue
		}
		on := f.waitsFor(start.Body)
		if on == nil {
			on = f.loopsFor(start.Body)
			if on != nil && f.signalOnly(start, on) && !f.neverEnds(start) {
				f.reportSignalOnly(start)
			}
			continue
		}
		switch {
		case f.eachConnection(start, on):
			f.Reportf(start.Go.Node(), "the goroutine stays when its connection is closed: it waits for %s alone, one more for each that is accepted", types.ExprString(on))
		case f.stoppedTimer(start, on):
			f.Reportf(start.Go.Node(), "the goroutine stays when its timer is stopped: nothing is sent to %s then", types.ExprString(on))
		case f.signalOnly(start, on):
			f.reportSignalOnly(start)
		}
	}
}

// neverEnds reports whether a goroutine is reported for a loop without an end.
func (f *finder) neverEnds(start chans.Start) bool {
	why := f.endless(start.Body, 2)
	return why != nil && f.matters(start, why)
}

func (f *finder) reportSignalOnly(start chans.Start) {
	f.Reportf(start.Go.Node(), "the goroutine cannot be stopped: it waits for a signal of the system alone, also when its object is stopped")
}

// loopsFor returns the channel that a loop of a function, without a condition, receives
// from first in each turn.
func (f *finder) loopsFor(fn inspector.Cursor) ast.Expr {
	for _, s := range code.Body(fn.Node()).List {
		switch s := s.(type) {
		case *ast.ForStmt:
			if s.Cond != nil || s.Init != nil || len(s.Body.List) == 0 {
				return nil
			}
			return received(s.Body.List[0])
		case *ast.RangeStmt:
			return s.X
		}
	}
	return nil
}

// received returns the channel that a statement receives from.
func received(s ast.Stmt) ast.Expr {
	var e ast.Expr
	switch s := s.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		e = s.Rhs[0]
	}
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
		return u.X
	}
	return nil
}

// waitsFor returns the channel that a function receives from, before anything but
// declarations and calls, and not beside another one.
func (f *finder) waitsFor(fn inspector.Cursor) ast.Expr {
	for _, s := range code.Body(fn.Node()).List {
		if sel, ok := s.(*ast.SelectStmt); ok && len(sel.Body.List) == 1 {
			s = sel.Body.List[0].(*ast.CommClause).Comm
		}
		switch s.(type) {
		case *ast.ExprStmt, *ast.AssignStmt:
			if on := received(s); on != nil {
				return on
			}
		case *ast.DeferStmt, *ast.DeclStmt:
		default:
			return nil
		}
	}
	return nil
}

// eachConnection reports whether a goroutine is started for each connection that a loop
// accepts, and waits for what is from outside of the loop.
func (f *finder) eachConnection(start chans.Start, on ast.Expr) bool {
	loop, ok := code.Loop(start.Go)
	if _, lit := start.Body.Node().(*ast.FuncLit); !ok || !lit || !f.accepts(loop) {
		return false
	}
	own := func(n ast.Node) (found bool) {
		ast.Inspect(n, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				v, ok := f.TypesInfo.Uses[id].(*types.Var)
				found = found || ok && !v.IsField() && code.ContainsPos(loop.Node(), v.Pos()) && !code.ContainsPos(start.Body.Node(), v.Pos())
			}
			return !found
		})
		return found
	}
	if call, ok := ast.Unparen(on).(*ast.CallExpr); ok && strings.HasPrefix(code.Callee(f.TypesInfo, call), "time.") {
		return false
	}
	return !own(on) && own(code.Body(start.Body.Node()))
}

// accepts reports whether a loop calls Accept of a listener.
func (f *finder) accepts(loop inspector.Cursor) bool {
	for cur := range loop.Preorder((*ast.CallExpr)(nil)) {
		if sel, ok := cur.Node().(*ast.CallExpr).Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(sel.Sel.Name, "Accept") && code.Function(cur) == code.Function(loop) {
			return true
		}
	}
	return false
}

// stoppedTimer reports whether a goroutine waits for a timer that its function also
// keeps elsewhere, in a package that stops such timers.
func (f *finder) stoppedTimer(start chans.Start, on ast.Expr) bool {
	sel, ok := ast.Unparen(on).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "C" || !code.IsNamed(f.TypesInfo.TypeOf(sel.X), "time.Timer") {
		return false
	}
	v, ok := code.ObjectOf(f.TypesInfo, sel.X).(*types.Var)
	outer, _ := code.Enclosing(start.Go)
	if !ok || v.IsField() || !outer.Valid() || code.ContainsPos(start.Body.Node(), v.Pos()) {
		return false
	}
	kept := false
	for cur := range outer.Preorder((*ast.Ident)(nil)) {
		if f.TypesInfo.Uses[cur.Node().(*ast.Ident)] == v {
			kind := cur.ParentEdgeKind()
			kept = kept || kind == edge.AssignStmt_Rhs || kind == edge.KeyValueExpr_Value
		}
	}
	return kept && f.stopsTimers()
}

func (f *finder) stopsTimers() bool {
	for cur := range f.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if code.IsCall(f.TypesInfo, cur.Node(), "(*time.Timer).Stop") && !code.IsTest(f.Fset, cur.Node().Pos()) {
			return true
		}
	}
	return false
}

// signalOnly reports whether a goroutine of an object that can be stopped, outside of
// programs, waits for a signal of the system.
func (f *finder) signalOnly(start chans.Start, on ast.Expr) bool {
	t := f.TypesInfo.TypeOf(on)
	if t == nil {
		return false
	}
	ch, ok := t.Underlying().(*types.Chan)
	if !ok || !code.IsNamed(ch.Elem(), "os.Signal") || f.program() {
		return false
	}
	decl := code.Declaration(start.Go)
	if !decl.Valid() || !f.stoppable(decl.Node().(*ast.FuncDecl)) {
		return false
	}
	v, _ := code.ObjectOf(f.TypesInfo, on).(*types.Var)
	return v != nil && !v.IsField() && !f.chans.Of(v).Has(chans.Close, chans.Send)
}

// dropped reports go statements that run a method of a local object that has a method to
// stop it, where nothing else gets the object: nobody can call that.
func (f *finder) dropped() {
	for cur := range f.Inspect.Root().Preorder((*ast.GoStmt)(nil)) {
		stmt := cur.Node().(*ast.GoStmt)
		if code.IsTest(f.Fset, stmt.Pos()) || f.program() || len(stmt.Call.Args) > 0 {
			continue
		}
		sel, ok := stmt.Call.Fun.(*ast.SelectorExpr)
		if !ok || sel.Sel.Name != "Start" && sel.Sel.Name != "Run" {
			continue
		}
		v, _ := code.ObjectOf(f.TypesInfo, sel.X).(*types.Var)
		if decl := code.Declaration(cur); v == nil || v.IsField() || !decl.Valid() || code.IsEntry(f.Pass.Pass, decl.Node()) || !f.usedOnce(decl, v) {
			continue
		}
		for _, name := range []string{"Stop", "Close", "Shutdown"} {
			obj, _, _ := types.LookupFieldOrMethod(v.Type(), true, f.Pkg, name)
			if fn, ok := obj.(*types.Func); ok {
				f.Reportf(stmt, "the goroutine cannot be stopped: nobody has %s to call %s of it", v.Name(), fn.Name())
				break
			}
		}
	}
}

// usedOnce reports whether a local variable gets the result of a call with no context,
// and is used only once after that.
func (f *finder) usedOnce(decl inspector.Cursor, v *types.Var) bool {
	fresh, uses := false, 0
	for cur := range decl.Preorder((*ast.Ident)(nil)) {
		id := cur.Node().(*ast.Ident)
		if f.TypesInfo.Uses[id] == v {
			uses++
		}
		if f.TypesInfo.Defs[id] != v || cur.ParentEdgeKind() != edge.AssignStmt_Lhs {
			continue
		}
		call, ok := cur.Parent().Node().(*ast.AssignStmt).Rhs[0].(*ast.CallExpr)
		fresh = ok
		for _, arg := range argsOf(call) {
			t := f.TypesInfo.TypeOf(arg)
			fresh = fresh && t != nil && !code.IsNamed(t, "context.Context") && !code.IsChan(t)
		}
	}
	return fresh && uses == 1
}

func argsOf(call *ast.CallExpr) []ast.Expr {
	if call == nil {
		return nil
	}
	return call.Args
}
