// SPDX-License-Identifier: Apache-2.0

package nostop

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// notStopped reports the servers of a program that waits for a signal, and then ends
// without a word to them: nobody but the function that waits knows them.
func (c *checker) notStopped() {
	pkg := signals.Of(c.pass.Pass)
	if pkg == nil || !code.IsMain(c.pass.Pass) && !ofCommand(c.pass) {
		return
	}
	for _, s := range c.info.Sites {
		if s.Op != server.Serve && s.Op != server.ServeGlobal || !c.private(s) || s.Wrapped || s.Op == server.Serve && !s.Closed && !s.Drains || c.left[s.Call] || c.info.Aside(s.At) || server.Redirects(s.Call) {
			continue
		}
		g, ok := server.Goroutine(s.At)
		if !ok || !c.endsUntold(s, g) || !c.signalledBehind(pkg, g) {
			continue
		}
		if c.info.State || code.IsMain(c.pass.Pass) && ownPackages(c.pass) || c.defersCleanup() {
			c.pass.Reportf(s.Call, "nobody stops the server of %s when the signal comes: the requests that it serves are cut off", types.ExprString(s.Call.Fun))
			return
		}
	}
}

// endsUntold reports whether nothing stops a server: but where it has ended already, in the
// goroutine that serves. Beside servers that are stopped, one that cannot be is for
// pkglisten.
func (c *checker) endsUntold(s server.Site, g inspector.Cursor) bool {
	for _, other := range c.info.Sites {
		switch {
		case !other.Op.Stops() || other.Op == server.Close && g.Contains(other.At):
		case s.Op == server.ServeGlobal && other.Op != server.Close:
			return false
		case s.Op == server.Serve && (other.Server == nil || other.Server == s.Server):
			return false
		}
	}
	return s.Op == server.ServeGlobal || c.keptHere(s, g)
}

// keptHere reports whether the variable of a server is only used for its fields and methods,
// and is given to nobody but the call that serves.
func (c *checker) keptHere(s server.Site, g inspector.Cursor) bool {
	for cur := range c.pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		id := cur.Node().(*ast.Ident)
		if c.pass.TypesInfo.ObjectOf(id) != s.Server {
			continue
		}
		switch up := cur.Parent().Node().(type) {
		case *ast.AssignStmt:
			if up.Tok != token.DEFINE {
				return false
			}
		case *ast.SelectorExpr:
			if method(c.pass.TypesInfo, up) && !isCalled(cur.Parent()) {
				return false // its Shutdown may be given to something
			}
		case *ast.ValueSpec:
		case *ast.CallExpr:
			if up != s.Call && (!g.Contains(cur) || cur.Parent().Parent() != g) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func method(info *types.Info, sel *ast.SelectorExpr) bool {
	s := info.Selections[sel]
	return s != nil && s.Kind() == types.MethodVal
}

func isCalled(fun inspector.Cursor) bool {
	call, ok := fun.Parent().Node().(*ast.CallExpr)
	return ok && call.Fun == fun.Node()
}

// signalledBehind reports whether the function that starts a goroutine then waits for a
// signal.
func (c *checker) signalledBehind(pkg *signals.Package, g inspector.Cursor) bool {
	fn, ok := code.Enclosing(g)
	if !ok {
		return false
	}
	behind := func(at inspector.Cursor) bool {
		own, ok := code.Enclosing(at)
		return ok && own == fn && at.Node().Pos() > g.Node().End()
	}
	for _, ch := range pkg.Channels {
		for _, at := range ch.Receives {
			if ch.Signals().Stops() && behind(at) {
				return true
			}
		}
	}
	for cur := range fn.Preorder((*ast.UnaryExpr)(nil)) {
		if behind(cur) && c.doneOfSignals(pkg, cur.Node().(*ast.UnaryExpr)) {
			return true
		}
	}
	return false
}

// doneOfSignals recognises <-ctx.Done() of a context that signals end.
func (c *checker) doneOfSignals(pkg *signals.Package, e *ast.UnaryExpr) bool {
	call, ok := ast.Unparen(e.X).(*ast.CallExpr)
	if e.Op != token.ARROW || !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Done" {
		return false
	}
	ctx := code.ObjectOf(c.pass.TypesInfo, sel.X)
	for _, n := range pkg.Calls {
		if n.Op != signals.NotifyContext || ctx == nil {
			continue
		}
		if a, ok := n.At.Parent().Node().(*ast.AssignStmt); ok && code.ObjectOf(c.pass.TypesInfo, a.Lhs[0]) == ctx {
			return true
		}
	}
	return false
}
