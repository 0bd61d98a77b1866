// SPDX-License-Identifier: Apache-2.0

package signals

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/tools/go/ast/inspector"
)

// A Helper is the fact that a function of a package does something with signals that
// its callers must know.
type Helper struct {
	Params   []Param
	Installs bool // it registers a channel, or ignores a signal, before it returns
	Term     bool // that signal may be SIGTERM
	Int      bool // that signal may be SIGINT
}

// A Param is what a helper does with a channel that it is given.
type Param struct {
	Index                          int
	Notify, Stop, Receive, Escapes bool
	Numbers                        []int
	Names                          []string
	All, Known                     bool
}

// AFact marks a Helper as a fact.
func (*Helper) AFact() {}

// String says what the helper does, and with which parameters.
func (h *Helper) String() string {
	var does []string
	if h.Installs {
		does = append(does, "installs")
	}
	for _, p := range h.Params {
		if p.Notify {
			does = append(does, fmt.Sprint("notifies ", p.Index))
		}
		if p.Stop {
			does = append(does, fmt.Sprint("stops ", p.Index))
		}
	}
	return strings.Join(does, ", ")
}

func (p *Param) list() List {
	l := List{All: p.All, Known: p.Known}
	for i, n := range p.Numbers {
		l.Items = append(l.Items, Item{Number: n, Name: p.Names[i]})
	}
	return l
}

// helperOf returns what is known about a function of another package.
func (p *Package) helperOf(call *ast.CallExpr) *Helper {
	fn := p.callee(call)
	if fn == nil || fn.Pkg() == nil || fn.Pkg() == p.pass.Pkg {
		return nil
	}
	h := new(Helper)
	if !p.pass.ImportObjectFact(fn, h) {
		return nil
	}
	return h
}

// export tells other packages about the helpers of this one.
func (p *Package) export() {
	for fn := range p.decls {
		if !fn.Exported() {
			continue
		}
		h := &Helper{Installs: p.installs[fn], Term: p.terms[fn], Int: p.ints[fn]}
		params := fn.Signature().Params()
		for i := range params.Len() {
			if isSignalChan(params.At(i).Type()) {
				h.Params = append(h.Params, p.param(i, params.At(i)))
			}
		}
		if h.Installs || len(h.Params) > 0 {
			p.pass.ExportObjectFact(fn, h)
		}
	}
}

func (p *Package) param(i int, v *types.Var) Param {
	c := p.of(v)
	out := Param{Index: i, Notify: len(c.Notifies) > 0, Stop: len(c.Stops) > 0, Receive: len(c.Receives) > 0, Escapes: c.Escapes}
	signals := c.Signals()
	out.All, out.Known = signals.All, signals.Known
	for _, item := range signals.Items {
		out.Numbers = append(out.Numbers, item.Number)
		out.Names = append(out.Names, item.Name)
	}
	return out
}

// collectInstalls finds the functions that register a channel before they return,
// themselves or by those that they call, and of those the ones that may take SIGTERM, and
// SIGINT.
func (p *Package) collectInstalls() {
	p.installs = p.leading(p.handles)
	p.terms = p.leading(func(call *ast.CallExpr) bool { return p.takes(call, syscall.SIGTERM) })
	p.ints = p.leading(func(call *ast.CallExpr) bool { return p.takes(call, syscall.SIGINT) })
}

// leading returns the functions that make such a call, themselves or by those that they
// call.
func (p *Package) leading(to func(*ast.CallExpr) bool) map[*types.Func]bool {
	out := map[*types.Func]bool{}
	callers := map[*types.Func][]*types.Func{}
	var found []*types.Func
	for fn, decl := range p.decls {
		for call := range Synchronous(decl) {
			if to(call) {
				if !p.asks(fn, decl, call) {
					found = append(found, fn)
				}
			} else if callee := p.callee(call); callee != nil {
				callers[callee] = append(callers[callee], fn)
			}
		}
	}
	for len(found) > 0 {
		fn := found[len(found)-1]
		found = found[:len(found)-1]
		if !out[fn] {
			out[fn] = true
			found = append(found, callers[fn]...)
		}
	}
	return out
}

