// SPDX-License-Identifier: Apache-2.0

package signals

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A Channel is a channel of signals, under all the names that it has in a package.
type Channel struct {
	Notifies []*Call
	Stops    []*Call
	Makes    []*ast.CallExpr
	Closes   []inspector.Cursor // calls of close
	Receives []inspector.Cursor // <-c, and range over c
	Sends    []inspector.Cursor
	Escapes  bool // code that is not seen may do anything with it
	Unknown  bool // it may come from code that is not seen
	Inline   bool // made where it is given away, and so without a name
}

// Unbuffered returns the places where the channel is made without room for a signal.
func (p *Package) Unbuffered(c *Channel) []*ast.CallExpr {
	var out []*ast.CallExpr
	for _, m := range c.Makes {
		if len(m.Args) == 1 {
			out = append(out, m)
		} else if size, ok := code.IntConst(p.pass.TypesInfo, m.Args[1]); ok && size == 0 {
			out = append(out, m)
		}
	}
	return out
}

// Signals returns what the channel is registered for, in all.
func (c *Channel) Signals() List {
	all := List{Known: true}
	for _, call := range c.Notifies {
		all.add(call.Signals)
		all.All = all.All || call.Signals.All
	}
	return all
}

// find returns the first of the names of one channel, which stands for all of them.
func (p *Package) find(obj types.Object) types.Object {
	for p.parent[obj] != nil {
		obj = p.parent[obj]
	}
	return obj
}

// same notes that two variables may hold one channel.
func (p *Package) same(a, b types.Object) {
	a, b = p.find(a), p.find(b)
	if a != b {
		p.parent[b] = a
	}
}

// of returns the channel that a variable holds.
func (p *Package) of(obj types.Object) *Channel {
	obj = p.find(obj)
	c := p.channels[obj]
	if c == nil {
		c = &Channel{}
		p.channels[obj] = c
	}
	return c
}

// ChannelOf returns the channel that an expression stands for, nil if that is not known.
func (p *Package) ChannelOf(e ast.Expr) *Channel {
	e = ast.Unparen(e)
	if call, ok := e.(*ast.CallExpr); ok {
		return p.channelOfCall(call)
	}
	if v, ok := p.object(e).(*types.Var); ok && isSignalChan(v.Type()) {
		return p.of(v)
	}
	return nil
}

func (p *Package) channelOfCall(call *ast.CallExpr) *Channel {
	if code.IsBuiltin(p.pass.TypesInfo, call, "make") {
		if p.inline[call] == nil {
			p.inline[call] = &Channel{Makes: []*ast.CallExpr{call}, Inline: true}
		}
		return p.inline[call]
	}
	if fn := p.callee(call); fn != nil && p.decls[fn].Valid() && returnsChannel(fn) {
		return p.of(fn)
	}
	return nil
}

// returnsChannel reports whether the one result of a function is a channel of signals.
func returnsChannel(fn *types.Func) bool {
	results := fn.Signature().Results()
	return results.Len() == 1 && isSignalChan(results.At(0).Type())
}

// collectChannels looks at each use of a variable that holds a channel of signals: first
// for other names of it, then for what is done with it.
func (p *Package) collectChannels() {
	var uses []use
	for cur := range p.root.Preorder((*ast.Ident)(nil)) {
		id := cur.Node().(*ast.Ident)
		v, ok := p.object(id).(*types.Var)
		if ok && isSignalChan(v.Type()) {
			uses = append(uses, use{v, expression(cur)})
		}
	}
	for v, sources := range p.sources {
		if isSignalChan(v.Type()) {
			p.follow(v, sources)
		}
	}
	for _, u := range uses {
		p.alias(u)
	}
	for v, sources := range p.sources {
		if isSignalChan(v.Type()) {
			p.make(v, sources)
		}
	}
	for _, u := range uses {
		p.used(u)
	}
	p.results()
}

// results looks at the calls of the functions that return channels: <-f(), and those
// whose result goes where it is not followed. One that is not called here goes out.
func (p *Package) results() {
	called := map[*types.Func]bool{}
	for fn := range p.decls {
		if returnsChannel(fn) {
			called[fn] = false
		}
	}
	if len(called) == 0 {
		return
	}
	for cur := range p.root.Preorder((*ast.CallExpr)(nil)) {
		fn := p.callee(cur.Node().(*ast.CallExpr))
		if _, ok := called[fn]; ok {
			called[fn] = true
			p.result(p.of(fn), cur)
		}
	}
	for fn, yes := range called {
		c := p.of(fn)
		c.Escapes = c.Escapes || !yes || fn.Exported() && p.pass.Pkg.Name() != "main"
	}
}

func (p *Package) result(c *Channel, call inspector.Cursor) {
	switch call.Parent().Node().(type) {
	case *ast.UnaryExpr, *ast.RangeStmt:
		c.Receives = append(c.Receives, call.Parent())
	case *ast.AssignStmt, *ast.ValueSpec: // followed
	default:
		c.Escapes = true
	}
}

// follow notes the functions whose results a variable is set to.
func (p *Package) follow(v types.Object, sources []ast.Expr) {
	for _, source := range sources {
		call, ok := ast.Unparen(source).(*ast.CallExpr)
		if !ok {
			continue
		}
		if fn := p.callee(call); fn != nil && p.decls[fn].Valid() && returnsChannel(fn) {
			p.same(v, fn)
		}
	}
}

// make notes where the channels come from that a variable is set to.
func (p *Package) make(v types.Object, sources []ast.Expr) {
	c := p.of(v)
	for _, source := range sources {
		switch e := ast.Unparen(source).(type) {
		case *ast.Ident, *ast.SelectorExpr: // another name, or nil
		case *ast.CallExpr:
			if code.IsBuiltin(p.pass.TypesInfo, e, "make") {
				c.Makes = append(c.Makes, e)
			} else if fn := p.callee(e); fn == nil || !p.decls[fn].Valid() {
				c.Unknown = true
			}
		default:
			c.Unknown = true
		}
	}
}

// A use is one place where a variable is named.
type use struct {
	v  *types.Var
	at inspector.Cursor // of the whole expression, such as x.c
}

// expression returns the expression that an identifier names a variable in: with what
// is before the dot, and parentheses.
func expression(id inspector.Cursor) inspector.Cursor {
	cur := id
	for {
		switch up := cur.Parent().Node().(type) {
		case *ast.SelectorExpr:
			if up.Sel != cur.Node() {
				return cur
			}
		case *ast.ParenExpr:
		default:
			return cur
		}
		cur = cur.Parent()
	}
}
