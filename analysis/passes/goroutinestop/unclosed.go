// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"bytes"
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// unclosed reports goroutines with a loop that accepts from a listener, or reads from a
// connection, where the package closes none, and gives none to others who could: whatever
// the loop looks at between two of them, it waits for the other side.
func (f *finder) unclosed() {
	for _, start := range f.chans.Funcs.Starts {
		decl := code.Declaration(start.Go)
		if code.IsTest(f.Fset, start.Go.Node().Pos()) || !decl.Valid() || f.program() && !f.stoppable(decl.Node().(*ast.FuncDecl)) {
			continue
		}
		at := f.waitsForPeer(start.Body, 2)
		if at == nil || !f.matters(start, &reason{}) || f.neverEnds(start) || f.readsOwn(start) {
			continue
		}
		f.Reportf(start.Go.Node(), "the goroutine cannot be stopped: at line %d it waits for %s, which nothing closes", f.line(at), types.ExprString(at))
	}
}

// readsOwn reports whether a goroutine is one that sockets reports.
func (f *finder) readsOwn(start chans.Start) bool {
	v := f.endlessRead(start.Body)
	return v != nil && f.opened(v, start.Go)
}

// waitsForPeer returns the listener or connection that a loop of a function waits for, or
// one in a function of the package that it calls, to a depth.
func (f *finder) waitsForPeer(fn inspector.Cursor, depth int) ast.Expr {
	for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
		if code.Function(cur) != fn {
			continue
		}
		call := cur.Node().(*ast.CallExpr)
		if callee := f.chans.Funcs.Callee(call); callee.Valid() {
			if _, isGo := cur.Parent().Node().(*ast.GoStmt); isGo || depth == 0 {
				continue
			}
			if at := f.waitsForPeer(callee, depth-1); at != nil {
				return at
			}
			continue
		}
		if !endlessly(cur) {
			continue
		}
		if on := f.accepted(call); on != nil && f.leftOpen(isListener) {
			return on
		}
		if on := f.read(fn, call); on != nil && f.leftOpen(isConn) {
			return on
		}
	}
	return nil
}

