// SPDX-License-Identifier: Apache-2.0

package signals

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// Registered returns the call of a function of this package that runs what others have
// registered for the end: all functions of a list that is kept in a variable of the package
// or in a field. It is the call itself, or one that the function that is called makes. It is
// nil for others.
func (p *Package) Registered(call *ast.CallExpr) *ast.CallExpr {
	return p.registered(call, map[inspector.Cursor]bool{})
}

func (p *Package) registered(call *ast.CallExpr, seen map[inspector.Cursor]bool) *ast.CallExpr {
	decl, ok := p.decls[p.callee(call)]
	if !ok || seen[decl] || len(seen) > limit {
		return nil
	}
	seen[decl] = true
	if p.runsList(decl) {
		return call
	}
	for inner := range Synchronous(decl) {
		if found := p.registered(inner, seen); found != nil {
			return found
		}
	}
	return nil
}

// runsList reports whether a function calls each element of such a list.
func (p *Package) runsList(decl inspector.Cursor) bool {
	for cur := range decl.Preorder((*ast.RangeStmt)(nil)) {
		if each := cur.Node().(*ast.RangeStmt); p.keepsFuncs(each.X) && p.callsEach(each) {
			return true
		}
	}
	return false
}

// keepsFuncs reports whether an expression is a list of functions that outlives the function
// that it is in.
func (p *Package) keepsFuncs(e ast.Expr) bool {
	v, ok := p.object(e).(*types.Var)
	if !ok || v.Kind() != types.PackageVar && !v.IsField() {
		return false
	}
	var elem types.Type
	switch t := v.Type().Underlying().(type) {
	case *types.Slice:
		elem = t.Elem()
	case *types.Map:
		elem = t.Elem()
	default:
		return false
	}
	_, ok = elem.Underlying().(*types.Signature)
	return ok
}

// callsEach reports whether a loop calls what it ranges over.
func (p *Package) callsEach(each *ast.RangeStmt) bool {
	if each.Value == nil {
		return false
	}
	v, found := p.object(each.Value), false
	ast.Inspect(each.Body, func(n ast.Node) bool {
		if _, ok := n.(*ast.GoStmt); ok {
			return false
		}
		call, ok := n.(*ast.CallExpr)
		found = found || ok && v != nil && code.ObjectOf(p.pass.TypesInfo, call.Fun) == v
		return !found
	})
	return found
}

// EndsProgram reports whether a call ends the program: by its name, or because the function of
// this package that it calls does so with its last statement.
func (p *Package) EndsProgram(call *ast.CallExpr) bool {
	for range limit {
		if Ends(call) {
			return true
		}
		decl, ok := p.decls[p.callee(call)]
		if !ok {
			return false
		}
		if call = lastCall(decl.Node()); call == nil {
			return false
		}
	}
	return false
}

// lastCall returns the call that is the last statement of a function, nil if there is none.
func lastCall(fn ast.Node) *ast.CallExpr {
	body := code.Body(fn)
	if body == nil || len(body.List) == 0 {
		return nil
	}
	last, ok := body.List[len(body.List)-1].(*ast.ExprStmt)
	if !ok {
		return nil
	}
	call, _ := last.X.(*ast.CallExpr)
	return call
}
