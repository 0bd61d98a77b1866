// SPDX-License-Identifier: Apache-2.0

package serveerror

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// waitsOn reports whether a function serves, writes the error to the log at most, and
// then waits on a channel, as it would after a stop: for a signal, or for the end of a
// Shutdown that nobody has begun.
func (c *checker) waitsOn(s server.Site) bool {
	if c.minor(s, s.At) || !kept(s.At) {
		return false
	}
	for _, stmt := range behind(s.At) {
		switch {
		case c.waitsForStop(stmt), c.waitsForEnd(stmt, s):
			return true
		case !c.looksOn(stmt):
			return false
		}
	}
	return false
}

// kept reports whether a call is a statement, or its error is kept in a variable.
func kept(call inspector.Cursor) bool {
	switch call.Parent().Node().(type) {
	case *ast.ExprStmt, *ast.AssignStmt:
		return true
	}
	return false
}

// behind returns the statements that follow a node in its function, out to the loop that
// it is in: beginning with the branches of the if that it begins.
func behind(at inspector.Cursor) []ast.Stmt {
	var out []ast.Stmt
	if branch, ok := at.Parent().Parent().Node().(*ast.IfStmt); ok && branch.Init == at.Parent().Node() {
		out = append(out, branch.Body)
	}
	for cur := at; ; {
		out = append(out, server.After(cur)...)
		block := cur
		for b := range cur.Parent().Enclosing((*ast.BlockStmt)(nil), (*ast.CaseClause)(nil), (*ast.CommClause)(nil)) {
			block = b
			break
		}
		switch block.Parent().Node().(type) {
		case *ast.IfStmt, *ast.BlockStmt, *ast.CaseClause:
			cur = block.Parent()
		default:
			return out
		}
	}
}

// waitsForStop reports whether a statement waits on channels, none of which is a clock's:
// that would be the pause before the next attempt.
func (c *checker) waitsForStop(stmt ast.Stmt) bool {
	switch s := stmt.(type) {
	case *ast.ExprStmt:
		return c.receivesStop(s.X)
	case *ast.AssignStmt:
		return len(s.Rhs) == 1 && c.receivesStop(s.Rhs[0])
	case *ast.SelectStmt:
		for _, clause := range s.Body.List {
			comm := clause.(*ast.CommClause).Comm
			if comm == nil {
				return false
			}
			ticks := false
			ast.Inspect(comm, func(n ast.Node) bool {
				u, ok := n.(*ast.UnaryExpr)
				ticks = ticks || ok && u.Op == token.ARROW && c.clock(u.X)
				return !ticks
			})
			if ticks {
				return false
			}
		}
		return len(s.Body.List) > 0
	}
	return false
}

// waitsForEnd reports whether a statement waits for the end of what was to serve, with the
// method Wait of the same object, or for nothing at all.
func (c *checker) waitsForEnd(stmt ast.Stmt, s server.Site) bool {
	switch stmt := stmt.(type) {
	case *ast.SelectStmt:
		return len(stmt.Body.List) == 0
	case *ast.ExprStmt:
		call, ok := stmt.X.(*ast.CallExpr)
		if !ok || len(call.Args) > 0 {
			return false
		}
		wait, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		serve, okToo := ast.Unparen(s.Call.Fun).(*ast.SelectorExpr)
		return ok && okToo && wait.Sel.Name == "Wait" && types.ExprString(wait.X) == types.ExprString(serve.X)
	}
	return false
}

// receives reports whether something is received from in code.
func receives(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		u, ok := n.(*ast.UnaryExpr)
		found = found || ok && u.Op == token.ARROW
		return !found
	})
	return found
}

// receivesStop reports whether an expression is a receive, or a call that is given one, other
// than from a clock.
func (c *checker) receivesStop(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return e.Op == token.ARROW && !c.clock(e.X)
	case *ast.CallExpr:
		return slices.ContainsFunc(e.Args, c.receivesStop)
	}
	return false
}

// clock reports whether an expression is a channel of times, or one of errors, by which
// the server may tell of its end itself.
func (c *checker) clock(e ast.Expr) bool {
	t := c.pass.TypesInfo.TypeOf(e)
	if t == nil {
		return true
	}
	ch, ok := t.Underlying().(*types.Chan)
	return !ok || code.IsNamed(ch.Elem(), "time.Time") || types.Identical(ch.Elem(), types.Universe.Lookup("error").Type())
}

// looksOn reports whether a statement does no more than look at an error and write to the
// log.
func (c *checker) looksOn(stmt ast.Stmt) bool {
	ok := true
	ast.Inspect(stmt, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			ok = ok && !c.acts(n)
			return !server.Logs(c.pass.TypesInfo, n) || receives(n)
		case *ast.ReturnStmt, *ast.BranchStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt, *ast.SelectStmt, *ast.ForStmt, *ast.RangeStmt, *ast.AssignStmt:
			ok = false
		case *ast.UnaryExpr:
			ok = ok && n.Op != token.ARROW
		}
		return ok
	})
	return ok
}
