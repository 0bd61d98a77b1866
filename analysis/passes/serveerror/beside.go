// SPDX-License-Identifier: Apache-2.0

package serveerror

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// severalServe reports whether a WaitGroup counts more than one goroutine that serves: it
// is waited for until the last of them has ended, and not the first.
func (c *checker) severalServe(group types.Object) bool {
	counted := map[inspector.Cursor]bool{}
	for _, s := range c.info.Sites {
		if s.Op != server.Serve && s.Op != server.ServeGlobal || c.minor(s, s.At) {
			continue
		}
		if g, ok := server.Goroutine(s.At); ok && group != nil && c.counts(g, group) {
			counted[g] = true
		}
	}
	return len(counted) > 1
}

// counts reports whether a goroutine tells a WaitGroup when it ends.
func (c *checker) counts(g inspector.Cursor, group types.Object) bool {
	for cur := range g.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if code.IsCall(c.pass.TypesInfo, call, "(*sync.WaitGroup).Done") && groupOf(c.pass.TypesInfo, call) == group {
			return true
		}
	}
	return false
}

// waitsForOthers reports whether all that a function does with the error of a server, which
// it has just received, is to write it to the log before it waits for the servers beside.
func (c *checker) waitsForOthers(receive inspector.Cursor) bool {
	for range receive.Enclosing((*ast.CommClause)(nil), (*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
		return false
	}
	for _, stmt := range behind(receive) {
		if group := c.waitedFor(stmt); group != nil {
			return c.severalServe(group)
		}
		if !c.looksOn(stmt) {
			return false
		}
	}
	return false
}

// waitedFor returns the WaitGroup that a statement waits for, nil for others.
func (c *checker) waitedFor(stmt ast.Stmt) types.Object {
	e, ok := stmt.(*ast.ExprStmt)
	if !ok || !code.IsCall(c.pass.TypesInfo, e.X, "(*sync.WaitGroup).Wait") {
		return nil
	}
	return groupOf(c.pass.TypesInfo, e.X.(*ast.CallExpr))
}
