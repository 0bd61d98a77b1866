// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"go/build"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// standard answers questions about the standard library of the Go release that
// runs the test, from its source.
type standard struct {
	context build.Context
	known   map[string]*symbols // by import path
}

func newStandard() *standard {
	return &standard{context: build.Default, known: map[string]*symbols{}}
}

func (s *standard) dir(importPath string) string {
	return filepath.Join(s.context.GOROOT, "src", filepath.FromSlash(importPath))
}

// imports returns what a package imports on this platform. There is none for
// an unknown package: then it does not compile either.
func (s *standard) imports(importPath string) []string {
	p, err := s.context.ImportDir(s.dir(importPath), 0)
	if err != nil {
		return nil
	}
	return p.Imports
}

// symbols returns the names of a package; nil if there is no such package.
func (s *standard) symbols(importPath string) *symbols {
	if known, ok := s.known[importPath]; ok {
		return known
	}
	var out *symbols
	files, _ := filepath.Glob(filepath.Join(s.dir(importPath), "*.go"))
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if out == nil {
			out = newSymbols()
		}
		out.add(f)
	}
	s.known[importPath] = out
	return out
}
