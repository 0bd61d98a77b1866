// SPDX-License-Identifier: Apache-2.0

package code_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

const source = `package a

func F() {
	for {
		switch {
		case true:
			break
		}
		go func() {
			println()
		}()
		continue
	}
}
`

// TestAround asks what is around the statements of a function with a loop.
func TestAround(t *testing.T) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "a.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	root := inspector.New([]*ast.File{file}).Root()
	line := func(cur inspector.Cursor) int {
		if !cur.Valid() {
			return 0
		}
		return fset.Position(cur.Node().Pos()).Line
	}
	const outer, loop, choice, literal, printing = 3, 4, 5, 9, 10
	for cur := range root.Preorder((*ast.BranchStmt)(nil), (*ast.FuncLit)(nil), (*ast.CallExpr)(nil)) {
		around, ok := code.Enclosing(cur)
		fn, decl := code.Function(cur), code.Declaration(cur)
		if !ok || line(decl) != outer {
			t.Errorf("line %d is in the declaration of line %d, want %d", line(cur), line(decl), outer)
		}
		switch n := cur.Node().(type) {
		case *ast.FuncLit:
			if line(fn) != literal || line(around) != outer || !code.InLoop(cur.Parent()) || code.InLoop(cur) {
				t.Errorf("the literal is in the functions of lines %d and %d, in a loop: %v", line(fn), line(around), code.InLoop(cur))
			}
		case *ast.CallExpr:
			if line(cur) == printing && (fn != around || line(fn) != literal || code.InLoop(cur) || !code.Contains(fn.Node(), n)) {
				t.Errorf("the call in the literal is in the functions of lines %d and %d", line(fn), line(around))
			}
		case *ast.BranchStmt:
			want := choice
			if n.Tok == token.CONTINUE {
				want = loop
			}
			if got := line(code.BreakTarget(cur)); got != want {
				t.Errorf("%s of line %d is of the statement of line %d, want %d", n.Tok, line(cur), got, want)
			}
			if l, ok := code.Loop(cur); !ok || line(l) != loop {
				t.Errorf("%s of line %d is in the loop of line %d, want %d", n.Tok, line(cur), line(l), loop)
			}
		}
	}
	for f := range root.Children() {
		if code.Function(f).Valid() || code.Declaration(f).Valid() {
			t.Error("the file is in a function")
		}
	}
}
