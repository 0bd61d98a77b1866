// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// empty reports whether an expression is a slice without words.
func (w *words) empty(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		return code.IsBuiltin(w.TypesInfo, e, "make")
	case *ast.CompositeLit:
		return len(e.Elts) == 0
	}
	return w.TypesInfo.Types[e].IsNil()
}

// appends reports whether an expression adds a word to others that the user has set.
func (w *words) appends(cur inspector.Cursor, e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok || !code.IsBuiltin(w.TypesInfo, call, "append") {
		return false
	}
	for _, arg := range call.Args[1:] {
		if w.ofUser(cur, arg) {
			return true
		}
	}
	return false
}

// ranged reports whether a variable has, one after the other, words that the user has set.
func (w *words) ranged(decl inspector.Cursor, v *types.Var) bool {
	for cur := range decl.Preorder((*ast.RangeStmt)(nil)) {
		loop := cur.Node().(*ast.RangeStmt)
		if id, ok := loop.Value.(*ast.Ident); ok && w.TypesInfo.Defs[id] == v {
			return w.ofUser(cur, loop.X)
		}
	}
	return false
}

// endlessCommand reports whether a command that the user has set is run to its end with a
// context that never ends.
func endlessCommand(pass *check.Pass, cur inspector.Cursor, n *ast.CallExpr) bool {
	if len(n.Args) < 2 || ofProgram(pass.Pkg) || !neverEnds(pass, cur, n.Args[0]) || !waitedFor(pass, cur) || onTerminal(pass, cur) {
		return false
	}
	without := *n
	without.Args = n.Args[1:]
	return ofUser(pass, cur, line(pass, &without))
}

// streams reports whether a function hands out what a command writes that it has started, and
// leaves the command to a goroutine that waits for its end: nothing else ends it.
func streams(pass *check.Pass, cur, fn inspector.Cursor) bool {
	id := defines(cur)
	if id == nil {
		return false
	}
	cmd := pass.TypesInfo.Defs[id]
	if cmd == nil || escapes(pass, fn, cmd) {
		return false
	}
	waits, pipe := false, false
	for use := range fn.Preorder((*ast.SelectorExpr)(nil)) {
		sel := use.Node().(*ast.SelectorExpr)
		if code.ObjectOf(pass.TypesInfo, sel.X) != cmd {
			continue
		}
		switch sel.Sel.Name {
		case "Process", "Cancel", "WaitDelay", "SysProcAttr":
			return false
		case "Wait":
			waits = inGo(use)
		case "StdoutPipe":
			pipe = pipe || returned(pass, use, fn)
		}
	}
	return waits && pipe
}

// returned reports whether a function returns the variable that the first result of a call of
// a method is assigned to.
func returned(pass *check.Pass, method, fn inspector.Cursor) bool {
	assign, ok := method.Parent().Parent().Node().(*ast.AssignStmt)
	if !ok {
		return false
	}
	v := code.ObjectOf(pass.TypesInfo, assign.Lhs[0])
	if v == nil {
		return false
	}
	if results := code.FuncType(fn.Node()).Results; results != nil && code.ContainsPos(results, v.Pos()) {
		return true
	}
	for ret := range fn.Preorder((*ast.ReturnStmt)(nil)) {
		for _, r := range ret.Node().(*ast.ReturnStmt).Results {
			if code.ObjectOf(pass.TypesInfo, r) == v {
				return true
			}
		}
	}
	return false
}
