// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// goesOn reports whether a goroutine serves its connection as long as the other side
// likes, and nobody can know of it: it counts nothing down, looks at nothing that a stop
// may set, and the connection is kept nowhere.
func (f *finder) goesOn(a *accepted) bool {
	fns := f.serving(a)
	if slices.ContainsFunc(fns, f.keepsConn) || slices.ContainsFunc(f.reach(code.Function(a.start)), func(r reach) bool { return f.keepsConn(r.fn) }) ||
		slices.ContainsFunc(a.start.Node().(*ast.GoStmt).Call.Args, func(arg ast.Expr) bool { return isContext(typeOf(f.TypesInfo, arg)) }) {
		return false
	}
	long := len(f.handsOver(a)) > 0
	for _, fn := range fns {
		if f.minds(fn, fns) {
			return false
		}
		long = long || f.readsOn(fn)
	}
	return long
}

// serving returns the functions that a goroutine for a connection comes to, and those of
// the goroutines that it starts.
func (f *finder) serving(a *accepted) (out []inspector.Cursor) {
	if !a.body.Valid() {
		return nil
	}
	bodies := []inspector.Cursor{a.body}
	for i := 0; i < len(bodies); i++ {
		for _, r := range f.reach(bodies[i]) {
			out = append(out, r.fn)
			for cur := range r.fn.Preorder((*ast.GoStmt)(nil)) {
				if body := f.chans.Funcs.Callee(cur.Node().(*ast.GoStmt).Call); body.Valid() && !slices.Contains(bodies, body) {
					bodies = append(bodies, body)
				}
			}
		}
	}
	return out
}

// handsOver returns the calls by which a goroutine gives its connection to a function that
// is not known, and that serves it, by its kind or name.
func (f *finder) handsOver(a *accepted) (out []*ast.CallExpr) {
	if !a.body.Valid() {
		if call := a.start.Node().(*ast.GoStmt).Call; f.handler(call) {
			return []*ast.CallExpr{call}
		}
		return nil
	}
	for _, fn := range f.serving(a) {
		for cur := range own(fn, (*ast.CallExpr)(nil)) {
			if call := cur.Node().(*ast.CallExpr); f.handler(call) {
				out = append(out, call)
			}
		}
	}
	return out
}

// handler reports whether a call gives a connection to a function value, or to a method of
// an interface, that handles it.
func (f *finder) handler(call *ast.CallExpr) bool {
	gives := false
	for _, arg := range call.Args {
		gives = gives || connects(typeOf(f.TypesInfo, arg))
	}
	if !gives {
		return false
	}
	if code.IsCall(f.TypesInfo, call, "(*net/rpc.Server).ServeConn", "net/rpc.ServeConn") {
		return true
	}
	name := code.CallName(call)
	if !strings.Contains(name, "handle") && !strings.Contains(name, "serve") && !strings.Contains(name, "process") {
		return false
	}
	switch fn := typeutil.Callee(f.TypesInfo, call).(type) {
	case *types.Var:
		return !f.chans.Funcs.Callee(call).Valid()
	case *types.Func:
		recv := fn.Signature().Recv()
		return recv != nil && types.IsInterface(recv.Type())
	}
	return false
}

// readsOn reports whether a function reads in a loop that has no end of its own.
func (f *finder) readsOn(fn inspector.Cursor) bool {
	for cur := range own(fn, (*ast.CallExpr)(nil)) {
		name := code.CallName(cur.Node().(*ast.CallExpr))
		for _, s := range []string{"read", "scan", "decode", "recv", "receive", "next"} {
			if !strings.HasPrefix(name, s) || strings.Contains(name, "deadline") {
				continue
			}
			for loop := range cur.Enclosing((*ast.ForStmt)(nil)) {
				if fn.Contains(loop) && endless(loop.Node().(*ast.ForStmt)) {
					return true
				}
			}
		}
	}
	return false
}

// endless reports whether a loop has no count: no condition, or one with a call.
func endless(loop *ast.ForStmt) bool {
	if loop.Cond == nil {
		return true
	}
	_, ok := ast.Unparen(loop.Cond).(*ast.CallExpr)
	return ok && loop.Post == nil
}

// minds reports whether a function that serves a connection looks at something that a
// stop may set, tells somebody of its end, or has a time limit for all it does.
func (f *finder) minds(fn inspector.Cursor, within []inspector.Cursor) (found bool) {
	for cur := range own(fn, (*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil), (*ast.SendStmt)(nil), (*ast.Ident)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.CallExpr:
			found = f.tellsOrLimits(cur, n, within)
		case *ast.UnaryExpr:
			found = n.Op == token.ARROW && !f.inner(n.X, within)
		case *ast.RangeStmt:
			found = code.IsChan(typeOf(f.TypesInfo, n.X)) && !f.inner(n.X, within)
		case *ast.SendStmt:
			ch, ok := typeOf(f.TypesInfo, n.Chan).Underlying().(*types.Chan)
			found = ok && !f.inner(n.Chan, within) && (code.IsEmptyStruct(ch.Elem()) || types.Identical(ch.Elem(), types.Typ[types.Bool]))
		case *ast.Ident:
			found = f.isFlag(n, within)
		}
		if found {
			return true
		}
	}
	return false
}