// asks reports whether a function registers a channel only while it finds out what it
// returns, such as a password from the terminal, and gives the signals back before that.
func (p *Package) asks(fn *types.Func, decl inspector.Cursor, expr *ast.CallExpr) bool {
	call := p.calls[expr]
	if call == nil || call.Channel == nil || !answers(fn.Signature().Results()) {
		return false
	}
	return slices.ContainsFunc(call.Channel.Stops, func(stop *Call) bool { return decl.Contains(stop.At) && Deferred(stop.At) })
}

// answers reports whether the first result is a text.
func answers(results *types.Tuple) bool {
	if results.Len() == 0 {
		return false
	}
	switch t := results.At(0).Type().Underlying().(type) {
	case *types.Basic:
		return t.Info()&types.IsString != 0
	case *types.Slice:
		return types.Identical(t.Elem(), types.Typ[types.Byte])
	}
	return false
}

// handles reports whether a call takes a signal from its default action.
func (p *Package) handles(call *ast.CallExpr) bool {
	switch p.op(call) {
	case Notify, NotifyContext, Ignore:
		return true
	}
	h := p.helperOf(call)
	return h != nil && h.Installs
}

// takes reports whether a call may take SIGTERM or SIGINT from its default action.
func (p *Package) takes(call *ast.CallExpr, s syscall.Signal) bool {
	if !p.handles(call) {
		return false
	}
	if h := p.helperOf(call); h != nil {
		return s == syscall.SIGTERM && h.Term || s == syscall.SIGINT && h.Int
	}
	c := p.calls[call]
	return c == nil || c.Signals.May(s)
}

// ForeignTerm reports whether the package calls functions of others that may take
// SIGTERM.
func (p *Package) ForeignTerm() bool {
	for cur := range p.root.Preorder((*ast.CallExpr)(nil)) {
		h := p.helperOf(cur.Node().(*ast.CallExpr))
		if h != nil && h.Term && len(h.Params) == 0 {
			return true
		}
	}
	return false
}

// Foreign reports whether the package calls functions of others that may take SIGTERM or
// SIGINT, so that not all that happens to them can be seen here.
func (p *Package) Foreign() bool {
	for cur := range p.root.Preorder((*ast.CallExpr)(nil)) {
		h := p.helperOf(cur.Node().(*ast.CallExpr))
		if h != nil && (h.Term || h.Int) && len(h.Params) == 0 {
			return true
		}
	}
	return false
}

// Installs reports whether a call registers a channel before it returns.
func (p *Package) Installs(call *ast.CallExpr) bool {
	if p.handles(call) {
		return true
	}
	fn := p.callee(call)
	return fn != nil && p.installs[fn]
}

// Synchronous returns the calls that a function makes itself: not those in goroutines,
// nor in function literals that it does not call at once.
func Synchronous(fn inspector.Cursor) func(yield func(*ast.CallExpr) bool) {
	return func(yield func(*ast.CallExpr) bool) {
		stopped := false
		fn.Inspect([]ast.Node{(*ast.CallExpr)(nil), (*ast.GoStmt)(nil), (*ast.FuncLit)(nil)}, func(c inspector.Cursor) bool {
			if stopped {
				return false
			}
			switch n := c.Node().(type) {
			case *ast.GoStmt:
				return false
			case *ast.FuncLit:
				return c == fn || calledAtOnce(c)
			case *ast.CallExpr:
				stopped = !yield(n)
			}
			return !stopped
		})
	}
}

// calledAtOnce reports whether a literal is called where it is written.
func calledAtOnce(lit inspector.Cursor) bool {
	call, ok := lit.Parent().Node().(*ast.CallExpr)
	return ok && ast.Unparen(call.Fun) == lit.Node()
}
