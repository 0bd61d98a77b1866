// SPDX-License-Identifier: Apache-2.0

package exitdefer

import (
	"fmt"
	"go/ast"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// rest reports an exit because one part of a program has not stopped as it should: the parts
// that are stopped behind it are not then.
func (c *checker) rest(exit inspector.Cursor) {
	branch, ok := c.errorBranch(exit)
	if !ok || !server.InProgram(c.Pass.Pass) {
		return
	}
	failed := failing(branch)
	if failed == nil || !c.stopsPart(failed) {
		return
	}
	for _, stmt := range server.After(branch) {
		next := called(stmt)
		if next == nil || !c.stopsPart(next) {
			continue
		}
		call := exit.Node().(*ast.CallExpr)
		c.Report(analysis.Diagnostic{
			Pos: call.Pos(), End: call.End(),
			Message: fmt.Sprintf("%s because of %s leaves out the rest of the stop, %s: what it stops is cut off", exits.Name(call), exits.Name(failed), exits.Name(next)),
			Related: []analysis.RelatedInformation{{Pos: next.Pos(), End: next.End(), Message: "not called"}},
		})
		return
	}
}

// errorBranch returns the if of its function that a node is in, if that is the only one, and is
// for an error.
func (c *checker) errorBranch(at inspector.Cursor) (inspector.Cursor, bool) {
	for branch := range at.Enclosing((*ast.IfStmt)(nil), (*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		n, ok := branch.Node().(*ast.IfStmt)
		return branch, ok && c.know.OnError(n) && code.Contains(n.Body, at.Node())
	}
	return inspector.Cursor{}, false
}

// failing returns the call whose error a branch is for, nil if it is not plain to see.
func failing(branch inspector.Cursor) *ast.CallExpr {
	init := branch.Node().(*ast.IfStmt).Init
	if init == nil {
		if before, ok := branch.PrevSibling(); ok && branch.ParentEdgeKind() == edge.BlockStmt_List {
			init, _ = before.Node().(ast.Stmt)
		}
	}
	return called(init)
}

// called returns the call that is a statement, or whose result is assigned or asked for.
func called(stmt ast.Stmt) *ast.CallExpr {
	switch s := stmt.(type) {
	case *ast.ExprStmt:
		call, _ := ast.Unparen(s.X).(*ast.CallExpr)
		return call
	case *ast.AssignStmt:
		if len(s.Rhs) == 1 {
			call, _ := ast.Unparen(s.Rhs[0]).(*ast.CallExpr)
			return call
		}
	case *ast.IfStmt:
		return called(s.Init)
	}
	return nil
}

// stopsPart reports whether a call stops a part of the program: a server, or by its name
// something of another package of the program.
func (c *checker) stopsPart(call *ast.CallExpr) bool {
	fn := c.know.Callee(call)
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	if fn.FullName() == "(*net/http.Server).Shutdown" {
		return true
	}
	name := strings.TrimPrefix(fn.Name(), "Must")
	named := strings.HasPrefix(name, "Stop") || strings.HasPrefix(name, "Shutdown") || strings.HasPrefix(name, "Drain") || strings.HasPrefix(name, "Flush")
	return named && fn.Pkg() != c.Pkg && server.SameProgram(c.Pass.Pass, fn.Pkg())
}
