// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"go/ast"
	"go/doc/comment"
	"path"
	"strings"
)

// docLinksResolve: what a doc comment of the core writes in brackets exists.
func docLinksResolve(t *Tree) []string {
	own := map[string]*symbols{}
	for _, p := range t.core() {
		own[p.importPath()] = newSymbols()
		for _, f := range p.source() {
			own[p.importPath()].add(f.Syntax)
		}
	}
	lookup := func(importPath string) *symbols {
		if s, ok := own[importPath]; ok || !isStd(importPath) {
			return s
		}
		return t.std.symbols(importPath)
	}
	var out []string
	for _, p := range t.core() {
		imports := p.importNames()
		for _, f := range p.source() {
			for _, group := range docComments(f.Syntax) {
				for _, l := range links(group.Text()) {
					if why := unresolved(l, p.importPath(), imports, lookup); why != "" {
						out = append(out, fmt.Sprintf("%s: [%s]: %s", t.at(group), linkText(l), why))
					}
				}
			}
		}
	}
	return out
}

// unresolved says why a link leads nowhere, "" if it resolves.
func unresolved(l *comment.DocLink, self string, imports map[string]string, lookup func(string) *symbols) string {
	if l.Name == "" && !strings.Contains(l.ImportPath, "/") {
		return "" // a package, or only a word in brackets
	}
	target := self
	if l.ImportPath != "" {
		target = l.ImportPath
		if full, ok := imports[target]; ok {
			target = full
		}
	}
	known := lookup(target)
	switch {
	case known == nil:
		return "no such package is imported here"
	case l.Name != "" && !known.has(l.Recv, l.Name):
		return target + " has no such name"
	}
	return ""
}

func linkText(l *comment.DocLink) string {
	text := l.ImportPath
	for _, part := range []string{l.Recv, l.Name} {
		if part != "" && text != "" {
			text += "."
		}
		text += part
	}
	return text
}

// links returns everything in a doc comment that has the form of a link to a
// name, whether or not the name exists.
func links(text string) []*comment.DocLink {
	p := comment.Parser{
		LookupPackage: func(name string) (string, bool) { return name, true },
		LookupSym:     func(string, string) bool { return true },
	}
	return blockLinks(p.Parse(text).Content)
}

func blockLinks(blocks []comment.Block) []*comment.DocLink {
	var out []*comment.DocLink
	for _, b := range blocks {
		switch b := b.(type) {
		case *comment.Paragraph:
			out = append(out, textLinks(b.Text)...)
		case *comment.Heading:
			out = append(out, textLinks(b.Text)...)
		case *comment.List:
			for _, item := range b.Items {
				out = append(out, blockLinks(item.Content)...)
			}
		}
	}
	return out
}

func textLinks(texts []comment.Text) []*comment.DocLink {
	var out []*comment.DocLink
	for _, x := range texts {
		if l, ok := x.(*comment.DocLink); ok {
			out = append(out, l)
		}
	}
	return out
}

// docComments returns the comments of a file that documentation shows.
func docComments(f *ast.File) []*ast.CommentGroup {
	var out []*ast.CommentGroup
	add := func(groups ...*ast.CommentGroup) {
		for _, g := range groups {
			if g != nil {
				out = append(out, g)
			}
		}
	}
	add(f.Doc)
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			add(n.Doc)
			return false // not the comments in its body
		case *ast.GenDecl:
			add(n.Doc)
		case *ast.TypeSpec:
			add(n.Doc, n.Comment)
		case *ast.ValueSpec:
			add(n.Doc, n.Comment)
		case *ast.Field:
			add(n.Doc, n.Comment)
		}
		return true
	})
	return out
}

// importNames returns the import paths that the files of a package can name,
// by the name that they use. The package can name itself too.
func (p *Package) importNames() map[string]string {
	out := map[string]string{}
	for _, f := range p.source() {
		out[f.Syntax.Name.Name] = p.importPath()
		for _, imp := range f.imports() {
			name := path.Base(imp.path)
			if imp.spec.Name != nil {
				name = imp.spec.Name.Name
			}
			out[name] = imp.path
		}
	}
	return out
}
