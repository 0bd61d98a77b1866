// SPDX-License-Identifier: Apache-2.0

package shutdownbound

import (
	"go/ast"
	"go/types"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// wayOut reports whether a function around a stop goes on without it, or ends the
// process while it waits: it selects among other things after starting it, it has a
// timer with a function, or it starts a goroutine that exits.
func (c *checker) wayOut(s server.Site) bool {
	for cur := range s.At.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		inner := cur.Node() // the function of the stop: its own selects are over before
		if fn, ok := code.Enclosing(s.At); ok && fn.Node() != inner && c.selectsAfter(inner, s) {
			return true
		}
		if c.exitsBeside(inner, s.Call) {
			return true
		}
	}
	return c.awaitedElsewhere(s)
}

// awaitedElsewhere reports whether a stop in a goroutine of its own tells of its end
// through a field or a package variable, and some function of the package waits for that
// among other things.
func (c *checker) awaitedElsewhere(s server.Site) bool {
	own, ok := code.Enclosing(s.At)
	if _, started := server.Goroutine(s.At); !ok || !started {
		return false
	}
	told := c.told(own.Node())
	for ch := range told {
		if v, ok := ch.(*types.Var); !ok || !v.IsField() && v.Parent() != c.pass.Pkg.Scope() {
			delete(told, ch)
		}
	}
	for n := range c.pass.Inspect.PreorderSeq((*ast.SelectStmt)(nil)) {
		if sel := n.(*ast.SelectStmt); len(sel.Body.List) > 1 && c.receives(sel, told) {
			return true
		}
	}
	return false
}

// selectsAfter reports whether a function goes on without a stop that it has started:
// it has a select, behind, that also has another case than the stop's own channel.
func (c *checker) selectsAfter(fn ast.Node, s server.Site) bool {
	own, ok := code.Enclosing(s.At)
	if !ok {
		return false
	}
	told := c.told(own.Node())
	found := false
	ast.Inspect(fn, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectStmt); ok && sel.Pos() > s.Call.End() && len(sel.Body.List) > 1 {
			found = found || c.receives(sel, told)
		}
		return !found
	})
	return found
}

// told returns the channels that a function closes or sends to: it tells of its end.
func (c *checker) told(fn ast.Node) map[types.Object]bool {
	out := map[types.Object]bool{}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if code.IsBuiltin(c.pass.TypesInfo, n, "close") && len(n.Args) == 1 {
				out[code.ObjectOf(c.pass.TypesInfo, n.Args[0])] = true
			}
		case *ast.SendStmt:
			out[code.ObjectOf(c.pass.TypesInfo, n.Chan)] = true
		}
		return true
	})
	delete(out, nil)
	return out
}

// receives reports whether a case of a select receives from one of the channels.
func (c *checker) receives(sel *ast.SelectStmt, from map[types.Object]bool) bool {
	for _, s := range sel.Body.List {
		comm := s.(*ast.CommClause).Comm
		if comm == nil {
			continue
		}
		found := false
		ast.Inspect(comm, func(n ast.Node) bool {
			if u, ok := n.(*ast.UnaryExpr); ok {
				found = found || from[code.ObjectOf(c.pass.TypesInfo, u.X)]
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
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

// callersForce reports whether a caller of the function that stops bounds it. One that does
// not wait for it says nothing about the callers in other packages.
func (c *checker) callersForce(s server.Site) bool {
	decl := server.Declaration(s.At)
	if decl == nil {
		return false
	}
	open := decl.Name.IsExported() && !code.IsMain(c.pass.Pass)
	for _, caller := range c.info.Sites {
		if !caller.Wrapped || c.info.Callee(c.pass.TypesInfo, caller.Call) != decl || open && server.Unheard(c.pass.TypesInfo, caller.At) {
			continue
		}
		if c.forced(caller, 1) {
			return true
		}
	}
	return false
}
