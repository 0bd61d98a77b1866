// SPDX-License-Identifier: Apache-2.0

package lostcancel

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
)

//go:embed doc.go
var doc string

// Analyzer reports cancel functions that nothing can call any more.
var Analyzer = check.New(doc, run)

func run(pass *check.Pass) (any, error) {
	if !code.Imports(pass.Pkg, "context") {
		return nil, nil
	}
	stored := map[*types.Var]inspector.Cursor{} // fields, by their first assignment
	for cur := range pass.Inspect.Root().Preorder((*ast.AssignStmt)(nil), (*ast.ExprStmt)(nil), (*ast.DeferStmt)(nil), (*ast.KeyValueExpr)(nil)) {
		if code.IsTest(pass.Fset, cur.Node().Pos()) {
			continue
		}
		switch n := cur.Node().(type) {
		case *ast.ExprStmt:
			dropped(pass, n)
			mistaken(pass, n.X)
		case *ast.DeferStmt:
			mistaken(pass, n.Call)
		case *ast.AssignStmt:
			blank(pass, cur, n)
			overwritten(pass, cur, n)
			fields(pass, cur, n, stored)
			failed(pass, cur, n)
		case *ast.KeyValueExpr:
			store(pass, cur, n.Key, n.Value, stored)
		}
	}
	unread(pass, stored)
	return nil, nil
}

// makes reports whether an expression is a call that makes a context and its cancel
// function: one of package context, or a helper that returns both. go vet knows the
// former.
func makes(pass *check.Pass, e ast.Expr) (call *ast.CallExpr, std, ok bool) {
	call, ok = ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return nil, false, false
	}
	results, ok := pass.TypesInfo.TypeOf(call).(*types.Tuple)
	if !ok || results.Len() != 2 || !code.IsNamed(results.At(0).Type(), "context.Context") || !cancels(results.At(1).Type()) {
		return nil, false, false
	}
	switch code.Callee(pass.TypesInfo, call) {
	case "context.WithCancel", "context.WithCancelCause", "context.WithTimeout", "context.WithTimeoutCause", "context.WithDeadline", "context.WithDeadlineCause":
		return call, true, true
	case "os/signal.NotifyContext", "": // a function value may return a cancel of nothing
		return nil, false, false
	}
	return call, false, true
}

func cancels(t types.Type) bool {
	return code.IsNamed(t, "context.CancelFunc") || code.IsNamed(t, "context.CancelCauseFunc")
}

// dropped reports a helper's results that nothing takes.
func dropped(pass *check.Pass, s *ast.ExprStmt) {
	if call, std, ok := makes(pass, s.X); ok && !std {
		pass.Reportf(call, "the cancel function that %s returns is dropped: its context lives as long as its parent", exits.Name(call))
	}
}

// blank reports a cancel function that is assigned to _.
func blank(pass *check.Pass, cur inspector.Cursor, as *ast.AssignStmt) {
	if len(as.Lhs) != 2 || len(as.Rhs) != 1 || inMain(pass, cur) {
		return
	}
	call, _, ok := makes(pass, as.Rhs[0])
	if id, isID := as.Lhs[1].(*ast.Ident); ok && isID && id.Name == "_" {
		pass.Reportf(id, "the cancel function that %s returns is dropped: its context lives as long as its parent", exits.Name(call))
	}
}

// inMain reports whether a statement is of main itself, whose contexts live as long as
// the process.
func inMain(pass *check.Pass, cur inspector.Cursor) bool {
	fn, ok := code.Enclosing(cur)
	return !ok || code.IsEntry(pass.Pass, fn.Node())
}

// overwritten reports a cancel function that a statement of the same block, or one of a branch
// there, assigns anew before anything has used it. go vet takes the second assignment for a use.
func overwritten(pass *check.Pass, cur inspector.Cursor, as *ast.AssignStmt) {
	if len(as.Lhs) != 2 || len(as.Rhs) != 1 || as.Tok != token.DEFINE && as.Tok != token.ASSIGN {
		return
	}
	if _, _, ok := makes(pass, as.Rhs[0]); !ok {
		return
	}
	id, ok := as.Lhs[1].(*ast.Ident)
	if !ok || id.Name == "_" {
		return
	}
	cancel := pass.TypesInfo.ObjectOf(id)
	if fn, _ := code.Enclosing(cur); !fn.Valid() || cancel.Pos() < fn.Node().Pos() {
		return // of the package, or captured: others may use it
	}
	for next, ok := cur.NextSibling(); ok; next, ok = next.NextSibling() {
		if again(pass, next.Node(), cancel) {
			pass.Reportf(id, "%s is assigned anew before it is called: the context of here lives as long as its parent", id.Name)
			return
		}
		if uses(pass, next, cancel) || leaves(next.Node()) {
			return
		}
	}
}

// again reports whether a statement, or the first that has to do with the variable in a branch
// that it is, assigns a new cancel function to the variable.
func again(pass *check.Pass, n ast.Node, cancel types.Object) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		return assigns(pass, n, cancel)
	case *ast.IfStmt:
		if n.Init != nil || code.Mentions(pass.TypesInfo, n.Cond, cancel) {
			return false
		}
		for _, s := range n.Body.List {
			if as, ok := s.(*ast.AssignStmt); ok && assigns(pass, as, cancel) {
				return true
			}
			if code.Mentions(pass.TypesInfo, s, cancel) {
				return false
			}
		}
	}
	return false
}

