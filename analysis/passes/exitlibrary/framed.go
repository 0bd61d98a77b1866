// SPDX-License-Identifier: Apache-2.0

package exitlibrary

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
)

// frames are packages that only the command line of a program needs.
var frames = []string{
	"flag", "testing", "github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/urfave/cli",
	"github.com/alecthomas/kingpin", "gopkg.in/alecthomas/kingpin", "github.com/alecthomas/kong", "github.com/jessevdk/go-flags",
}

// flagSets are those of them that a part of a program needs to offer its settings, in a
// function for that.
var flagSets = []string{"flag", "github.com/spf13/pflag"}

// framed reports whether the file of a node imports what only a command line needs. A set of
// flags that a function of the file is given says nothing of the others.
func (c *checker) framed(cur inspector.Cursor) bool {
	for f := range cur.Enclosing((*ast.File)(nil)) {
		for _, spec := range f.Node().(*ast.File).Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if isFrame(path) && (!slices.Contains(flagSets, path) || c.hasFlags(f, cur, path)) {
				return true
			}
		}
	}
	return false
}

func isFrame(path string) bool {
	return slices.ContainsFunc(frames, func(frame string) bool {
		return path == frame || strings.HasPrefix(path, frame+"/") || strings.HasPrefix(path, frame+".")
	})
}

// hasFlags reports whether a file has flags of its own: it uses a package for them outside of
// functions, or other than for the type of what functions are given, or the function around a
// node uses it.
func (c *checker) hasFlags(file, at inspector.Cursor, path string) bool {
	for cur := range file.Preorder((*ast.Ident)(nil)) {
		name, ok := c.TypesInfo.Uses[cur.Node().(*ast.Ident)].(*types.PkgName)
		if !ok || name.Imported().Path() != path {
			continue
		}
		param := false
		for decl := range cur.Enclosing((*ast.FuncDecl)(nil)) {
			param = decl.Node().(*ast.FuncDecl).Type.Pos() <= cur.Node().Pos() && cur.Node().End() <= decl.Node().(*ast.FuncDecl).Type.End() && !decl.Contains(at)
		}
		if !param {
			return true
		}
	}
	return false
}
