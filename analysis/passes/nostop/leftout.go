// SPDX-License-Identifier: Apache-2.0

package nostop

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// leftOut reports the servers that nobody stops, in a package that stops others which it
// serves: these were thought of, and that one was forgotten.
func (c *checker) leftOut() {
	if !server.OfProgram(c.pass.Pass) || !stops(c.info) {
		return
	}
	for _, s := range c.info.Sites {
		if s.Op != server.Serve || s.Wrapped || !code.IsCall(c.pass.TypesInfo, s.Call, serving...) && !server.IsGRPC(s.Server) ||
			c.aside(s) || c.info.Administers(s.At) || c.info.Callback(s.At) || server.Redirects(s.Call) {
			continue
		}
		if !c.ofPackage(s) && !c.actor(s) || !c.stopsAnother(s) || !c.forgotten(s) {
			continue
		}
		c.left[s.Call] = true
		c.pass.Reportf(s.Call, "nobody stops the server of %s: the program stops others, and cuts off the requests that this one serves", types.ExprString(s.Call.Fun))
	}
}

// actor reports whether a call is in a function literal that a group runs.
func (c *checker) actor(s server.Site) bool {
	lit, ok := code.Enclosing(s.At)
	if !ok || code.InLoop(lit) {
		return false
	}
	call, ok := lit.Parent().Node().(*ast.CallExpr)
	return ok && len(call.Args) > 0 && code.IsCall(c.pass.TypesInfo, call, "(*github.com/oklog/run.Group).Add", "(*golang.org/x/sync/errgroup.Group).Go", "(*sync.WaitGroup).Go")
}

// stopsAnother reports whether the function that starts a server, which nobody stops, starts
// another one that is stopped.
func (c *checker) stopsAnother(s server.Site) bool {
	stopped := map[types.Object]bool{}
	for _, other := range c.info.Sites {
		if other.Op.Stops() && other.Server != nil {
			stopped[other.Server] = true
		}
	}
	for _, other := range c.info.Sites {
		if other.Op == server.Serve && other.Server != s.Server && stopped[other.Server] && server.Declaration(other.At) == server.Declaration(s.At) {
			return !stopped[s.Server]
		}
	}
	return false
}

// forgotten reports whether a server is in a variable, of the function or a field of which
// nobody outside the package knows, that is only used to make it and to serve, and nobody
// closes its listener.
func (c *checker) forgotten(s server.Site) bool {
	v, ok := s.Server.(*types.Var)
	if !ok || v.Kind() != types.LocalVar && (!v.IsField() || v.Exported()) {
		return false
	}
	return c.onlyServes(v) && (len(s.Call.Args) == 0 || !c.closes(s.Call.Args[0]))
}

// closes reports whether a listener is closed by somebody, or given to others who may.
func (c *checker) closes(listener ast.Expr) bool {
	v := code.ObjectOf(c.pass.TypesInfo, listener)
	if v == nil {
		return false // it is made where it is served
	}
	for cur := range c.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		x := code.Receiver(call)
		if x != nil && code.CallName(call) == "close" && code.ObjectOf(c.pass.TypesInfo, x) == v {
			return true
		}
	}
	return false
}

// registers reports whether a variable is an argument of a function that adds to what a server
// can do.
func registers(arg inspector.Cursor) bool {
	call, ok := arg.Parent().Node().(*ast.CallExpr)
	if !ok || call.Fun == arg.Node() {
		return false
	}
	name := code.CallName(call)
	return strings.HasPrefix(name, "register") || strings.HasPrefix(name, "initialize")
}
