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

	"github.com/go-quiesce/quiesce/analysis/internal/code"
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
// can be seen here: they are in one function, or one function reaches both, not only in
// branches that exclude each other.
func (p *Package) Together(a, b *Call) bool {
	if code.Declaration(a.At) == code.Declaration(b.At) {
		return true
	}
	for _, decl := range p.decls {
		from, to := p.ways(decl, a), p.ways(decl, b)
		for _, x := range from {
			if slices.ContainsFunc(to, func(y inspector.Cursor) bool { return !exclusive(x, y) }) {
				return true
			}
		}
	}
	return false
}

// ways returns the calls in a function by which it reaches another.
func (p *Package) ways(decl inspector.Cursor, to *Call) []inspector.Cursor {
	if decl.Contains(to.At) {
		return []inspector.Cursor{to.At}
	}
	var out []inspector.Cursor
	for cur := range decl.Preorder((*ast.CallExpr)(nil)) {
		callee, ok := p.decls[p.callee(cur.Node().(*ast.CallExpr))]
		if ok && (callee.Contains(to.At) || slices.Contains(p.Reached(callee, true), to)) {
			out = append(out, cur)
		}
	}
	return out
}

// exclusive reports whether only one of two calls in a function can be made: they are in
// different branches, or each of them is returned.
func exclusive(a, b inspector.Cursor) bool {
	for outer := range a.Enclosing((*ast.IfStmt)(nil), (*ast.CaseClause)(nil)) {
		switch n := outer.Node().(type) {
		case *ast.IfStmt:
			if n.Else != nil && code.Contains(n.Body, a.Node()) != code.Contains(n.Body, b.Node()) && code.Contains(n.Else, a.Node()) != code.Contains(n.Else, b.Node()) {
				return true
			}
		case *ast.CaseClause:
			if !outer.Contains(b) && outer.Parent().Contains(b) {
				return true
			}
		}
	}
	return returned(a) && returned(b)
}

// returned reports whether a function is called to return what it returns.
func returned(call inspector.Cursor) bool {
	_, ok := call.Parent().Node().(*ast.ReturnStmt)
	return ok
}
