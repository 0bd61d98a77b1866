// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"unicode"
)

// onePackageDoc: each package says what it is, in one file.
func onePackageDoc(t *Tree) []string {
	var out []string
	for _, p := range t.Packages {
		source := p.source()
		if len(source) == 0 {
			continue
		}
		var with []*File
		for _, f := range source {
			if f.Syntax.Doc.Text() != "" {
				with = append(with, f)
			}
		}
		name := source[0].Syntax.Name.Name
		switch {
		case len(with) == 0:
			out = append(out, fmt.Sprintf("%s: package %s has no doc comment", p.Dir, name))
		case name != "main" && !strings.HasPrefix(with[0].Syntax.Doc.Text(), "Package "+name+" "):
			out = append(out, fmt.Sprintf("%s: the package's doc comment does not begin with %q", with[0].Path, "Package "+name))
		}
		for _, f := range with[min(1, len(with)):] {
			out = append(out, fmt.Sprintf("%s: a second doc comment of package %s; the first is in %s", f.Path, name, with[0].Path))
		}
	}
	return out
}

// exportedDocumented: every exported name of the core has a comment. One
// comment is enough for a group of constants or variables. A field or an
// interface's method may do without its own if the comment of its type, or the
// one at the head of its block of fields, names it.
func exportedDocumented(t *Tree) []string {
	d := documented{tree: t}
	for _, p := range t.core() {
		for _, f := range p.source() {
			for _, decl := range f.Syntax.Decls {
				d.decl(decl)
			}
		}
	}
	return d.out
}

type documented struct {
	tree *Tree
	out  []string
}

// want reports exported names if none of the comments documents them.
func (d *documented) want(kind string, names []*ast.Ident, comments ...*ast.CommentGroup) {
	for _, c := range comments {
		if c.Text() != "" {
			return
		}
	}
	for _, n := range names {
		if n.IsExported() {
			d.out = append(d.out, fmt.Sprintf("%s: %s %s is not documented", d.tree.at(n), kind, n.Name))
		}
	}
}

func (d *documented) decl(decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if recv := receiver(decl); recv == "" || ast.IsExported(recv) {
			d.want("func", []*ast.Ident{decl.Name}, decl.Doc)
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				d.want("type", []*ast.Ident{spec.Name}, decl.Doc, spec.Doc)
				if spec.Name.IsExported() {
					d.members(spec.Type, decl.Doc.Text()+spec.Doc.Text())
				}
			case *ast.ValueSpec:
				d.want(decl.Tok.String(), spec.Names, decl.Doc, spec.Doc, spec.Comment)
			}
		}
	}
}

// members looks at the fields of a struct and the methods of an interface,
// nested ones too; typeDoc is the comment of the type.
func (d *documented) members(typ ast.Expr, typeDoc string) {
	kind, fields := members(typ)
	blockDoc, next := "", 0 // next is the line after the last field
	for _, f := range fields {
		if f.Doc != nil || d.tree.fset.Position(f.Pos()).Line != next {
			blockDoc = f.Doc.Text()
		}
		next = d.tree.fset.Position(f.End()).Line + 1
		unnamed := slices.DeleteFunc(slices.Clone(f.Names), func(n *ast.Ident) bool {
			return hasWord(typeDoc, n.Name) || hasWord(blockDoc, n.Name)
		})
		d.want(kind, unnamed, f.Doc, f.Comment)
		d.members(f.Type, typeDoc)
	}
}

func hasWord(text, word string) bool {
	notInWord := func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	return slices.Contains(strings.FieldsFunc(text, notInWord), word)
}
