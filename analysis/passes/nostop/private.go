// SPDX-License-Identifier: Apache-2.0

package nostop

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// privates reports the servers of net/http, in a package that others run, that only the
// function which starts them knows: whoever handles the signals cannot shut them down.
func (c *checker) privates() bool {
	if !server.OfProgram(c.pass.Pass) || stops(c.info) || len(c.runs()) > 0 {
		return false
	}
	known := map[any]bool{}
	for _, s := range c.info.Sites {
		if s.Wrapped || c.info.Aside(s.At) || c.info.Administers(s.At) || c.info.Callback(s.At) || server.Redirects(s.Call) || !c.ofPackage(s) || !c.nobodyElse(s) {
			continue
		}
		of := any(s.Server)
		if s.Server == nil {
			of = server.Declaration(s.At)
		}
		if !known[of] {
			known[of] = true
			c.reportPrivate(s)
		}
	}
	return len(known) > 0
}

func (c *checker) reportPrivate(s server.Site) {
	c.pass.Reportf(s.Call, "nobody can shut down the server of %s: only this function knows it, and the requests that it serves are cut off when the program ends",
		types.ExprString(s.Call.Fun))
}

// ofPackage reports whether a server is that of a package, and not one of many: it is not
// started in a loop, in a literal that others may run, nor for a request.
func (c *checker) ofPackage(s server.Site) bool {
	decl := server.Declaration(s.At)
	if decl == nil || code.InLoop(s.At) {
		return false
	}
	if g, ok := server.Goroutine(s.At); ok && code.InLoop(g) {
		return false
	}
	for _, field := range decl.Type.Params.List {
		if t := c.pass.TypesInfo.TypeOf(field.Type); code.IsNamed(t, "net/http.ResponseWriter") || code.IsNamed(t, "net.Listener") || code.IsNamed(t, "net.Conn") {
			return false
		}
	}
	fn, ok := code.Enclosing(s.At)
	if _, inGoroutine := server.Goroutine(s.At); ok && !inGoroutine {
		return fn.Node() == ast.Node(decl)
	}
	return true
}

// nobodyElse reports whether a server of net/http, on a socket of its own, is made in the
// function that starts it, and given to nobody.
func (c *checker) nobodyElse(s server.Site) bool {
	switch {
	case code.IsCall(c.pass.TypesInfo, s.Call, "net/http.ListenAndServe", "net/http.ListenAndServeTLS"):
		return true
	case s.Op != server.Serve || !code.IsCall(c.pass.TypesInfo, s.Call, serving...):
		return false
	}
	decl := server.Declaration(s.At)
	if decl == nil || !isLiteral(code.Receiver(s.Call)) && !c.heldHere(s.Server, decl) {
		return false
	}
	if len(s.Call.Args) == 0 || code.CallName(s.Call) == "listenandservetls" {
		return true
	}
	return c.ownSocket(decl, s.Call.Args[0]) && !c.closedAndWaited(s.Call.Args[0])
}

// isLiteral reports whether an expression is a value that is written there, or its address.
func isLiteral(e ast.Expr) bool {
	e = ast.Unparen(e)
	if u, ok := e.(*ast.UnaryExpr); ok {
		e = u.X
	}
	_, ok := e.(*ast.CompositeLit)
	return ok
}

// heldHere reports whether a server is in a variable of a function, which does nothing with it
// but to serve.
func (c *checker) heldHere(srv types.Object, decl *ast.FuncDecl) bool {
	v, ok := srv.(*types.Var)
	return ok && v.Kind() == types.LocalVar && code.ContainsPos(decl, v.Pos()) && c.onlyServes(v)
}

// serving are the methods with which servers of net/http serve.
var serving = []string{
	"(*net/http.Server).ListenAndServe", "(*net/http.Server).ListenAndServeTLS", "(*net/http.Server).Serve", "(*net/http.Server).ServeTLS",
}

