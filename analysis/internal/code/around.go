// SPDX-License-Identifier: Apache-2.0

package code

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/ast/inspector"
)

// Function returns the innermost function, declared or literal, that a place is in, or
// is. It is not valid outside of functions.
func Function(at inspector.Cursor) inspector.Cursor {
	for f := range at.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		return f
	}
	return inspector.Cursor{}
}

// Enclosing returns the innermost function, declared or literal, in whose own body a place
// is: of a literal, what is around it. It is not ok outside of functions.
func Enclosing(at inspector.Cursor) (fn inspector.Cursor, ok bool) {
	for f := range at.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		if f != at {
			return f, true
		}
	}
	return inspector.Cursor{}, false
}

// Declaration returns the declared function that a place is in, with literals in between
// left out. It is not valid outside of functions.
func Declaration(at inspector.Cursor) inspector.Cursor {
	for decl := range at.Enclosing((*ast.FuncDecl)(nil)) {
		return decl
	}
	return inspector.Cursor{}
}

// Loop returns the innermost loop that a place is in, or is, within its function.
func Loop(at inspector.Cursor) (loop inspector.Cursor, ok bool) {
	for outer := range at.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if LoopBody(outer.Node()) != nil {
			return outer, true
		}
		break
	}
	return inspector.Cursor{}, false
}

// InLoop reports whether a place is in a loop of its function.
func InLoop(at inspector.Cursor) bool {
	_, ok := Loop(at)
	return ok
}

// LoopBody returns the body of a loop, nil for other nodes.
func LoopBody(n ast.Node) *ast.BlockStmt {
	switch n := n.(type) {
	case *ast.ForStmt:
		return n.Body
	case *ast.RangeStmt:
		return n.Body
	}
	return nil
}

// BreakTarget returns the statement that a break without a label leaves.
func BreakTarget(b inspector.Cursor) inspector.Cursor {
	for c := range b.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.SwitchStmt)(nil), (*ast.TypeSwitchStmt)(nil), (*ast.SelectStmt)(nil)) {
		return c
	}
	return inspector.Cursor{}
}

// Contains reports whether a node is in another one, or is it.
func Contains(outer, inner ast.Node) bool {
	return outer.Pos() <= inner.Pos() && inner.End() <= outer.End()
}

// ContainsPos reports whether a position is in a node.
func ContainsPos(n ast.Node, pos token.Pos) bool { return n.Pos() <= pos && pos < n.End() }

// EndsInReturn reports whether the last of some statements is a return.
func EndsInReturn(list []ast.Stmt) bool {
	if len(list) == 0 {
		return false
	}
	_, ok := list[len(list)-1].(*ast.ReturnStmt)
	return ok
}
