// SPDX-License-Identifier: Apache-2.0

package shutdownbound

import (
	"go/ast"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// wayOut reports whether a function around a stop goes on without it, or ends the
// process while it waits: it selects among other things after starting it, it has a
// timer with a function, or it starts a goroutine that exits.
func (c *checker) wayOut(s server.Site) bool {
	for cur := range s.At.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		inner := cur.Node() // the function of the stop: its own selects are over before
		if fn, ok := server.Enclosing(s.At); ok && fn.Node() != inner && selectsAfter(inner, s.Call) {
			return true
		}
		if c.exitsBeside(inner, s.Call) {
			return true
		}
	}
	return false
}

// selectsAfter reports whether a function has a select with several cases, or a receive
// with a bound, behind the literal that stops.
func selectsAfter(fn ast.Node, stop *ast.CallExpr) bool {
	found := false
	ast.Inspect(fn, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectStmt); ok && sel.Pos() > stop.End() && len(sel.Body.List) > 1 {
			found = true
		}
		return !found
	})
	return found
}

// exitsBeside reports whether a function starts something that ends the process, or
// stops a server at once, while the stop waits.
func (c *checker) exitsBeside(fn ast.Node, stop *ast.CallExpr) bool {
	info := c.pass.TypesInfo
	found := false
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if code.IsCall(info, n, "time.AfterFunc") {
				found = true
			}
		case *ast.GoStmt:
			if n.End() < stop.Pos() || n.Pos() > stop.End() {
				found = found || c.exits(n)
			}
		}
		return !found
	})
	return found
}

// exits reports whether code ends the process after it has waited for something.
func (c *checker) exits(n ast.Node) bool {
	waits, exits := false, false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if code.IsCall(c.pass.TypesInfo, n, "time.Sleep") {
				waits = true
			} else if waits && code.IsCall(c.pass.TypesInfo, n, "os.Exit") {
				exits = true
			}
		case *ast.UnaryExpr:
			waits = waits || n.Op.String() == "<-"
		}
		return !exits
	})
	return exits
}

// callersForce reports whether a caller of the function that stops bounds it.
func (c *checker) callersForce(s server.Site) bool {
	decl := server.Declaration(s.At)
	if decl == nil {
		return false
	}
	for _, caller := range c.info.Sites {
		if caller.Wrapped && c.info.Callee(c.pass.TypesInfo, caller.Call) == decl && c.forced(caller, 1) {
			return true
		}
	}
	return false
}
