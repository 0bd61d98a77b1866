// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// unending says that a function or method has a loop without an end, and comes to it.
type unending struct{}

// AFact makes it a fact.
func (*unending) AFact() {}

// String describes it, as tests of facts have it.
func (*unending) String() string { return "has no end" }

// findEndless finds the exported functions of a package that never come back, and are not
// about the package alone. Programs have none for others.
func (f *finder) findEndless(o *owners) {
	if f.program() {
		return
	}
	for cur := range f.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		fn, ok := f.TypesInfo.Defs[decl.Name].(*types.Func)
		if !ok || decl.Body == nil || !fn.Exported() || code.IsTest(f.Fset, decl.Pos()) || f.holdsNothing(cur) || f.single(fn) {
			continue
		}
		if f.endless(cur, 2) != nil && !f.signals(cur) {
			o.endless[fn] = true
			f.ExportObjectFact(fn, &unending{})
		}
	}
}

// foreign returns why a function does not end that calls one of another package in any case.
func (f *finder) foreign(call *ast.CallExpr) *reason {
	fn := typeutil.StaticCallee(f.TypesInfo, call)
	if fn == nil || fn.Pkg() == f.Pkg || f.owners == nil || !f.owners.endless[fn.Origin()] || f.global(call.Fun) {
		return nil
	}
	return &reason{text: fmt.Sprintf("%s has a loop without an end", types.ExprString(call.Fun))}
}

// startsForeign reports go statements of functions of other packages that never come back.
func (f *finder) startsForeign() {
	for cur := range f.Inspect.Root().Preorder((*ast.GoStmt)(nil)) {
		stmt := cur.Node().(*ast.GoStmt)
		if code.IsTest(f.Fset, stmt.Pos()) {
			continue
		}
		if why := f.foreign(stmt.Call); why != nil && f.matters(chans.Start{Go: cur}, why) {
			f.Reportf(stmt, "the goroutine cannot be stopped: %s", why.text)
		}
	}
}

// backwards returns a loop without an end of a function that has a goto, which flow does not
// know: its last statement, which nothing leaves but a goto to a label before it.
func (f *finder) backwards(fn inspector.Cursor) ast.Stmt {
	body := code.Body(fn.Node())
	if len(body.List) == 0 {
		return nil
	}
	loop, ok := body.List[len(body.List)-1].(*ast.ForStmt)
	if !ok || loop.Cond != nil {
		return nil
	}
	at, ok := fn.FindNode(loop)
	if !ok {
		return nil
	}
	for cur := range at.Preorder((*ast.ReturnStmt)(nil), (*ast.BranchStmt)(nil), (*ast.CallExpr)(nil)) {
		if code.Function(cur) != fn {
			continue
		}
		switch n := cur.Node().(type) {
		case *ast.ReturnStmt:
			return nil
		case *ast.BranchStmt:
			if n.Tok == token.GOTO && !labelled(body, n.Label.Name) || n.Tok == token.BREAK && (n.Label != nil || code.BreakTarget(cur) == at) {
				return nil
			}
		case *ast.CallExpr:
			if flow.NoReturn(f.TypesInfo, n) {
				return nil
			}
		}
	}
	return loop
}

// labelled reports whether a statement of a body, not within another, has a label. All of
// them come before the last.
func labelled(body *ast.BlockStmt, label string) bool {
	for _, s := range body.List {
		if l, ok := s.(*ast.LabeledStmt); ok && l.Label.Name == label {
			return true
		}
	}
	return false
}
