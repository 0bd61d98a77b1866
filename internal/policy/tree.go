// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// corePath is the module path of the core, and the prefix of all others'.
const corePath = "github.com/go-quiesce/quiesce"

// A Tree is the source of the repository, read once for all rules: its Texts
// and, in the order of their folders, the Modules and Packages among them.
type Tree struct {
	Texts    []Text // every text file, sorted by path
	Modules  []*Module
	Packages []*Package

	fset *token.FileSet
	std  *standard
}

// A Text is a file that is not binary: its Path, slash separated and relative to
// the root, and its Data.
type Text struct {
	Path string
	Data []byte
}

// A Module is a folder with a go.mod, of which Path and Directives are read.
type Module struct {
	Dir        string // "." for the core
	Path       string
	Directives []Directive
	HasSum     bool // there is a go.sum
}

// A Package is the Go Files of one folder, of all build tags, in a Module.
type Package struct {
	Module *Module
	Dir    string // relative to the root, "." for the root
	Files  []*File
}

// A File is one Go file: its Path relative to the root, its Syntax with the
// comments, and how many Lines it has.
type File struct {
	Path   string
	Test   bool // its name ends in _test.go
	Syntax *ast.File
	Lines  int
}

// Load reads the tree under fsys. It skips hidden folders but .ci and .github,
// and does not parse what is under testdata.
func Load(fsys fs.FS) (*Tree, error) {
	t := &Tree{fset: token.NewFileSet(), std: newStandard()}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return enter(d.Name())
		}
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err == nil && !bytes.Contains(data, []byte{0}) {
			t.Texts = append(t.Texts, Text{name, data})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	t.loadModules()
	return t, t.loadPackages()
}

// enter says whether the walk goes into a folder of this name.
func enter(name string) error {
	if name != "." && name[0] == '.' && name != ".ci" && name != ".github" {
		return fs.SkipDir
	}
	return nil
}

func (t *Tree) loadModules() {
	for _, text := range t.Texts {
		if path.Base(text.Path) != "go.mod" || inTestdata(text.Path) {
			continue
		}
		m := &Module{Dir: path.Dir(text.Path), Directives: directives(text.Data)}
		for _, d := range m.Directives {
			if d.Verb == "module" && len(d.Args) > 0 {
				m.Path = d.Args[0]
			}
		}
		_, m.HasSum = t.text(path.Join(m.Dir, "go.sum"))
		t.Modules = append(t.Modules, m)
	}
}

func (t *Tree) loadPackages() error {
	byDir := map[string]*Package{}
	for _, text := range t.Texts {
		if path.Ext(text.Path) != ".go" || inTestdata(text.Path) {
			continue
		}
		syntax, err := parser.ParseFile(t.fset, text.Path, text.Data, parser.ParseComments)
		if err != nil {
			return fmt.Errorf("policy: parse: %w", err)
		}
		dir := path.Dir(text.Path)
		p := byDir[dir]
		if p == nil {
			p = &Package{Module: t.moduleOf(dir), Dir: dir}
			byDir[dir] = p
			t.Packages = append(t.Packages, p)
		}
		p.Files = append(p.Files, &File{
			Path:   text.Path,
			Test:   strings.HasSuffix(text.Path, "_test.go"),
			Syntax: syntax,
			Lines:  bytes.Count(text.Data, []byte("\n")),
		})
	}
	return nil
}

// moduleOf returns the module that a folder belongs to, nil for none.
func (t *Tree) moduleOf(dir string) *Module {
	var found *Module
	for _, m := range t.Modules {
		if m.Dir == "." || dir == m.Dir || strings.HasPrefix(dir, m.Dir+"/") {
			if found == nil || len(m.Dir) > len(found.Dir) || found.Dir == "." {
				found = m
			}
		}
	}
	return found
}

func (t *Tree) text(name string) ([]byte, bool) {
	i, ok := slices.BinarySearchFunc(t.Texts, name, func(a Text, b string) int { return cmp.Compare(a.Path, b) })
	if !ok {
		return nil, false
	}
	return t.Texts[i].Data, true
}

// core returns the packages of the core module.
func (t *Tree) core() []*Package {
	var out []*Package
	for _, p := range t.Packages {
		if p.Module != nil && p.Module.Dir == "." {
			out = append(out, p)
		}
	}
	return out
}

// at returns the position of a node as "file:line".
func (t *Tree) at(n ast.Node) string {
	p := t.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// source returns the files that are not tests.
func (p *Package) source() []*File {
	return slices.DeleteFunc(slices.Clone(p.Files), func(f *File) bool { return f.Test })
}

// importPath returns the path that others import the package by.
func (p *Package) importPath() string {
	if p.Module == nil {
		return p.Dir
	}
	rel := strings.TrimPrefix(strings.TrimPrefix(p.Dir, p.Module.Dir), "/")
	if p.Module.Dir == "." {
		rel = p.Dir
	}
	return path.Join(p.Module.Path, rel)
}

// An imported is one import declaration.
type imported struct {
	path string
	spec *ast.ImportSpec
}

func (f *File) imports() []imported {
	var out []imported
	for _, spec := range f.Syntax.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			out = append(out, imported{p, spec})
		}
	}
	return out
}

func inTestdata(name string) bool {
	return slices.Contains(strings.Split(name, "/"), "testdata")
}

// isStd reports whether an import path belongs to the standard library: its
// first element has no dot. The paths of all our modules have one.
func isStd(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// within reports whether an import path is pkg or below it.
func within(importPath, pkg string) bool {
	return importPath == pkg || strings.HasPrefix(importPath, pkg+"/")
}