// harmless are the other methods of servers that leave them running.
var harmless = []string{"(*net/http.Server).SetKeepAlivesEnabled", "(*google.golang.org/grpc.Server).Serve", "(*google.golang.org/grpc.Server).RegisterService", "(*google.golang.org/grpc.Server).GetServiceInfo"}

// onlyServes reports whether a variable is only used to make a server, to set its fields, to
// add to what it can do, and to serve.
func (c *checker) onlyServes(v *types.Var) bool {
	for cur := range c.pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		if c.pass.TypesInfo.ObjectOf(cur.Node().(*ast.Ident)) != v {
			continue
		}
		switch up := cur.Parent().Node().(type) {
		case *ast.AssignStmt:
			if !isLeft(up, cur) {
				return false
			}
		case *ast.ValueSpec, *ast.Field:
		case *ast.SelectorExpr:
			if up.Sel == cur.Node() && !c.servesField(cur.Parent()) || up.X == cur.Node() && method(c.pass.TypesInfo, up) && !c.serves(cur.Parent()) {
				return false
			}
		case *ast.CallExpr:
			if !registers(cur) {
				return false
			}
		case *ast.KeyValueExpr:
			if up.Key != cur.Node() {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// servesField reports whether a field that a selector names is used as onlyServes has it.
func (c *checker) servesField(field inspector.Cursor) bool {
	switch up := field.Parent().Node().(type) {
	case *ast.AssignStmt:
		return isLeft(up, field)
	case *ast.SelectorExpr:
		return !method(c.pass.TypesInfo, up) || c.serves(field.Parent())
	case *ast.CallExpr:
		return registers(field)
	}
	return false
}

func isLeft(assign *ast.AssignStmt, id inspector.Cursor) bool {
	for _, l := range assign.Lhs {
		if l == id.Node() {
			return true
		}
	}
	return false
}

// serves reports whether a method is called there, and serves or sets something.
func (c *checker) serves(sel inspector.Cursor) bool {
	call, ok := sel.Parent().Node().(*ast.CallExpr)
	return ok && call.Fun == sel.Node() && (code.IsCall(c.pass.TypesInfo, call, serving...) || code.IsCall(c.pass.TypesInfo, call, harmless...))
}

// closedAndWaited reports whether a function closes the listener, which is in a field, and then
// waits: for what is served, in its own way.
func (c *checker) closedAndWaited(listener ast.Expr) bool {
	field, ok := code.ObjectOf(c.pass.TypesInfo, listener).(*types.Var)
	if !ok || !field.IsField() {
		return false
	}
	for cur := range c.pass.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		closes, waits := false, false
		for at := range cur.Preorder((*ast.CallExpr)(nil)) {
			call := at.Node().(*ast.CallExpr)
			x := code.Receiver(call)
			closes = closes || code.CallName(call) == "close" && x != nil && code.ObjectOf(c.pass.TypesInfo, x) == types.Object(field)
			waits = waits || code.CallName(call) == "wait"
		}
		if closes && waits {
			return true
		}
	}
	return false
}

// ownSocket reports whether a function opens the socket that it serves on.
func (c *checker) ownSocket(decl *ast.FuncDecl, listener ast.Expr) bool {
	v := code.ObjectOf(c.pass.TypesInfo, listener)
	sources := map[types.Object]bool{v: v != nil}
	opened := false
	for range 2 { // s.ln = ln
		ast.Inspect(decl, func(n ast.Node) bool {
			a, ok := n.(*ast.AssignStmt)
			if !ok || !sources[code.ObjectOf(c.pass.TypesInfo, a.Lhs[0])] {
				return true
			}
			if code.IsCall(c.pass.TypesInfo, ast.Unparen(a.Rhs[0]), "net.Listen", "crypto/tls.Listen", "net.ListenTCP", "crypto/tls.NewListener") {
				opened = true
			} else if other := code.ObjectOf(c.pass.TypesInfo, a.Rhs[0]); other != nil {
				sources[other] = true
			}
			return true
		})
	}
	return opened
}
