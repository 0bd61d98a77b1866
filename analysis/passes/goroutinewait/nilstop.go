// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// stopsNil reports goroutines of an object that a function means to stop by a defer, and
// does not: a deferred call has its receiver from where the defer is, and the variable gets
// its object only later.
func (f *finder) stopsNil(start inspector.Cursor) {
	stmt, ok := start.Node().(*ast.GoStmt)
	if !ok {
		return
	}
	decl := code.Declaration(start)
	v := f.pointer(code.Receiver(stmt.Call))
	if !decl.Valid() || v == nil {
		return
	}
	for cur := range decl.Preorder((*ast.DeferStmt)(nil)) {
		call := cur.Node().(*ast.DeferStmt).Call
		if !endsServer(code.CallName(call)) || f.pointer(code.Receiver(call)) != v || !f.isZero(decl, cur, v) || !f.assignedOnly(decl, cur, v) {
			continue
		}
		f.Reportf(stmt, "the deferred %s at line %d does not stop this goroutine: %s is nil there, and that is what the defer takes",
			types.ExprString(call.Fun), f.Fset.Position(call.Pos()).Line, v.Name())
		return
	}
}

// pointer returns the local variable of a pointer that an expression is, nil for others.
func (f *finder) pointer(e ast.Expr) *types.Var {
	id, ok := e.(*ast.Ident)
	if !ok {
		return nil
	}
	v, ok := f.TypesInfo.Uses[id].(*types.Var)
	if !ok || v.IsField() || v.Parent() == f.Pkg.Scope() {
		return nil
	}
	if _, ok := v.Type().Underlying().(*types.Pointer); !ok {
		return nil
	}
	return v
}

// isZero reports whether a variable is declared without a value, in the function that a
// place is in.
func (f *finder) isZero(decl, at inspector.Cursor, v *types.Var) bool {
	for cur := range decl.Preorder((*ast.ValueSpec)(nil)) {
		spec := cur.Node().(*ast.ValueSpec)
		for _, name := range spec.Names {
			if f.TypesInfo.Defs[name] == types.Object(v) {
				return len(spec.Values) == 0 && code.Function(cur) == code.Function(at)
			}
		}
	}
	return false
}

// assignedOnly reports whether a variable gets its value behind a defer in the text alone,
// and neither of them is in a loop with it.
func (f *finder) assignedOnly(decl, stmt inspector.Cursor, v *types.Var) bool {
	later := false
	for cur := range decl.Preorder((*ast.Ident)(nil)) {
		id := cur.Node().(*ast.Ident)
		if f.TypesInfo.Uses[id] != types.Object(v) {
			continue
		}
		switch up := cur.Parent().Node().(type) {
		case *ast.AssignStmt:
			if up.TokPos < id.Pos() {
				continue
			}
		case *ast.UnaryExpr:
			if up.Op != token.AND {
				continue
			}
		default:
			continue
		}
		if id.Pos() < stmt.Node().Pos() {
			return false
		}
		later = true
	}
	return later && !code.InLoop(stmt)
}
