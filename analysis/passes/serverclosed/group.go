// SPDX-License-Identifier: Apache-2.0

package serverclosed

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

const (
	groupGo   = "(*golang.org/x/sync/errgroup.Group).Go"
	groupWait = "(*golang.org/x/sync/errgroup.Group).Wait"
)

// groupWait returns the Wait of the errgroup for which a function literal returns what
// Serve does.
func (c *checker) groupWait(s server.Site) (inspector.Cursor, bool) {
	if _, ok := s.At.Parent().Node().(*ast.ReturnStmt); !ok {
		return inspector.Cursor{}, false
	}
	lit, ok := code.Enclosing(s.At)
	if !ok || !code.IsCall(c.pass.TypesInfo, lit.Parent().Node(), groupGo) {
		return inspector.Cursor{}, false
	}
	return c.waitOf(lit.Parent())
}

// waitOf returns the Wait of the group that a Go belongs to, in the same function.
func (c *checker) waitOf(start inspector.Cursor) (inspector.Cursor, bool) {
	group := receiver(c.pass.TypesInfo, start.Node().(*ast.CallExpr))
	for fn := range start.Enclosing((*ast.FuncDecl)(nil)) {
		for cur := range fn.Preorder((*ast.CallExpr)(nil)) {
			call := cur.Node().(*ast.CallExpr)
			if code.IsCall(c.pass.TypesInfo, call, groupWait) && receiver(c.pass.TypesInfo, call) == group {
				return cur, true
			}
		}
	}
	return inspector.Cursor{}, false
}

func receiver(info *types.Info, call *ast.CallExpr) types.Object {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	return code.ObjectOf(info, sel.X)
}

// endsProgram reports whether any error that a call returns ends the process: there, or
// where the function that returns it is called.
func (c *checker) endsProgram(at inspector.Cursor) bool {
	if c.fatal(at, nil) {
		return true
	}
	decl := server.Declaration(at)
	if _, ok := at.Parent().Node().(*ast.ReturnStmt); !ok || decl == nil {
		return false
	}
	fn := c.pass.TypesInfo.Defs[decl.Name]
	for cur := range c.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if typeutil.Callee(c.pass.TypesInfo, call) == fn && c.fatal(cur, nil) && !server.MentionsClosed(c.pass.TypesInfo, server.Declaration(cur)) {
			return true
		}
	}
	return false
}

// methodValues looks at the servers of net/http that a group starts without a function
// literal: g.Go(srv.ListenAndServe).
func (c *checker) methodValues() {
	for cur := range c.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if len(call.Args) != 1 || !code.IsCall(c.pass.TypesInfo, call, groupGo) || code.IsTest(c.pass.Fset, call.Pos()) {
			continue
		}
		sel, ok := ast.Unparen(call.Args[0]).(*ast.SelectorExpr)
		if !ok || !c.listens(sel) || server.MentionsClosed(c.pass.TypesInfo, server.Declaration(cur)) || !c.stopsNear(cur, sel.X) {
			continue
		}
		if wait, ok := c.waitOf(cur); ok && c.endsProgram(wait) {
			c.reportGroup(call, sel)
		}
	}
}

// listens reports whether a selector is the method of net/http's server.
func (c *checker) listens(sel *ast.SelectorExpr) bool {
	fn, ok := c.pass.TypesInfo.Uses[sel.Sel].(*types.Func)
	return ok && fn.FullName() == "(*net/http.Server).ListenAndServe"
}

// stopsNear reports whether the function around a call stops a server.
func (c *checker) stopsNear(at inspector.Cursor, srv ast.Expr) bool {
	decl, obj := server.Declaration(at), code.ObjectOf(c.pass.TypesInfo, srv)
	for _, stop := range c.info.Sites {
		sel, ok := ast.Unparen(stop.Call.Fun).(*ast.SelectorExpr)
		if ok && stop.Op.Stops() && server.Declaration(stop.At) == decl && code.ObjectOf(c.pass.TypesInfo, sel.X) == obj {
			return true
		}
	}
	return false
}

func (c *checker) reportGroup(at ast.Node, serve ast.Expr) {
	c.pass.Reportf(at, "after a clean stop %s makes the group's Wait return http.ErrServerClosed, which ends the program as a failure",
		types.ExprString(serve))
}
