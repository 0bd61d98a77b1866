// SPDX-License-Identifier: Apache-2.0

package tickerstop

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

//go:embed doc.go
var doc string

// Analyzer reports tickers that are never stopped.
var Analyzer = check.New(doc, run)

func run(pass *check.Pass) (any, error) {
	if code.IsMain(pass.Pass) {
		return nil, nil
	}
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if !code.IsCall(pass.TypesInfo, call, "time.NewTicker", "time.Tick") {
			continue
		}
		if code.IsTest(pass.Fset, call.Pos()) || read(pass, cur, call) {
			continue
		}
		if code.Before(pass.TypesInfo, cur, code.TimersCollected) {
			ticker(pass, cur, call)
		}
	}
	return nil, nil
}

func ticker(pass *check.Pass, at inspector.Cursor, call *ast.CallExpr) {
	fn, ok := code.Enclosing(at)
	if !ok || code.IsInit(fn.Node()) || ofProcess(pass, fn) {
		return
	}
	if replaced(pass, at, call) {
		return
	}
	if dropped(at) {
		if neverNeedless(pass, at) {
			return
		}
		pass.Reportf(call, "a ticker of which only the channel is kept: nothing can stop it (before Go 1.23)")
		return
	}
	held, ok := variable(pass, at)
	if !ok {
		return
	}
	if held != nil {
		user, kept := users(pass, fn, held)
		if kept {
			return
		}
		fn = user
	}
	if !comesBack(fn, at.Node().Pos()) {
		return
	}
	pass.Reportf(call, "a ticker that is never stopped: it goes on after its function has returned (before Go 1.23)")
}

// dropped reports whether the channel of a new ticker goes to a field, and the ticker
// itself nowhere.
func dropped(at inspector.Cursor) bool {
	sel, ok := at.Parent().Node().(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "C" {
		return false
	}
	switch p := at.Parent().Parent().Node().(type) {
	case *ast.KeyValueExpr:
		return true
	case *ast.AssignStmt:
		_, field := p.Lhs[0].(*ast.SelectorExpr)
		return field && len(p.Lhs) == 1
	}
	return false
}

// read reports a ticker in a field that nothing stops, with a loop without an end that
// reads it. The loop keeps it alive, also from Go 1.23 on.
func read(pass *check.Pass, at inspector.Cursor, call *ast.CallExpr) bool {
	field := fieldOf(pass, at)
	if field == nil || field.Exported() || field.Pkg() != pass.Pkg {
		return false
	}
	endless := false
	for cur := range pass.Inspect.Root().Preorder((*ast.SelectorExpr)(nil)) {
		sel := cur.Node().(*ast.SelectorExpr)
		if code.ObjectOf(pass.TypesInfo, sel.X) != types.Object(field) {
			continue
		}
		if sel.Sel.Name != "C" && sel.Sel.Name != "Reset" {
			return false
		}
		endless = endless || inEndless(cur)
	}
	if endless {
		pass.Reportf(call, "the ticker in the field %s is never stopped, and a loop without an end keeps it alive", field.Name())
	}
	return endless
}

// fieldOf returns the field that a new ticker is put into.
func fieldOf(pass *check.Pass, at inspector.Cursor) *types.Var {
	var to ast.Expr
	switch p := at.Parent().Node().(type) {
	case *ast.KeyValueExpr:
		to = p.Key
	case *ast.AssignStmt:
		if len(p.Lhs) == 1 {
			to = p.Lhs[0]
		}
	}
	if to == nil {
		return nil
	}
	field, ok := code.ObjectOf(pass.TypesInfo, to).(*types.Var)
	if !ok || !field.IsField() {
		return nil
	}
	return field.Origin()
}

// inEndless reports whether a tick is waited for by a loop that nothing leaves.
func inEndless(cur inspector.Cursor) bool {
	for c := range cur.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		switch n := c.Node().(type) {
		case *ast.ForStmt:
			return n.Cond == nil && !left(c)
		case *ast.RangeStmt:
			return n.X == cur.Node() && !left(c)
		}
		return false
	}
	return false
}

