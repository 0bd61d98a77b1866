// SPDX-License-Identifier: Apache-2.0

package signals

import (
	"go/ast"
	"go/constant"
	"go/types"
	"syscall"

	"golang.org/x/tools/go/types/typeutil"
)

// An Item is one signal of a list.
type Item struct {
	Expr   ast.Expr // where it is named; nil: in another package
	Number int
	Name   string // of the constant, such as "SIGTERM"; empty: it is a number
}

// A List is the signals that a call names.
type List struct {
	Items []Item
	All   bool // none is named, which means all
	Known bool // nothing else is in it
}

// Has reports whether a signal is certainly in the list.
func (l List) Has(s syscall.Signal) bool {
	if l.All {
		return true
	}
	for _, item := range l.Items {
		if item.Number == int(s) {
			return true
		}
	}
	return false
}

// May reports whether a signal can be in the list.
func (l List) May(s syscall.Signal) bool { return !l.Known || l.Has(s) }

// Stops reports whether the list has a signal that asks a program to end: SIGTERM or
// SIGINT.
func (l List) Stops() bool { return l.Has(syscall.SIGTERM) || l.Has(syscall.SIGINT) }

func (l *List) add(other List) {
	l.Items = append(l.Items, other.Items...)
	l.Known = l.Known && other.Known
}

// list returns the signals that the arguments of a call name.
func (p *Package) list(args []ast.Expr, spread bool) List {
	l := List{Known: true, All: len(args) == 0}
	for i, arg := range args {
		if spread && i == len(args)-1 {
			l.add(p.slice(arg, 0))
		} else {
			l.add(p.one(arg, 0))
		}
	}
	return l
}

// limit is how many variables and functions a list is followed through.
const limit = 5

// Signal returns the signal that an expression names.
func (p *Package) Signal(e ast.Expr) (syscall.Signal, bool) {
	l := p.one(e, 0)
	if !l.Known || len(l.Items) != 1 {
		return 0, false
	}
	return syscall.Signal(l.Items[0].Number), true
}

func (p *Package) one(e ast.Expr, depth int) List {
	e = ast.Unparen(e)
	if tv, ok := p.pass.TypesInfo.Types[e]; ok && tv.Value != nil {
		n, ok := constant.Int64Val(constant.ToInt(tv.Value))
		return List{Items: []Item{{e, int(n), p.constant(e)}}, Known: ok}
	}
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 1 && p.pass.TypesInfo.Types[call.Fun].IsType() {
		return p.one(call.Args[0], depth)
	}
	v, ok := p.object(e).(*types.Var)
	if !ok || depth == limit {
		return List{}
	}
	if item, ok := portable(v); ok {
		item.Expr = e
		return List{Items: []Item{item}, Known: true}
	}
	if v.IsField() || p.shared(v) || len(p.sources[v]) != 1 {
		return List{}
	}
	l := p.one(p.sources[v][0], depth+1)
	for i := range l.Items {
		l.Items[i].Expr = e
	}
	return l
}

// constant returns the name of a constant of syscall or golang.org/x/sys/unix.
func (p *Package) constant(e ast.Expr) string {
	if c, ok := p.object(e).(*types.Const); ok {
		return c.Name()
	}
	return ""
}

// portable returns the signals that package os has as variables.
func portable(v *types.Var) (Item, bool) {
	if v.Pkg() == nil || v.Pkg().Path() != "os" || v.IsField() {
		return Item{}, false
	}
	switch v.Name() {
	case "Interrupt":
		return Item{Number: int(syscall.SIGINT), Name: "SIGINT"}, true
	case "Kill":
		return Item{Number: int(syscall.SIGKILL), Name: "SIGKILL"}, true
	}
	return Item{}, false
}

// shared reports whether other packages may set a variable: nobody imports a main package.
func (p *Package) shared(v *types.Var) bool { return v.Exported() && p.pass.Pkg.Name() != "main" }

func (p *Package) slice(e ast.Expr, depth int) List {
	if depth == limit {
		return List{}
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		l := List{Known: true}
		for _, elt := range e.Elts {
			if kv, ok := elt.(*ast.KeyValueExpr); ok {
				elt = kv.Value
			}
			l.add(p.one(elt, depth+1))
		}
		return l
	case *ast.CallExpr:
		return p.sliceOfCall(e, depth+1)
	case *ast.SliceExpr:
		if e.Low == nil && e.High == nil { // all of an array
			return p.slice(e.X, depth+1)
		}
	case *ast.Ident, *ast.SelectorExpr:
		v, ok := p.object(e).(*types.Var)
		if !ok || len(p.sources[v]) == 0 {
			return List{}
		}
		l := List{Known: !p.shared(v) && v.Pkg() == p.pass.Pkg && v.Kind() != types.ParamVar}
		for _, source := range p.sources[v] {
			l.add(p.slice(source, depth+1))
		}
		return l
	}
	return List{}
}

// sliceOfCall follows append, and functions that return one literal.
func (p *Package) sliceOfCall(call *ast.CallExpr, depth int) List {
	switch callee := typeutil.Callee(p.pass.TypesInfo, call).(type) {
	case *types.Builtin:
		if callee.Name() != "append" || len(call.Args) == 0 {
			return List{}
		}
		l := p.list(call.Args[1:], call.Ellipsis.IsValid())
		l.All = false
		if p.selfAppend(call) {
			return l // the rest is among the other sources of the variable
		}
		l.add(p.slice(call.Args[0], depth))
		return l
	case *types.Func:
		decl, ok := p.decls[callee]
		if !ok {
			return List{}
		}
		if ret := onlyReturn(decl.Node().(*ast.FuncDecl).Body); ret != nil {
			return p.slice(ret, depth)
		}
	}
	return List{}
}

// selfAppend reports whether a call is that of x = append(x, ...).
func (p *Package) selfAppend(call *ast.CallExpr) bool {
	obj := p.object(call.Args[0])
	if obj == nil {
		return false
	}
	for _, source := range p.sources[obj] {
		if ast.Unparen(source) == call {
			return true
		}
	}
	return false
}

// onlyReturn returns the result of a function whose body is one return.
func onlyReturn(body *ast.BlockStmt) ast.Expr {
	if body == nil || len(body.List) != 1 {
		return nil
	}
	ret, ok := body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return nil
	}
	return ret.Results[0]
}
