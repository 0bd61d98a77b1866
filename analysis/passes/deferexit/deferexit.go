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
// One in a function literal is left to exitdefer.
func order(pass *check.Pass, know *exits.Knowledge, cur inspector.Cursor) {
	call := cur.Node().(*ast.DeferStmt).Call
	if e, ok := know.Exit(call); !ok || e.OnError || e.Hooks {
		return
	}
	for _, d := range know.Pending(cur) {
		earlier := d.Node().(*ast.DeferStmt).Call
		if effect := know.Effect(earlier); effect.Loss != "" {
			pass.Reportf(call, "the deferred %s runs before the deferred %s of line %d, which is skipped: %s",
				exits.Name(call), name(earlier), pass.Fset.Position(earlier.Pos()).Line, effect.Loss)
			return
		}
	}
}