// left reports whether anything in a loop may leave it.
func left(loop inspector.Cursor) bool {
	for range loop.Preorder((*ast.ReturnStmt)(nil)) {
		return true
	}
	return broken(loop)
}

// variable returns the local variable that is defined by a new ticker, or its channel;
// nil if it is used on the spot, as in "range time.Tick(d)". It is not ok if the ticker
// goes elsewhere.
func variable(pass *check.Pass, at inspector.Cursor) (types.Object, bool) {
	value := at
	if sel, ok := at.Parent().Node().(*ast.SelectorExpr); ok && sel.Sel.Name == "C" {
		value = at.Parent()
	}
	switch p := value.Parent().Node().(type) {
	case *ast.RangeStmt:
		return nil, true
	case *ast.UnaryExpr:
		return nil, p.Op == token.ARROW
	case *ast.AssignStmt:
		id, ok := p.Lhs[0].(*ast.Ident)
		if !ok || len(p.Lhs) != 1 || p.Tok != token.DEFINE {
			return nil, false
		}
		return pass.TypesInfo.Defs[id], true
	}
	return nil, false
}

// users returns the function that uses a ticker, and whether it is stopped or kept by
// something that is not seen through.
func users(pass *check.Pass, fn inspector.Cursor, held types.Object) (user inspector.Cursor, kept bool) {
	user = fn
	for id := range fn.Preorder((*ast.Ident)(nil)) {
		if pass.TypesInfo.Uses[id.Node().(*ast.Ident)] != held {
			continue
		}
		if !reads(id) {
			return user, true
		}
		switch own, _ := code.Enclosing(id); {
		case own == fn || own == user:
		case user == fn:
			user = own
		default:
			return user, true
		}
	}
	return user, false
}

// reads reports whether a use of a ticker, or of its channel, is to wait for a tick, or
// a Reset.
func reads(id inspector.Cursor) bool {
	at := id
	if sel, ok := id.Parent().Node().(*ast.SelectorExpr); ok {
		if sel.Sel.Name == "Reset" {
			return true
		}
		if sel.Sel.Name != "C" {
			return false
		}
		at = id.Parent()
	}
	switch p := at.Parent().Node().(type) {
	case *ast.UnaryExpr:
		return p.Op == token.ARROW
	case *ast.RangeStmt:
		return p.X == at.Node()
	}
	return false
}

// comesBack reports whether a function returns after pos: it has a return statement
// there, or its last statement is not a loop without an end.
func comesBack(fn inspector.Cursor, pos token.Pos) bool {
	for c := range fn.Preorder((*ast.ReturnStmt)(nil)) {
		if own, _ := code.Enclosing(c); own == fn && c.Node().Pos() > pos {
			return true
		}
	}
	body := code.Body(fn.Node())
	last, _ := fn.FindNode(body.List[len(body.List)-1])
	switch n := last.Node().(type) {
	case *ast.ForStmt:
		return n.Cond != nil || broken(last)
	case *ast.RangeStmt:
		if sel, ok := n.X.(*ast.SelectorExpr); ok && sel.Sel.Name != "C" {
			return true
		}
		return broken(last)
	case *ast.LabeledStmt:
		return true
	case *ast.SelectStmt:
		return len(n.Body.List) > 0
	}
	return true
}

// broken reports whether a loop has a break, of whatever it is.
func broken(loop inspector.Cursor) bool {
	for c := range loop.Preorder((*ast.BranchStmt)(nil)) {
		if b := c.Node().(*ast.BranchStmt); b.Tok == token.BREAK || b.Tok == token.GOTO {
			return !inner(c, loop)
		}
	}
	return false
}

// inner reports whether a break leaves only a select or a switch in a loop.
func inner(b, loop inspector.Cursor) bool {
	if b.Node().(*ast.BranchStmt).Label != nil {
		return false
	}
	return code.BreakTarget(b) != loop
}
