// SPDX-License-Identifier: Apache-2.0

package signals

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// Reached returns the calls of os/signal that a function makes itself, by functions of
// this package that it calls, or in goroutines that it starts. Those under a condition,
// or behind one that returns, are left out unless conditional is true.
func (p *Package) Reached(fn inspector.Cursor, conditional bool) []*Call {
	r := reach{p: p, seen: map[inspector.Cursor]bool{}, conditional: conditional}
	r.visit(fn)
	return r.found
}

type reach struct {
	p           *Package
	seen        map[inspector.Cursor]bool
	conditional bool
	found       []*Call
}

func (r *reach) visit(fn inspector.Cursor) {
	if r.seen[fn] {
		return
	}
	r.seen[fn] = true
	asked := false // a condition may have returned before
	fn.Inspect([]ast.Node{(*ast.CallExpr)(nil), (*ast.FuncLit)(nil), (*ast.IfStmt)(nil)}, func(c inspector.Cursor) bool {
		if asked {
			return false
		}
		switch n := c.Node().(type) {
		case *ast.IfStmt:
			asked = !r.conditional && returnsUnasked(n)
			return r.conditional
		case *ast.FuncLit:
			return c == fn || calledAtOnce(c) || givenToOnce(c)
		case *ast.CallExpr:
			r.call(n)
		}
		return true
	})
}

func (r *reach) call(expr *ast.CallExpr) {
	if call := r.p.calls[expr]; call != nil {
		r.found = append(r.found, call)
	} else if fn := r.p.callee(expr); fn != nil && r.p.decls[fn].Valid() {
		r.visit(r.p.decls[fn])
	}
}

// returnsUnasked reports whether an if leaves its function for another reason than an
// error.
func returnsUnasked(n *ast.IfStmt) bool {
	if len(n.Body.List) == 0 {
		return false
	}
	_, returns := n.Body.List[len(n.Body.List)-1].(*ast.ReturnStmt)
	b, ok := ast.Unparen(n.Cond).(*ast.BinaryExpr)
	if !returns || !ok {
		return returns
	}
	id, ok := ast.Unparen(b.Y).(*ast.Ident)
	return !ok || b.Op != token.NEQ || id.Name != "nil"
}

// givenToOnce recognises once.Do(func() { ... }).
func givenToOnce(lit inspector.Cursor) bool {
	if kind, _ := lit.ParentEdge(); kind != edge.CallExpr_Args {
		return false
	}
	sel, ok := lit.Parent().Node().(*ast.CallExpr).Fun.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Do"
}

// Functions calls yield for each function that the package declares.
func (p *Package) Functions() func(yield func(*types.Func, inspector.Cursor) bool) {
	return func(yield func(*types.Func, inspector.Cursor) bool) {
		for cur := range p.root.Preorder((*ast.FuncDecl)(nil)) {
			fn, ok := p.pass.TypesInfo.Defs[cur.Node().(*ast.FuncDecl).Name].(*types.Func)
			if ok && !yield(fn, cur) {
				return
			}
		}
	}
}

// Speaks reports whether a text is about signals, so that whoever reads it knows.
func Speaks(text string) bool {
	text = strings.ToLower(text)
	for _, word := range []string{"signal", "sigterm", "sigint", "sighup", "interrupt", "ctrl"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// Together reports whether two calls may happen in one run of the program for all that
// can be seen here: they are in one function, or one function reaches both.
func (p *Package) Together(a, b *Call) bool {
	if Declaration(a.At) == Declaration(b.At) {
		return true
	}
	for _, decl := range p.decls {
		reached := p.Reached(decl, true)
		if (slices.Contains(reached, a) || decl.Contains(a.At)) && (slices.Contains(reached, b) || decl.Contains(b.At)) {
			return true
		}
	}
	return false
}
