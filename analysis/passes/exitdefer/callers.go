// SPDX-License-Identifier: Apache-2.0

package exitdefer

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

const (
	// maxCallers is how many functions, each called by the next, are looked into for what
	// is deferred around an exit.
	maxCallers = 3

	// maxCalls is how many calls a function may have for that. One that is called all over
	// the place is a helper, which knows nothing of its callers.
	maxCalls = 8
)

// around returns the places from which the functions around others are called, or the
// statements that defer them. A function that always exits is not among them: it is an
// exit itself, where it is called.
func (c *checker) around(places []inspector.Cursor) (out []inspector.Cursor) {
	for _, at := range places {
		outer, ok := code.Enclosing(at)
		if !ok {
			continue
		}
		switch fn := outer.Node().(type) {
		case *ast.FuncLit:
			if kind, _ := outer.ParentEdge(); kind == edge.CallExpr_Fun && deferred(outer.Parent()) {
				out = append(out, outer.Parent().Parent())
			} else if c.runs(outer) {
				out = append(out, outer)
			}
		case *ast.FuncDecl:
			if obj, ok := c.TypesInfo.Defs[fn.Name].(*types.Func); ok && !c.know.Ends(obj) {
				out = append(out, c.callsOf(obj)...)
			}
		}
	}
	return out
}

// runs reports whether a function literal is run while the function around it is: not one
// that a go statement starts, that is deferred or returned, nor a helper that always exits.
func (c *checker) runs(lit inspector.Cursor) bool {
	switch kind, i := lit.ParentEdge(); kind {
	case edge.CallExpr_Fun:
		return !apart(lit.Parent())
	case edge.ReturnStmt_Results:
		return false
	case edge.AssignStmt_Rhs:
		if lhs := lit.Parent().Node().(*ast.AssignStmt).Lhs; i < len(lhs) {
			_, exits := c.know.Exit(&ast.CallExpr{Fun: lhs[i]})
			return !exits
		}
	case edge.ValueSpec_Values:
		_, exits := c.know.Exit(&ast.CallExpr{Fun: lit.Parent().Node().(*ast.ValueSpec).Names[i]})
		return !exits
	case edge.CallExpr_Args:
		return !apart(lit.Parent())
	}
	return true
}

// deferred reports whether a call is that of a defer statement.
func deferred(call inspector.Cursor) bool {
	_, ok := call.Parent().Node().(*ast.DeferStmt)
	return ok
}

// until returns where what comes before a place ends in its function: what is deferred
// there runs when the function is over.
func until(at, fn inspector.Cursor) token.Pos {
	if _, ok := at.Node().(*ast.DeferStmt); ok {
		return fn.Node().End()
	}
	return at.Node().Pos()
}

// callsOf returns the calls of a function of the package that wait for it, and the
// statements that defer one; none if there are too many.
func (c *checker) callsOf(fn *types.Func) (out []inspector.Cursor) {
	for _, call := range c.know.CallsOf(fn) {
		if deferred(call) {
			out = append(out, call.Parent())
		} else if !apart(call) {
			out = append(out, call)
		}
	}
	if len(out) > maxCalls {
		return nil
	}
	return out
}
