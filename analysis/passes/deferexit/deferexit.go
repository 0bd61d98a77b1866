// SPDX-License-Identifier: Apache-2.0

package deferexit

import (
	_ "embed"
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
)

//go:embed doc.go
var doc string

// Analyzer reports defer statements that an exit makes pointless.
var Analyzer = check.New(doc, run, exits.Analyzer)

func run(pass *check.Pass) (any, error) {
	know := pass.ResultOf[exits.Analyzer].(*exits.Knowledge)
	for cur := range pass.Inspect.Root().Preorder((*ast.DeferStmt)(nil)) {
		if end := endBefore(know, cur); end != "" {
			stmt := cur.Node().(*ast.DeferStmt)
			pass.Reportf(stmt, "the deferred %s is never reached: %s", name(stmt.Call), end)
			continue
		}
		order(pass, know, cur)
	}
	return nil, nil
}

func name(call *ast.CallExpr) string {
	if _, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		return "function"
	}
	return exits.Name(call)
}

// endBefore says what keeps a statement from being reached, if anything does: a
// statement before it in the same block. A label may be jumped to from elsewhere.
func endBefore(know *exits.Knowledge, cur inspector.Cursor) string {
	for c, ok := cur.PrevSibling(); ok; c, ok = c.PrevSibling() {
		stmt, isStmt := c.Node().(ast.Stmt)
		if !isStmt {
			return ""
		}
		switch s := stmt.(type) {
		case *ast.LabeledStmt:
			return ""
		case *ast.ExprStmt:
			if know.Exits(s) {
				return exits.Name(ast.Unparen(s.X).(*ast.CallExpr)) + " before it always ends the process"
			}
		case *ast.ForStmt:
			if s.Cond == nil && !left(c) {
				return "the loop before it has no end"
			}
		case *ast.SelectStmt:
			if len(s.Body.List) == 0 {
				return "the select before it blocks for good"
			}
		default:
			if know.Exits(s) {
				return "what is before it always ends the process"
			}
		}
	}
	return ""
}

// left reports whether something in a loop may lead behind it.
func left(loop inspector.Cursor) bool {
	for c := range loop.Preorder((*ast.BranchStmt)(nil)) {
		b := c.Node().(*ast.BranchStmt)
		if b.Tok == token.GOTO || b.Tok == token.BREAK && (b.Label != nil || code.BreakTarget(c) == loop) {
			return true
		}
	}
	return false
}

// order reports a deferred exit that comes before a clean-up that was deferred earlier.
func order(pass *check.Pass, know *exits.Knowledge, cur inspector.Cursor) {
	stmt := cur.Node().(*ast.DeferStmt)
	exit := exitIn(know, stmt.Call)
	if exit == nil {
		return
	}
	if e, _ := know.Exit(exit); e.Hooks {
		return
	}
	for _, d := range know.Pending(cur) {
		earlier := d.Node().(*ast.DeferStmt).Call
		if effect := know.Effect(earlier); effect.Loss != "" && !does(know, stmt.Call, earlier) {
			pass.Reportf(exit, "the deferred %s runs before the deferred %s of line %d, which is skipped: %s",
				exits.Name(exit), name(earlier), pass.Fset.Position(earlier.Pos()).Line, effect.Loss)
			return
		}
	}
}

// exitIn returns the call that ends the process, of a deferred one: itself, or one in
// the literal that is deferred.
func exitIn(know *exits.Knowledge, deferred *ast.CallExpr) (exit *ast.CallExpr) {
	lit, ok := ast.Unparen(deferred.Fun).(*ast.FuncLit)
	if !ok {
		if e, ok := know.Exit(deferred); ok && !e.OnError {
			return deferred
		}
		return nil
	}
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && exit == nil {
			if e, ok := know.Exit(call); ok && !e.OnError {
				exit = call
			}
		}
		_, nested := n.(*ast.FuncLit)
		return !nested
	})
	return exit
}

// does reports whether what exits does the work of the earlier one by itself.
func does(know *exits.Knowledge, deferred, earlier *ast.CallExpr) (same bool) {
	ast.Inspect(deferred, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && exits.Name(call) == exits.Name(earlier) {
			same = true
		}
		return !same
	})
	return same
}
