// SPDX-License-Identifier: Apache-2.0

package signals

import (
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// After returns the statements that may run after a point of a function, in it: those
// that follow, those that follow what it is in, and so on. It stops where the function
// is certainly left.
func After(at inspector.Cursor) []inspector.Cursor {
	var out []inspector.Cursor
	if _, ok := at.Node().(*ast.RangeStmt); ok {
		out = append(out, at.ChildAt(edge.RangeStmt_Body, -1))
	}
	for cur := at; ; cur = cur.Parent() {
		kind, _ := cur.ParentEdge()
		switch kind {
		case edge.FuncDecl_Body, edge.FuncLit_Body, edge.Invalid:
			return out
		case edge.BlockStmt_List, edge.CaseClause_Body, edge.CommClause_Body:
			if _, ok := cur.Node().(ast.Stmt); !ok {
				break
			}
			if clause(cur) {
				break // what follows are the other cases
			}
			var ends bool
			out, ends = following(out, cur, kind)
			if ends {
				return out
			}
		case edge.CommClause_Comm:
			var ends bool
			out, ends = following(out, cur, edge.CommClause_Body)
			if ends {
				return out
			}
		case edge.IfStmt_Init, edge.IfStmt_Cond, edge.SwitchStmt_Init, edge.SwitchStmt_Tag:
			out = append(out, bodyOf(cur.Parent())...)
		}
	}
}

// clause reports whether a node is a case of a switch or select.
func clause(cur inspector.Cursor) bool {
	switch cur.Node().(type) {
	case *ast.CaseClause, *ast.CommClause:
		return true
	}
	return false
}

func bodyOf(stmt inspector.Cursor) []inspector.Cursor {
	var out []inspector.Cursor
	for child := range stmt.Children() {
		if _, ok := child.Node().(*ast.BlockStmt); ok {
			out = append(out, child)
		}
	}
	return out
}

// following appends the statements behind one in its list, and says whether the last of
// them leaves the function.
func following(out []inspector.Cursor, cur inspector.Cursor, kind edge.Kind) ([]inspector.Cursor, bool) {
	for next, ok := cur.NextSibling(); ok; next, ok = next.NextSibling() {
		if k, _ := next.ParentEdge(); k != kind {
			continue
		}
		out = append(out, next)
		if leaves(next.Node()) {
			return out, true
		}
	}
	return out, false
}

func leaves(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return n.Tok == token.GOTO
	case *ast.ExprStmt:
		call, ok := n.X.(*ast.CallExpr)
		return ok && Ends(call)
	}
	return false
}

// Ends reports whether a call ends the program or the goroutine, by its name: os.Exit,
// panic, and the Fatal, Panic and Exit of the many loggers.
func Ends(call *ast.CallExpr) bool {
	name := ""
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		name = fun.Name
	case *ast.SelectorExpr:
		name = fun.Sel.Name
		if name == "Msg" || name == "Msgf" || name == "Send" {
			return chained(fun.X)
		}
	}
	lower := strings.ToLower(name)
	return strings.HasPrefix(lower, "fatal") || strings.HasPrefix(lower, "panic") ||
		strings.Contains(lower, "exit") || lower == "exec" || lower == "die"
}

// chained recognises log.Fatal().Err(err).Msg("...").
func chained(e ast.Expr) bool {
	for {
		call, ok := ast.Unparen(e).(*ast.CallExpr)
		if !ok {
			return false
		}
		sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if !ok {
			return false
		}
		if Ends(call) {
			return true
		}
		e = sel.X
	}
}

// Deferred reports whether a call runs only when the function that it is in returns.
func Deferred(call inspector.Cursor) bool {
	for outer := range call.Enclosing((*ast.DeferStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		_, ok := outer.Node().(*ast.DeferStmt)
		return ok
	}
	return false
}

// Leaves reports whether something in a loop leaves it: a return, a break out of it, a
// goto, or the end of the program.
func Leaves(loop inspector.Cursor) bool {
	for cur := range loop.Preorder((*ast.ReturnStmt)(nil), (*ast.BranchStmt)(nil), (*ast.CallExpr)(nil)) {
		if !sameFunction(cur, loop) {
			continue
		}
		switch n := cur.Node().(type) {
		case *ast.ReturnStmt:
			return true
		case *ast.BranchStmt:
			if n.Tok == token.GOTO || n.Tok == token.BREAK && breaks(cur, n, loop) {
				return true
			}
		case *ast.CallExpr:
			if Ends(n) {
				return true
			}
		}
	}
	return false
}

// sameFunction reports whether a node in a loop runs in it, not in a literal.
func sameFunction(cur, loop inspector.Cursor) bool {
	for outer := range cur.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		return !loop.Contains(outer)
	}
	return true
}

// breaks reports whether a break leaves the loop, not something in it.
func breaks(cur inspector.Cursor, branch *ast.BranchStmt, loop inspector.Cursor) bool {
	if branch.Label != nil {
		labeled, ok := loop.Parent().Node().(*ast.LabeledStmt)
		return ok && labeled.Label.Name == branch.Label.Name || outside(branch, loop)
	}
	return code.BreakTarget(cur) == loop
}

// outside reports whether a label is outside of a loop.
func outside(branch *ast.BranchStmt, loop inspector.Cursor) bool {
	for cur := range loop.Preorder((*ast.LabeledStmt)(nil)) {
		if cur.Node().(*ast.LabeledStmt).Label.Name == branch.Label.Name {
			return false
		}
	}
	return true
}
