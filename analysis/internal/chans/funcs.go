// SPDX-License-Identifier: Apache-2.0

package chans

import (
	"go/ast"
	"go/types"
	"sync"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// Funcs knows the functions of a package and who starts them.
type Funcs struct {
	// Starts are the go statements, the calls of the method Go of a group, and the calls
	// of functions of the package that run a parameter as a goroutine, where what is
	// started is a literal, or a function of the package.
	Starts []Start

	info  *types.Info
	decls map[*types.Func]inspector.Cursor
	lits  map[*types.Var]inspector.Cursor // the literal that a variable always holds

	called map[*ast.FuncLit]inspector.Cursor // literals called where they are, or given to a call

	once, onceStarts sync.Once
	all              []inspector.Cursor                      // the calls
	of               map[inspector.Cursor][]inspector.Cursor // the calls of each function, for Calls
	starts           map[inspector.Cursor][]Start            // the starts of each function, for StartsOf
}

// A Start is a go statement, or such a call, with the function that it starts.
type Start struct {
	Go   inspector.Cursor // a *ast.GoStmt or *ast.CallExpr
	Body inspector.Cursor // a *ast.FuncDecl or *ast.FuncLit

	// Within is the body that the go statement of a function of the package runs, if it
	// is that function that is called: it calls Body. It is not valid otherwise.
	Within inspector.Cursor
}

// FuncsOf finds the functions of a package.
func FuncsOf(root inspector.Cursor, info *types.Info) *Funcs {
	f := &Funcs{
		info: info, decls: map[*types.Func]inspector.Cursor{},
		lits: map[*types.Var]inspector.Cursor{}, called: map[*ast.FuncLit]inspector.Cursor{},
	}
	var starts, calls []inspector.Cursor
	for cur := range root.Preorder((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil), (*ast.GoStmt)(nil), (*ast.AssignStmt)(nil), (*ast.CallExpr)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.FuncDecl:
			if fn, ok := info.Defs[n.Name].(*types.Func); ok && n.Body != nil {
				f.decls[fn] = cur
			}
		case *ast.FuncLit:
			f.named(cur)
		case *ast.AssignStmt:
			f.changed(n)
		case *ast.GoStmt:
			starts = append(starts, cur)
		case *ast.CallExpr:
			f.all = append(f.all, cur)
			if isGo(info, n) {
				starts = append(starts, cur)
			} else if f.givesFunc(n) {
				calls = append(calls, cur)
			}
		}
	}
	for _, cur := range starts {
		if body := f.started(cur.Node()); body.Valid() {
			f.Starts = append(f.Starts, Start{Go: cur, Body: body})
		}
	}
	f.spawned(starts, calls)
	return f
}

// isGo reports whether a call starts a goroutine of a group.
func isGo(info *types.Info, call *ast.CallExpr) bool {
	switch fn := typeutil.StaticCallee(info, call); {
	case fn == nil || fn.Name() != "Go":
		return false
	default:
		name := fn.FullName()
		return name == "(*sync.WaitGroup).Go" || name == "(*golang.org/x/sync/errgroup.Group).Go"
	}
}

// started returns the function that a go statement or a call of Go starts.
func (f *Funcs) started(n ast.Node) inspector.Cursor {
	switch n := n.(type) {
	case *ast.GoStmt:
		return f.Callee(n.Call)
	case *ast.CallExpr:
		return f.Value(n.Args[0])
	}
	return inspector.Cursor{}
}

// Value returns the function that an expression is: a literal given to a call, one that a
// variable holds for good, or a function or method of the package. It is not valid for
// others.
func (f *Funcs) Value(e ast.Expr) inspector.Cursor {
	switch e := ast.Unparen(e).(type) {
	case *ast.FuncLit:
		return f.called[e]
	case *ast.Ident:
		switch obj := f.info.Uses[e].(type) {
		case *types.Var:
			return f.lits[obj]
		case *types.Func:
			return f.Decl(obj)
		}
	case *ast.SelectorExpr:
		if fn, ok := f.info.Uses[e.Sel].(*types.Func); ok {
			return f.Decl(fn)
		}
	}
	return inspector.Cursor{}
}

// named notes the variable that a literal is the first value of, or that it is called.
func (f *Funcs) named(lit inspector.Cursor) {
	kind, i := lit.ParentEdge()
	var name ast.Expr
	switch kind {
	case edge.CallExpr_Fun, edge.CallExpr_Args:
		f.called[lit.Node().(*ast.FuncLit)] = lit
	case edge.AssignStmt_Rhs:
		if lhs := lit.Parent().Node().(*ast.AssignStmt).Lhs; i < len(lhs) {
			name = lhs[i]
		}
	case edge.ValueSpec_Values:
		name = lit.Parent().Node().(*ast.ValueSpec).Names[i]
	}
	if id, ok := name.(*ast.Ident); ok {
		if v, ok := f.info.Defs[id].(*types.Var); ok {
			f.lits[v] = lit
		}
	}
}

// changed forgets the variables that are assigned something else later.
func (f *Funcs) changed(s *ast.AssignStmt) {
	for _, e := range s.Lhs {
		if id, ok := e.(*ast.Ident); ok {
			if v, ok := f.info.Uses[id].(*types.Var); ok {
				f.lits[v] = inspector.Cursor{}
			}
		}
	}
}

// Decl returns the declaration of a function of the package; it is not valid for others.
func (f *Funcs) Decl(fn *types.Func) inspector.Cursor { return f.decls[fn.Origin()] }

// Callee returns the function that a call runs: a literal, one that a variable holds for
// good, or one of the package. It is not valid for others.
func (f *Funcs) Callee(call *ast.CallExpr) inspector.Cursor {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.FuncLit:
		return f.called[fun]
	case *ast.Ident:
		if v, ok := f.info.Uses[fun].(*types.Var); ok {
			return f.lits[v]
		}
	}
	if fn := typeutil.StaticCallee(f.info, call); fn != nil {
		return f.Decl(fn)
	}
	return inspector.Cursor{}
}

// Calls returns the calls of a function of the package, as far as they can be told, those
// of go statements among them. It is safe for concurrent use.
func (f *Funcs) Calls(fn inspector.Cursor) []inspector.Cursor {
	f.once.Do(func() {
		f.of = map[inspector.Cursor][]inspector.Cursor{}
		for _, cur := range f.all {
			if callee := f.Callee(cur.Node().(*ast.CallExpr)); callee.Valid() {
				f.of[callee] = append(f.of[callee], cur)
			}
		}
	})
	return f.of[fn]
}

// StartsOf returns the starts of a function. It is safe for concurrent use.
func (f *Funcs) StartsOf(fn inspector.Cursor) []Start {
	f.onceStarts.Do(func() {
		f.starts = map[inspector.Cursor][]Start{}
		for _, s := range f.Starts {
			f.starts[s.Body] = append(f.starts[s.Body], s)
		}
	})
	return f.starts[fn]
}