// endlessly reports whether a call is in a loop of its function that has no condition,
// or that has it as the condition.
func endlessly(call inspector.Cursor) bool {
	for c := range call.Enclosing((*ast.ForStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		loop, ok := c.Node().(*ast.ForStmt)
		if !ok {
			return false
		}
		if loop.Cond == nil || code.Contains(loop.Cond, call.Node()) {
			return true
		}
	}
	return false
}

// accepted returns the listener that a call accepts from.
func (f *finder) accepted(call *ast.CallExpr) ast.Expr {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !strings.HasPrefix(sel.Sel.Name, "Accept") || !isListener(f.TypesInfo.TypeOf(sel.X)) {
		return nil
	}
	return sel.X
}

// read returns the connection that a call reads from, itself or through a reader that
// the function has made for it.
func (f *finder) read(fn inspector.Cursor, call *ast.CallExpr) ast.Expr {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !reads(sel.Sel.Name) {
		return nil
	}
	if isConn(f.TypesInfo.TypeOf(sel.X)) {
		return sel.X
	}
	for _, arg := range call.Args {
		if isConn(f.TypesInfo.TypeOf(arg)) {
			return arg
		}
	}
	reader := code.ObjectOf(f.TypesInfo, sel.X)
	if reader == nil {
		return nil
	}
	for cur := range fn.Preorder((*ast.AssignStmt)(nil)) {
		s := cur.Node().(*ast.AssignStmt)
		made, ok := s.Rhs[0].(*ast.CallExpr)
		if !ok || code.ObjectOf(f.TypesInfo, s.Lhs[0]) != reader {
			continue
		}
		for _, arg := range made.Args {
			if isConn(f.TypesInfo.TypeOf(arg)) {
				return arg
			}
		}
	}
	return nil
}

func reads(name string) bool {
	for _, prefix := range []string{"Read", "Receive", "Recv", "Scan", "Decode", "Next"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// isListener reports whether values of a type accept connections until they are closed.
func isListener(t types.Type) bool { return hasMethods(t, "Accept", "Close") }

// isConn reports whether values of a type are connections, or sockets for packets.
func isConn(t types.Type) bool { return hasMethods(t, "SetReadDeadline", "LocalAddr", "Close") }

func hasMethods(t types.Type, names ...string) bool {
	if t == nil {
		return false
	}
	for _, name := range names {
		obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
		if _, ok := obj.(*types.Func); !ok {
			return false
		}
	}
	return true
}

// leftOpen reports whether a package closes none of its listeners, or connections, sets
// no time limit for them, and lets nobody else have them.
func (f *finder) leftOpen(like func(types.Type) bool) bool {
	if f.endsElsewhere() || f.offers(like) {
		return false
	}
	for cur := range f.Inspect.Root().Preorder((*ast.SelectorExpr)(nil), (*ast.CallExpr)(nil), (*ast.CompositeLit)(nil), (*ast.AssignStmt)(nil), (*ast.ReturnStmt)(nil)) {
		if code.IsTest(f.Fset, cur.Node().Pos()) {
			continue
		}
		switch n := cur.Node().(type) {
		case *ast.SelectorExpr:
			if ends(n.Sel.Name) && like(f.TypesInfo.TypeOf(n.X)) {
				return false
			}
		case *ast.CallExpr:
			if f.gives(n, like) {
				return false
			}
		case *ast.CompositeLit:
			if f.holds(n, like) {
				return false
			}
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				if len(n.Rhs) == len(n.Lhs) && like(f.TypesInfo.TypeOf(n.Rhs[i])) && f.closable(f.TypesInfo.TypeOf(lhs), like) {
					return false
				}
			}
		case *ast.ReturnStmt:
			if f.returnsClosable(cur, n, like) {
				return false
			}
		}
	}
	return true
}

// endsElsewhere reports whether a file for other systems may close a socket.
func (f *finder) endsElsewhere() bool {
	for _, name := range f.Pass.IgnoredFiles {
		src, err := f.Pass.ReadFile(name)
		if err != nil || bytes.Contains(src, []byte("Close")) || bytes.Contains(src, []byte("Deadline")) {
			return true
		}
	}
	return false
}

// ends reports whether a method ends what waits for a socket, by its name.
func ends(method string) bool {
	return strings.HasPrefix(method, "Close") || strings.HasPrefix(method, "Set") && strings.HasSuffix(method, "Deadline") || method == "Shutdown" || method == "File" || method == "SyscallConn"
}

// closable reports whether an interface is one through which a socket could be closed
// unseen.
func (f *finder) closable(t types.Type, like func(types.Type) bool) bool {
	return t != nil && types.IsInterface(t) && !like(t) && hasMethods(t, "Close")
}

// gives reports whether a call hands a socket to a function that may close it.
func (f *finder) gives(call *ast.CallExpr, like func(types.Type) bool) bool {
	for i, arg := range call.Args {
		if !like(f.TypesInfo.TypeOf(arg)) {
			continue
		}
		if f.TypesInfo.Types[call.Fun].IsType() {
			return f.closable(f.TypesInfo.TypeOf(call), like)
		}
		fn := typeutil.StaticCallee(f.TypesInfo, call)
		switch {
		case fn == nil:
			_, builtin := typeutil.Callee(f.TypesInfo, call).(*types.Builtin)
			return !builtin
		case fn.Pkg() != f.Pkg:
			return !f.onlyUses(fn, like)
		}
		if params := fn.Signature().Params(); i < params.Len() && f.closable(params.At(i).Type(), like) {
			return true
		}
	}
	return false
}

// onlyUses reports whether a function of another package does not keep a socket that it
// is given: it reads or writes, or makes something of it that reads or closes it.
func (f *finder) onlyUses(fn *types.Func, like func(types.Type) bool) bool {
	for v := range fn.Signature().Results().Variables() {
		if like(v.Type()) {
			return true
		}
		if hasMethods(v.Type(), "Close") {
			return false
		}
	}
	switch path := fn.Pkg().Path(); {
	case path == "bufio", path == "io", path == "fmt", path == "log", strings.HasPrefix(path, "encoding/"):
		return true
	}
	return reads(fn.Name()) || strings.HasPrefix(fn.Name(), "Write") || strings.HasPrefix(fn.Name(), "Send")
}

// holds reports whether a literal of a type of another package, or a field through which
// it can be closed, has a socket.
func (f *finder) holds(lit *ast.CompositeLit, like func(types.Type) bool) bool {
	named, _ := types.Unalias(f.TypesInfo.TypeOf(lit)).(*types.Named)
	foreign := named != nil && named.Obj().Pkg() != f.Pkg
	for _, e := range lit.Elts {
		field := types.Type(nil)
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
			if id, ok := kv.Key.(*ast.Ident); ok && f.TypesInfo.Uses[id] != nil {
				field = f.TypesInfo.Uses[id].Type()
			}
		}
		if like(f.TypesInfo.TypeOf(e)) && (foreign || f.closable(field, like)) {
			return true
		}
	}
	return false
}

// returnsClosable reports whether a socket is returned as something that can be closed.
func (f *finder) returnsClosable(at inspector.Cursor, ret *ast.ReturnStmt, like func(types.Type) bool) bool {
	fn := code.Function(at)
	if !fn.Valid() {
		return false
	}
	var t types.Type
	switch n := fn.Node().(type) {
	case *ast.FuncDecl:
		t = f.TypesInfo.TypeOf(n.Name)
	case *ast.FuncLit:
		t = f.TypesInfo.TypeOf(n)
	}
	sig, ok := t.(*types.Signature)
	for i, e := range ret.Results {
		if ok && i < sig.Results().Len() && len(ret.Results) == sig.Results().Len() && like(f.TypesInfo.TypeOf(e)) && f.closable(sig.Results().At(i).Type(), like) {
			return true
		}
	}
	return false
}

// offers reports whether other packages can get a socket of this one, or give it theirs:
// by an exported function, or an exported field.
func (f *finder) offers(like func(types.Type) bool) bool {
	for _, obj := range f.TypesInfo.Defs {
		switch obj := obj.(type) {
		case *types.Func:
			if obj.Exported() && f.seen(obj) && (some(obj.Signature().Params(), like) || some(obj.Signature().Results(), like)) {
				return true
			}
		case *types.TypeName:
			st, ok := obj.Type().Underlying().(*types.Struct)
			for i := 0; ok && obj.Exported() && i < st.NumFields(); i++ {
				if st.Field(i).Exported() && like(st.Field(i).Type()) {
					return true
				}
			}
		case *types.Var:
			if obj.Exported() && obj.Parent() == f.Pkg.Scope() && like(obj.Type()) {
				return true
			}
		}
	}
	return false
}

// seen reports whether other packages may call a function that has an exported name.
func (f *finder) seen(fn *types.Func) bool {
	recv := fn.Signature().Recv()
	if recv == nil {
		return true
	}
	t := f.named(recv.Type())
	return t == nil || t.Exported()
}

func some(list *types.Tuple, like func(types.Type) bool) bool {
	for v := range list.Variables() {
		if like(v.Type()) {
			return true
		}
	}
	return false
}