// assigns reports whether a statement assigns a new cancel function to the variable,
// and does not use the old one.
func assigns(pass *check.Pass, as *ast.AssignStmt, cancel types.Object) bool {
	if as.Tok != token.ASSIGN && as.Tok != token.DEFINE || len(as.Lhs) != 2 || len(as.Rhs) != 1 {
		return false
	}
	id, ok := as.Lhs[1].(*ast.Ident)
	if !ok || pass.TypesInfo.Uses[id] != cancel {
		return false
	}
	if _, _, ok := makes(pass, as.Rhs[0]); !ok {
		return false
	}
	used := false
	ast.Inspect(as.Rhs[0], func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && pass.TypesInfo.Uses[id] == cancel {
			used = true
		}
		return !used
	})
	return !used
}

func uses(pass *check.Pass, at inspector.Cursor, obj types.Object) bool {
	for id := range at.Preorder((*ast.Ident)(nil)) {
		if pass.TypesInfo.Uses[id.Node().(*ast.Ident)] == obj {
			return true
		}
	}
	return false
}

// leaves reports whether a statement may lead elsewhere by itself: a label, a jump.
func leaves(n ast.Node) bool {
	switch n.(type) {
	case *ast.LabeledStmt, *ast.BranchStmt, *ast.ReturnStmt:
		return true
	}
	return false
}

// fields notes where a statement puts a cancel function into a field.
func fields(pass *check.Pass, cur inspector.Cursor, as *ast.AssignStmt, stored map[*types.Var]inspector.Cursor) {
	if len(as.Lhs) == len(as.Rhs) {
		for i, lhs := range as.Lhs {
			store(pass, cur, lhs, as.Rhs[i], stored)
		}
		return
	}
	if _, _, ok := makes(pass, as.Rhs[0]); ok {
		note(pass, cur, as.Lhs[1], stored)
	}
}

// store notes a field that takes over the cancel function of a local variable, which
// has no other use.
func store(pass *check.Pass, cur inspector.Cursor, to, from ast.Expr, stored map[*types.Var]inspector.Cursor) {
	id, ok := ast.Unparen(from).(*ast.Ident)
	if !ok || pass.TypesInfo.TypeOf(id) == nil || !cancels(pass.TypesInfo.TypeOf(id)) {
		return
	}
	fn, _ := code.Enclosing(cur)
	local := pass.TypesInfo.Uses[id]
	if !fn.Valid() || local == nil || !madeHere(pass, fn, local) {
		return
	}
	note(pass, cur, to, stored)
}

// madeHere reports whether a function makes the cancel function in a variable, and uses
// the variable only once.
func madeHere(pass *check.Pass, fn inspector.Cursor, local types.Object) (made bool) {
	for as := range fn.Preorder((*ast.AssignStmt)(nil)) {
		n := as.Node().(*ast.AssignStmt)
		if len(n.Lhs) != 2 || len(n.Rhs) != 1 {
			continue
		}
		if id, ok := n.Lhs[1].(*ast.Ident); ok && pass.TypesInfo.Defs[id] == local {
			_, _, made = makes(pass, n.Rhs[0])
		}
	}
	uses := 0
	for id := range fn.Preorder((*ast.Ident)(nil)) {
		if pass.TypesInfo.Uses[id.Node().(*ast.Ident)] == local {
			uses++
		}
	}
	return made && uses == 1
}

// note notes a field of this package that is not exported.
func note(pass *check.Pass, cur inspector.Cursor, to ast.Expr, stored map[*types.Var]inspector.Cursor) {
	field, ok := code.ObjectOf(pass.TypesInfo, to).(*types.Var)
	if !ok || !field.IsField() || field.Exported() || field.Pkg() != pass.Pkg {
		return
	}
	if _, ok := stored[field.Origin()]; !ok {
		stored[field.Origin()] = cur
	}
}

// unread reports the fields that nothing of the package reads.
func unread(pass *check.Pass, stored map[*types.Var]inspector.Cursor) {
	if len(stored) == 0 {
		return
	}
	for cur := range pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		field, ok := pass.TypesInfo.Uses[cur.Node().(*ast.Ident)].(*types.Var)
		if ok && field.IsField() && !written(cur) {
			delete(stored, field.Origin())
		}
	}
	for field, at := range stored {
		pass.Reportf(at.Node(), "nothing calls the cancel function in the field %s: its context lives as long as its parent", field.Name())
	}
}

// written reports whether a use of a field is an assignment to it.
func written(id inspector.Cursor) bool {
	at := id
	if sel, ok := id.Parent().Node().(*ast.SelectorExpr); ok && sel.Sel == id.Node() {
		at = id.Parent()
	}
	switch p := at.Parent().Node().(type) {
	case *ast.KeyValueExpr:
		return p.Key == at.Node()
	case *ast.AssignStmt:
		return slices.Contains(p.Lhs, at.Node().(ast.Expr))
	}
	return false
}

// mistaken reports a call of Done whose channel nothing takes: it is taken for the cancel
// function.
func mistaken(pass *check.Pass, e ast.Expr) {
	if call, ok := e.(*ast.CallExpr); ok && code.IsCall(pass.TypesInfo, call, "(context.Context).Done") {
		pass.Reportf(call, "%s does not end the context: it returns the channel that tells of its end, and nothing receives from that", exits.Name(call))
	}
}
