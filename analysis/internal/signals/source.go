// SPDX-License-Identifier: Apache-2.0

package signals

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// collectSources notes what is assigned to each variable and field that matters here,
// and where functions are declared.
func (p *Package) collectSources() {
	for cur := range p.root.Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.CompositeLit)(nil), (*ast.FuncDecl)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.AssignStmt:
			p.assign(n.Lhs, n.Rhs)
		case *ast.ValueSpec:
			names := make([]ast.Expr, len(n.Names))
			for i, name := range n.Names {
				names[i] = name
			}
			p.assign(names, n.Values)
		case *ast.CompositeLit:
			p.fields(n)
		case *ast.FuncDecl:
			p.declare(n, cur)
		}
	}
}

func (p *Package) declare(decl *ast.FuncDecl, cur inspector.Cursor) {
	if fn, ok := p.pass.TypesInfo.Defs[decl.Name].(*types.Func); ok {
		p.decls[fn] = cur
	}
}

func (p *Package) assign(to, from []ast.Expr) {
	for i, e := range to {
		obj, ok := p.object(e).(*types.Var)
		if !ok || !interesting(obj.Type()) {
			continue
		}
		switch {
		case len(to) == len(from):
			p.source(obj, from[i])
		case len(from) == 1:
			p.sources[obj] = append(p.sources[obj], from[0]) // one of several results
		}
	}
}

func (p *Package) source(obj types.Object, e ast.Expr) {
	p.sources[obj] = append(p.sources[obj], e)
	if lit, ok := ast.Unparen(e).(*ast.FuncLit); ok {
		p.literals[obj] = lit
	}
}

// fields notes what a composite literal sets fields to.
func (p *Package) fields(lit *ast.CompositeLit) {
	st := structOf(p.pass.TypesInfo.TypeOf(lit))
	if st == nil {
		return
	}
	for i, elt := range lit.Elts {
		field, value := fieldOf(p.pass.TypesInfo, st, i, elt)
		if field != nil && interesting(field.Type()) {
			p.source(field, value)
		}
	}
}

func structOf(t types.Type) *types.Struct {
	if t == nil {
		return nil
	}
	if ptr, ok := t.Underlying().(*types.Pointer); ok {
		t = ptr.Elem()
	}
	st, _ := t.Underlying().(*types.Struct)
	return st
}

// fieldOf returns the field that an element of a literal sets, and to what.
func fieldOf(info *types.Info, st *types.Struct, i int, elt ast.Expr) (*types.Var, ast.Expr) {
	if kv, ok := elt.(*ast.KeyValueExpr); ok {
		if key, ok := kv.Key.(*ast.Ident); ok {
			field, _ := code.ObjectOf(info, key).(*types.Var)
			return field, kv.Value
		}
		return nil, nil
	}
	if i < st.NumFields() {
		return st.Field(i).Origin(), elt
	}
	return nil, nil
}

// interesting reports whether what a variable holds matters: signals, slices and
// channels of them, and functions, which may be those of os/signal.
func interesting(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Signature:
		return true
	case *types.Slice:
		return isSignal(u.Elem())
	case *types.Array:
		return isSignal(u.Elem())
	}
	return isSignal(t) || isSignalChan(t)
}

func isSignal(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Name() != "Signal" {
		return false
	}
	path := named.Obj().Pkg().Path()
	return path == "os" || path == "syscall"
}

func isSignalChan(t types.Type) bool {
	if t == nil {
		return false
	}
	ch, ok := t.Underlying().(*types.Chan)
	return ok && isSignal(ch.Elem())
}
