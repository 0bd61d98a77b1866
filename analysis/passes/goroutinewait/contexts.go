// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// endedBy reports whether a context that a goroutine has as a parameter, or from the
// function that starts it, is one that a field's cancel function ends.
func (f *finder) endedBy(start chans.Start, all []reach, i int, v, signal *types.Var) bool {
	outer, ok := code.Enclosing(start.Go)
	if !ok || v.IsField() {
		return false
	}
	for ; all[i].call.Valid(); i = all[i].from {
		if arg := f.argument(all[i].fn, all[i].call.Node().(*ast.CallExpr), v); arg != nil {
			if v, ok = code.ObjectOf(f.TypesInfo, arg).(*types.Var); !ok {
				return false
			}
		}
	}
	if stmt, ok := start.Go.Node().(*ast.GoStmt); ok {
		if arg := f.argument(start.Body, stmt.Call, v); arg != nil {
			v, _ = code.ObjectOf(f.TypesInfo, arg).(*types.Var)
		}
	}
	for cur := range outer.Preorder((*ast.AssignStmt)(nil)) {
		n := cur.Node().(*ast.AssignStmt)
		if v == nil || len(n.Lhs) != 2 || len(n.Rhs) != 1 || code.ObjectOf(f.TypesInfo, n.Lhs[0]) != types.Object(v) ||
			!code.IsCall(f.TypesInfo, ast.Unparen(n.Rhs[0]), "context.WithCancel", "context.WithTimeout", "context.WithDeadline") {
			continue
		}
		if fieldOf(f.TypesInfo, n.Lhs[1]) == signal || f.kept(outer, code.ObjectOf(f.TypesInfo, n.Lhs[1]), signal) {
			return true
		}
	}
	return false
}

// argument returns what a call gives for a parameter of the function that it runs, nil
// if v is none.
func (f *finder) argument(fn inspector.Cursor, call *ast.CallExpr, v *types.Var) ast.Expr {
	params := code.FuncType(fn.Node()).Params
	i := 0
	for _, field := range params.List {
		for _, name := range field.Names {
			if f.TypesInfo.Defs[name] == types.Object(v) && i < len(call.Args) {
				return call.Args[i]
			}
			i++
		}
	}
	return nil
}

// kept reports whether a function keeps a variable in a field: by an assignment, or in
// the literal of a struct.
func (f *finder) kept(fn inspector.Cursor, v types.Object, field *types.Var) bool {
	if v == nil {
		return false
	}
	is := func(e ast.Expr) bool { return code.ObjectOf(f.TypesInfo, e) == v }
	for cur := range fn.Preorder((*ast.AssignStmt)(nil), (*ast.CompositeLit)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if len(n.Lhs) == len(n.Rhs) && fieldOf(f.TypesInfo, l) == field && is(n.Rhs[i]) {
					return true
				}
			}
		case *ast.CompositeLit:
			if f.inLiteral(n, field, is) {
				return true
			}
		}
	}
	return false
}

// inLiteral reports whether the literal of a struct gives a field a value.
func (f *finder) inLiteral(lit *ast.CompositeLit, field *types.Var, is func(ast.Expr) bool) bool {
	t, ok := typeOf(f.TypesInfo, lit).Underlying().(*types.Struct)
	for i, elt := range lit.Elts {
		if kv, keyed := elt.(*ast.KeyValueExpr); keyed {
			if v, isVar := code.ObjectOf(f.TypesInfo, kv.Key).(*types.Var); isVar && v.Origin() == field && is(kv.Value) {
				return true
			}
		} else if ok && i < t.NumFields() && t.Field(i).Origin() == field && is(elt) {
			return true
		}
	}
	return false
}

// untold reports a goroutine that saves something when its context ends, and has no way
// to tell that it has.
func (f *finder) untold(start chans.Start) {
	stmt, ok := start.Go.Node().(*ast.GoStmt)
	if !ok || f.tells(start) {
		return
	}
	ended := func(e ast.Expr) bool {
		call, ok := ast.Unparen(e).(*ast.CallExpr)
		return ok && code.IsCall(f.TypesInfo, call, "(context.Context).Done")
	}
	if save := f.savesAt(start.Body, ended); save != nil {
		f.Reportf(stmt, "nobody waits for this goroutine, which still calls %s when its context ends: the process may end before", types.ExprString(save.Fun))
	}
}