// tellsOrLimits reports whether a call tells somebody something, or limits the time of the
// connection.
func (f *finder) tellsOrLimits(at inspector.Cursor, call *ast.CallExpr, within []inspector.Cursor) bool {
	switch name := code.CallName(call); name {
	case "close":
		return code.IsBuiltin(f.TypesInfo, call, "close") && !f.inner(call.Args[0], within)
	case "done":
		return true
	case "setdeadline", "setreaddeadline":
		return !code.InLoop(at)
	default:
		return f.says(call)
	}
}

// inner reports whether a channel is the goroutine's own, or comes from a call.
func (f *finder) inner(e ast.Expr, within []inspector.Cursor) bool {
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		return !code.IsCall(f.TypesInfo, call, "(context.Context).Done") && strings.HasPrefix(code.Callee(f.TypesInfo, call), "time.")
	}
	v, ok := code.ObjectOf(f.TypesInfo, e).(*types.Var)
	if !ok || v.IsField() {
		return ok && v.Pkg() != nil && v.Pkg().Path() == "time"
	}
	for _, fn := range within {
		if code.ContainsPos(code.Body(fn.Node()), v.Pos()) {
			return true
		}
	}
	return false
}

// isFlag reports whether a name is that of a variable that says whether the server is to
// stop, or of a context from elsewhere.
func (f *finder) isFlag(id *ast.Ident, within []inspector.Cursor) bool {
	v, ok := f.TypesInfo.Uses[id].(*types.Var)
	if !ok {
		return false
	}
	if isContext(v.Type()) {
		if v.IsField() {
			return true
		}
		for _, fn := range within {
			if code.ContainsPos(fn.Node(), v.Pos()) {
				return false
			}
		}
		return true
	}
	if !v.IsField() && v.Parent() != f.Pkg.Scope() {
		return false
	}
	name := strings.ToLower(id.Name)
	for _, s := range []string{"clos", "stop", "shut", "done", "quit", "running", "exit", "terminat", "alive", "drain", "state", "wg", "group"} {
		if strings.Contains(name, s) {
			return true
		}
	}
	return false
}

func isContext(t types.Type) bool { return code.IsNamed(t, "context.Context") }

// keepsConn reports whether a function puts a connection, or what has one, into a map, a
// slice, a channel or a field, or hands it to something that does so, by its name.
func (f *finder) keepsConn(fn inspector.Cursor) bool {
	for cur := range own(fn, (*ast.AssignStmt)(nil), (*ast.CallExpr)(nil), (*ast.SendStmt)(nil)) {
		keeps := false
		switch n := cur.Node().(type) {
		case *ast.AssignStmt:
			keeps = f.keepsIn(n, fn)
		case *ast.SendStmt:
			keeps = f.hasConn(n.Value)
		case *ast.CallExpr:
			keeps = f.keepsBy(n)
		}
		if keeps {
			return true
		}
	}
	return false
}

func (f *finder) keepsIn(n *ast.AssignStmt, fn inspector.Cursor) bool {
	for i, l := range n.Lhs {
		index, ok := ast.Unparen(l).(*ast.IndexExpr)
		if ok && (f.hasConn(index.Index) || len(n.Lhs) == len(n.Rhs) && f.hasConn(n.Rhs[i])) {
			return true
		}
		if fieldOf(f.TypesInfo, l) != nil && connects(typeOf(f.TypesInfo, l)) && !f.isNew(l, fn) {
			return true
		}
	}
	return false
}

// isNew reports whether what has a field is a variable of the function itself.
func (f *finder) isNew(field ast.Expr, fn inspector.Cursor) bool {
	sel, ok := ast.Unparen(field).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	v := code.ObjectOf(f.TypesInfo, sel.X)
	return v != nil && code.ContainsPos(code.Body(fn.Node()), v.Pos())
}

// keepsBy reports whether a call of something from elsewhere, by its name, keeps a
// connection that it is given.
func (f *finder) keepsBy(call *ast.CallExpr) bool {
	if f.chans.Funcs.Callee(call).Valid() || f.handler(call) {
		return false
	}
	name := code.CallName(call)
	for _, s := range []string{"append", "delete", "store", "add", "push", "put", "insert", "register", "track", "remember", "set", "new"} {
		if !strings.HasPrefix(name, s) || s == "new" && f.plain(call) {
			continue
		}
		for _, arg := range call.Args {
			if f.hasConn(arg) {
				return true
			}
		}
	}
	return false
}

// plain reports whether a call is that of a function of the standard library, or of the
// package.
func (f *finder) plain(call *ast.CallExpr) bool {
	fn, ok := typeutil.Callee(f.TypesInfo, call).(*types.Func)
	if !ok || fn.Pkg() == nil {
		return false
	}
	first, _, _ := strings.Cut(fn.Pkg().Path(), "/")
	return fn.Pkg() == f.Pkg || !strings.Contains(first, ".")
}

// hasConn reports whether an expression is a connection, or something of the package that
// has one.
func (f *finder) hasConn(e ast.Expr) bool {
	t := typeOf(f.TypesInfo, e)
	if connects(t) {
		return true
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() != f.Pkg {
		return false
	}
	s, ok := n.Underlying().(*types.Struct)
	for i := 0; ok && i < s.NumFields(); i++ {
		if connects(s.Field(i).Type()) {
			return true
		}
	}
	return false
}
