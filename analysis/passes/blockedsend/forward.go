// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// forwarded reports a goroutine that forwards to a channel that its function returns, and
// looks for the stop where it waits for input, but not where it sends.
func forwarded(pass *check.Pass, info *chans.Info, g *chans.Group) {
	if g.Has(chans.Receive) || !g.Has(chans.Send) || len(g.Of(chans.Make)) != 1 || !g.Unbuffered(pass.TypesInfo) {
		return
	}
	made := g.Of(chans.Make)[0]
	if made.Var.IsField() || !made.Func().Valid() || !returned(g, made.Func()) {
		return
	}
	for _, send := range g.Of(chans.Send) {
		if inSelect(send) || code.IsTest(pass.Fset, send.At.Node().Pos()) || loopOf(send.At) == nil {
			continue
		}
		stop := stopBeside(pass, info, send)
		if stop == nil || !startedIn(info, send.Func(), made.Func()) {
			continue
		}
		pass.Reportf(send.At.Parent().Node(), "%s has no buffer, and this send does not look for the stop of line %d: with nobody to receive it waits for ever",
			types.ExprString(send.At.Node().(ast.Expr)), pass.Fset.Position(stop.Pos()).Line)
	}
}

// returned reports whether a channel leaves its function as a result.
func returned(g *chans.Group, fn inspector.Cursor) bool {
	for _, u := range g.Of(chans.Escape) {
		if _, ok := u.At.Parent().Node().(*ast.ReturnStmt); ok && u.Func() == fn {
			return true
		}
	}
	return false
}

// startedIn reports whether a function starts another one as a goroutine.
func startedIn(info *chans.Info, body, fn inspector.Cursor) bool {
	for _, s := range info.Funcs.StartsOf(body) {
		if code.Function(s.Go) == fn {
			return true
		}
	}
	return false
}

// stopBeside returns the case that leaves at a stop in the select whose other case does a
// send.
func stopBeside(pass *check.Pass, info *chans.Info, send *chans.Use) ast.Node {
	for clause := range send.At.Enclosing((*ast.CommClause)(nil), (*ast.FuncLit)(nil)) {
		own, ok := clause.Node().(*ast.CommClause)
		if !ok {
			return nil
		}
		for _, s := range clause.Parent().Node().(*ast.BlockStmt).List {
			if other := s.(*ast.CommClause); other != own && isStop(pass, info, other) {
				return other
			}
		}
		return nil
	}
	return nil
}

// isStop reports whether a case waits for the end of a context, or for a field that the
// package closes, and returns then.
func isStop(pass *check.Pass, info *chans.Info, c *ast.CommClause) bool {
	stmt, ok := c.Comm.(*ast.ExprStmt)
	if !ok || !code.EndsInReturn(c.Body) {
		return false
	}
	u, ok := stmt.X.(*ast.UnaryExpr)
	if !ok || u.Op != token.ARROW {
		return false
	}
	if code.IsCall(pass.TypesInfo, u.X, "(context.Context).Done", "time.After") {
		return true
	}
	v, _ := code.ObjectOf(pass.TypesInfo, u.X).(*types.Var)
	g := info.Of(v)
	return v != nil && v.IsField() && g != nil && g.Has(chans.Close)
}
