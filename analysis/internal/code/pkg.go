// SPDX-License-Identifier: Apache-2.0

package code

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
)

// Imports reports whether a package imports another one by itself.
func Imports(pkg *types.Package, path string) bool {
	return slices.ContainsFunc(pkg.Imports(), func(p *types.Package) bool { return p.Path() == path })
}

// HasTests reports whether a package has test files.
func HasTests(pass *analysis.Pass) bool {
	return slices.ContainsFunc(pass.Files, func(f *ast.File) bool { return IsTest(pass.Fset, f.FileStart) })
}

// IsMainFunc reports whether a node is the main function of a program.
func IsMainFunc(pass *analysis.Pass, n ast.Node) bool {
	decl, ok := n.(*ast.FuncDecl)
	return ok && decl.Recv == nil && decl.Name.Name == "main" && IsMain(pass)
}

// IsEntry reports whether a node is the main function of a program, or an init function.
func IsEntry(pass *analysis.Pass, n ast.Node) bool { return IsInit(n) || IsMainFunc(pass, n) }

// IsInit reports whether a node is an init function.
func IsInit(n ast.Node) bool {
	decl, ok := n.(*ast.FuncDecl)
	return ok && decl.Recv == nil && decl.Name.Name == "init"
}

// Mentions reports whether a variable is named in a node.
func Mentions(info *types.Info, n ast.Node, v types.Object) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && info.Uses[id] == v
		return !found
	})
	return found
}

// IsChan reports whether t is a type of channels.
func IsChan(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Chan)
	return ok
}

// IsEmptyStruct reports whether values of t say nothing but that they are there.
func IsEmptyStruct(t types.Type) bool {
	s, ok := t.Underlying().(*types.Struct)
	return ok && s.NumFields() == 0
}
