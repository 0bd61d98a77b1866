// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// An accepted is a go statement in a loop that accepts connections, which serves one.
type accepted struct {
	start    inspector.Cursor // the *ast.GoStmt
	body     inspector.Cursor // the function that it starts, not valid if that is not known
	listener ast.Expr
	conns    map[types.Object]bool // the variables that hold the connection, or what is made of it
}

// connections reports goroutines that serve a connection each, and go on with it after the
// stop of their server, which closes the listener alone.
func (f *finder) connections() {
	if code.IsMain(f.Pass.Pass) || isAid(f.Pkg.Path()) {
		return
	}
	var all []*listenerStop
	for cur := range f.Inspect.Root().Preorder((*ast.GoStmt)(nil)) {
		a := f.accepted(cur)
		if a == nil || f.unheard[cur] || code.IsTest(f.Fset, cur.Node().Pos()) || !f.goesOn(a) {
			continue
		}
		if all == nil {
			all = f.listenerStops()
		}
		for _, s := range all {
			if s.of(f, a) && !s.careful && !f.endsHandler(s, a) {
				f.unheard[cur] = true
				f.Reportf(cur.Node(), "%s closes the listener, and neither closes the connections nor waits for them: this goroutine goes on serving one after it",
					s.decl.Node().(*ast.FuncDecl).Name.Name)
				break
			}
		}
	}
}

// isAid reports whether a package is one for tests and examples, by its path.
func isAid(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(s string) bool {
		return strings.HasPrefix(s, "test") || strings.HasSuffix(s, "test") || strings.Contains(s, "mock") || strings.HasPrefix(s, "example") || s == "e2e"
	})
}

// accepted returns what is known of a go statement if it is one in a loop that accepts
// connections, and uses the one that has come.
func (f *finder) accepted(start inspector.Cursor) *accepted {
	loop, ok := code.Loop(start)
	if !ok {
		return nil
	}
	a := &accepted{start: start, conns: map[types.Object]bool{}}
	for cur := range loop.Preorder((*ast.AssignStmt)(nil)) {
		n := cur.Node().(*ast.AssignStmt)
		if n.Pos() > start.Node().Pos() {
			break
		}
		listener := f.acceptedFrom(n)
		if listener != nil {
			a.listener = listener
		} else if !f.mentions(n, a.conns) {
			continue
		}
		for _, l := range n.Lhs {
			if v, isVar := code.ObjectOf(f.TypesInfo, l).(*types.Var); isVar && !v.IsField() && v.Type() != types.Universe.Lookup("error").Type() {
				a.conns[v] = true
			}
		}
	}
	if a.listener == nil || !f.mentions(start.Node(), a.conns) {
		return nil
	}
	a.body = f.chans.Funcs.Callee(start.Node().(*ast.GoStmt).Call)
	return a
}

// acceptedFrom returns the listener that a statement accepts a connection from.
func (f *finder) acceptedFrom(n *ast.AssignStmt) ast.Expr {
	if len(n.Rhs) != 1 || len(n.Lhs) < 2 {
		return nil
	}
	call, ok := ast.Unparen(n.Rhs[0]).(*ast.CallExpr)
	if !ok || !strings.HasPrefix(code.CallName(call), "accept") {
		return nil
	}
	listener := code.Receiver(call)
	if listener == nil || !listens(typeOf(f.TypesInfo, listener)) || !connects(typeOf(f.TypesInfo, n.Lhs[0])) {
		return nil
	}
	return listener
}

// mentions reports whether a node names one of some variables.
func (f *finder) mentions(n ast.Node, vars map[types.Object]bool) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && vars[f.TypesInfo.Uses[id]]
		return !found
	})
	return found
}

// listens reports whether values of a type are listeners. What splits one connection into
// many has the methods of one, too: its Close ends them all.
func listens(t types.Type) bool {
	if !provides(t, "Accept", "Addr", "Close") && !provides(t, "AcceptTCP", "Addr", "Close") {
		return false
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && !slices.ContainsFunc([]string{"mux", "quic", "bufconn", "pipe"}, func(s string) bool {
		return strings.Contains(n.Obj().Pkg().Path(), s)
	})
}

// connects reports whether values of a type are connections.
func connects(t types.Type) bool { return provides(t, "RemoteAddr", "SetReadDeadline", "Read") }

// provides reports whether a type has methods of some names.
func provides(t types.Type, names ...string) bool {
	for _, name := range names {
		obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
		if _, ok := obj.(*types.Func); !ok {
			return false
		}
	}
	return true
}
