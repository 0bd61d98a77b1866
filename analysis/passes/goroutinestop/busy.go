// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// busyOnly returns why a loop does not see that it should end: it waits for work where
// nothing but work wakes it, and looks at its stop channel or context only after that.
func (f *finder) busyOnly(loop ast.Stmt) *reason {
	l, ok := loop.(*ast.ForStmt)
	if !ok {
		return nil
	}
	wait, input := f.idle(l.Body)
	if input == nil || !f.endsByWord(l) || f.wokenByStop(input) {
		return nil
	}
	return &reason{fmt.Sprintf("it looks for the stop only when it is busy: at line %d it waits for %s alone, which nothing closes",
		f.line(wait), input.Name()), input}
}

// idle returns the statement of a loop's body that waits for work only.
func (f *finder) idle(body *ast.BlockStmt) (ast.Node, *types.Var) {
	for _, s := range body.List {
		if sel, ok := s.(*ast.SelectStmt); ok {
			if v := f.onlyWork(sel); v != nil {
				return sel, v
			}
			continue
		}
		if v := f.work(s); v != nil {
			return s, v
		}
	}
	return nil, nil
}

// onlyWork returns a channel of a select all whose cases receive work.
func (f *finder) onlyWork(sel *ast.SelectStmt) (out *types.Var) {
	for _, c := range sel.Body.List {
		if out = f.work(c.(*ast.CommClause).Comm); out == nil {
			return nil
		}
	}
	return out
}

// work returns the channel of a receive that only a send in this package wakes.
func (f *finder) work(s ast.Stmt) *types.Var {
	var e ast.Expr
	switch s := s.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		if len(s.Lhs) == 1 {
			e = s.Rhs[0]
		}
	}
	u, ok := e.(*ast.UnaryExpr)
	if !ok || u.Op != token.ARROW {
		return nil
	}
	v := f.dead(u.X, chans.Close)
	if v == nil || !f.chans.Of(v).Has(chans.Make) || !f.chans.Of(v).Has(chans.Send) {
		return nil
	}
	return v
}

// endsByWord reports whether a loop has exits, and all of them are in a case of a select
// that waits for a context's end or for a channel that the package closes.
func (f *finder) endsByWord(l *ast.ForStmt) bool {
	exits, others := 0, false
	ast.Inspect(l.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CommClause:
			if f.isWord(n.Comm) {
				exits++
				return false
			}
		case *ast.ReturnStmt:
			others = true
		case *ast.BranchStmt:
			others = others || n.Tok != token.CONTINUE
		case *ast.CallExpr:
			others = others || flow.NoReturn(f.TypesInfo, n)
		}
		return true
	})
	return exits > 0 && !others
}

func (f *finder) isWord(s ast.Stmt) bool {
	stmt, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	u, ok := stmt.X.(*ast.UnaryExpr)
	if !ok {
		return false
	}
	if call, ok := u.X.(*ast.CallExpr); ok {
		return code.IsCall(f.TypesInfo, call, "(context.Context).Done")
	}
	v, _ := code.ObjectOf(f.TypesInfo, u.X).(*types.Var)
	return f.chans.Of(v).Has(chans.Close)
}

// wokenByStop reports whether a function that stops something sends to the channel.
func (f *finder) wokenByStop(input *types.Var) bool {
	for _, u := range f.chans.Of(input).Of(chans.Send) {
		for c := range u.At.Enclosing((*ast.FuncDecl)(nil)) {
			name := strings.ToLower(c.Node().(*ast.FuncDecl).Name.Name)
			for _, word := range []string{"stop", "close", "shutdown", "quit", "cancel", "wake"} {
				if strings.Contains(name, word) {
					return true
				}
			}
		}
	}
	return false
}
