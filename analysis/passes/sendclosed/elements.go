// SPDX-License-Identifier: Apache-2.0

package sendclosed

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// elements looks at methods that stop an object and close all channels of a map or slice
// of its, to which a goroutine of the object sends without a lock.
func (f *finder) elements() {
	for cur := range f.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		if decl.Recv == nil || decl.Body == nil || !stops(decl.Name.Name) || code.IsTest(f.Fset, decl.Pos()) || waits(cur) || receivesAny(cur) {
			continue
		}
		for loop := range cur.Preorder((*ast.RangeStmt)(nil)) {
			if field := f.closesAll(loop.Node().(*ast.RangeStmt)); field != nil && !asksOthers(cur, loop) {
				f.sendsTo(cur, loop, field)
			}
		}
	}
}

// closesAll returns the field that a loop closes all channels of.
func (f *finder) closesAll(loop *ast.RangeStmt) *types.Var {
	field, v := f.overField(loop)
	if field == nil {
		return nil
	}
	for _, s := range loop.Body.List {
		stmt, ok := s.(*ast.ExprStmt)
		if !ok {
			continue
		}
		call, ok := stmt.X.(*ast.CallExpr)
		if ok && code.IsBuiltin(f.TypesInfo, call, "close") && code.ObjectOf(f.TypesInfo, call.Args[0]) == v {
			return field
		}
	}
	return nil
}

// overField returns the field of channels that a loop goes over, and the variable of each.
func (f *finder) overField(loop *ast.RangeStmt) (*types.Var, types.Object) {
	sel, ok := ast.Unparen(loop.X).(*ast.SelectorExpr)
	t := f.TypesInfo.TypeOf(loop.X)
	if !ok || t == nil {
		return nil, nil
	}
	of, value := loop.Key, loop.Value
	if m, ok := t.Underlying().(*types.Map); ok && code.IsChan(m.Key()) {
		value = of
	}
	field, ok := f.TypesInfo.Uses[sel.Sel].(*types.Var)
	if !ok || !field.IsField() || value == nil {
		return nil, nil
	}
	v := code.ObjectOf(f.TypesInfo, value)
	if v == nil || !code.IsChan(v.Type()) {
		return nil, nil
	}
	return field.Origin(), v
}

// asksOthers reports whether a method calls another stop before a loop: that may be what
// it waits by.
func asksOthers(fn, loop inspector.Cursor) bool {
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		sel, ok := ast.Unparen(cur.Node().(*ast.CallExpr).Fun).(*ast.SelectorExpr)
		if ok && sel.Pos() < loop.Node().Pos() && stops(sel.Sel.Name) {
			return true
		}
	}
	return false
}

// sendsTo reports the first send to a channel of the field by a goroutine of the object.
func (f *finder) sendsTo(stop, loop inspector.Cursor, field *types.Var) {
	decl := stop.Node().(*ast.FuncDecl)
	for _, start := range f.chans.Funcs.Starts {
		if !sameType(f.TypesInfo, decl, start) || f.callsIt(start.Body, stop) || locks(start.Body) || recovers(start.Body) {
			continue
		}
		if send := f.sendIn(start, field); send != nil {
			f.Reportf(send, "send on %s, which %s closes at line %d without waiting for this goroutine: then it panics",
				types.ExprString(send.Chan), decl.Name.Name, f.Fset.Position(loop.Node().Pos()).Line)
			return
		}
	}
}

func (f *finder) sendIn(start chans.Start, field *types.Var) *ast.SendStmt {
	for cur := range start.Body.Preorder((*ast.SendStmt)(nil)) {
		send := cur.Node().(*ast.SendStmt)
		if entry, ok := ast.Unparen(send.Chan).(*ast.IndexExpr); ok {
			if v, ok := code.ObjectOf(f.TypesInfo, entry.X).(*types.Var); ok && v.Origin() == field {
				return send
			}
		}
		for loop := range cur.Enclosing((*ast.RangeStmt)(nil)) {
			over, v := f.overField(loop.Node().(*ast.RangeStmt))
			if over == field && start.Body.Contains(loop) && code.ObjectOf(f.TypesInfo, send.Chan) == v {
				return send
			}
		}
	}
	return nil
}
