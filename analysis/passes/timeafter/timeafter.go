// SPDX-License-Identifier: Apache-2.0

package timeafter

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"time"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

//go:embed doc.go
var doc string

// Analyzer reports time.After in a loop, and where nobody waits for it.
var Analyzer = check.New(doc, run)

func run(pass *check.Pass) (any, error) {
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if !code.IsCall(pass.TypesInfo, call, "time.After") || code.IsTest(pass.Fset, call.Pos()) {
			continue
		}
		if _, dropped := cur.Parent().Node().(*ast.ExprStmt); dropped {
			pass.Reportf(call, "time.After returns at once, and nobody waits for its timer: use time.Sleep, or receive from it")
			continue
		}
		if short(pass, cur) || !repeats(pass.TypesInfo, cur) || !code.Before(pass.TypesInfo, cur, code.TimersCollected) {
			continue
		}
		pass.Reportf(call, "time.After in a loop: each turn leaves a timer behind until it fires (before Go 1.23)")
	}
	return nil, nil
}

// short reports whether a timer fires so soon that few of them can pile up.
func short(pass *check.Pass, call inspector.Cursor) bool {
	arg := call.Node().(*ast.CallExpr).Args[0]
	d, ok := code.IntConst(pass.TypesInfo, arg)
	if v, isVar := code.ObjectOf(pass.TypesInfo, arg).(*types.Var); isVar {
		scope := pass.Inspect.Root()
		if v.Parent() != pass.Pkg.Scope() {
			scope = code.Declaration(call)
		}
		if scope.Valid() {
			d, ok = initial(pass.TypesInfo, scope, v)
		}
	}
	return ok && time.Duration(d) <= 5*time.Second
}

// initial returns the constant that a variable has at first.
func initial(info *types.Info, scope inspector.Cursor, v *types.Var) (int64, bool) {
	for cur := range scope.Preorder((*ast.ValueSpec)(nil), (*ast.AssignStmt)(nil)) {
		var names, values []ast.Expr
		switch n := cur.Node().(type) {
		case *ast.ValueSpec:
			for _, name := range n.Names {
				names = append(names, name)
			}
			values = n.Values
		case *ast.AssignStmt:
			names, values = n.Lhs, n.Rhs
		}
		for i, name := range names {
			if id, ok := name.(*ast.Ident); ok && info.Defs[id] == types.Object(v) && len(values) == len(names) {
				return code.IntConst(info, values[i])
			}
		}
	}
	return 0, false
}

// repeats reports whether a call is a case of a select in a loop that has another one
// after which the loop goes on: otherwise each timer is waited for, but the last.
func repeats(info *types.Info, call inspector.Cursor) bool {
	for clause := range call.Enclosing((*ast.CommClause)(nil), (*ast.FuncLit)(nil)) {
		comm, ok := clause.Node().(*ast.CommClause)
		if !ok {
			return false
		}
		if comm.Comm == nil || call.Node().Pos() > comm.Comm.End() {
			continue // in the body of the case: a statement of its own
		}
		choice := clause.Parent().Parent() // the block, and the select
		return overtaken(info, choice.Node().(*ast.SelectStmt), comm) && code.InLoop(choice) && !last(choice)
	}
	return false
}

// last reports whether the statement after a select leaves the loop: there is one timer.
func last(choice inspector.Cursor) bool {
	next, ok := choice.NextSibling()
	if !ok {
		return false
	}
	stmt, ok := next.Node().(ast.Stmt)
	return ok && leaves([]ast.Stmt{stmt})
}

// overtaken reports whether a select has a case beside own that does not leave the loop,
// and is not that of the end of a context: the loop has its own way to see that.
func overtaken(info *types.Info, choice *ast.SelectStmt, own *ast.CommClause) bool {
	for _, s := range choice.Body.List {
		if c := s.(*ast.CommClause); c != own && !leaves(c.Body) && !isDone(info, c.Comm) {
			return true
		}
	}
	return false
}

// isDone reports whether a case waits for the end of a context.
func isDone(info *types.Info, comm ast.Stmt) bool {
	stmt, ok := comm.(*ast.ExprStmt)
	if !ok {
		return false
	}
	u, ok := stmt.X.(*ast.UnaryExpr)
	return ok && code.IsCall(info, u.X, "(context.Context).Done")
}

// leaves reports whether a case ends by leaving the loop around its select.
func leaves(body []ast.Stmt) bool {
	if len(body) == 0 {
		return false
	}
	switch last := body[len(body)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return last.Tok == token.GOTO || last.Tok == token.BREAK && last.Label != nil
	case *ast.ExprStmt:
		call, ok := last.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		id, ok := call.Fun.(*ast.Ident)
		return ok && id.Name == "panic"
	}
	return false
}
