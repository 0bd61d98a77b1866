// SPDX-License-Identifier: Apache-2.0

// Package check makes analyzers out of what is special about each: its documentation,
// and the function that looks for it.
package check

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/directive"
)

// A Pass is one package to look at. Findings go through [Pass.Report] and
// [Pass.Reportf], which leave out generated files and what a comment switches off.
type Pass struct {
	*analysis.Pass
	Inspect *inspector.Inspector

	directives *directive.List
	generated  map[*token.File]bool
}

// New returns the analyzer of a check. Its name and its documentation are in source,
// the check's own doc.go, under the heading "Analyzer NAME"; source that has none is a
// mistake of the programmer, and panics. The requires are beside the inspector, which
// each check has. Results and facts may be set on what is returned.
func New(source string, run func(*Pass) (any, error), requires ...*analysis.Analyzer) *analysis.Analyzer {
	name, doc := documentation(source)
	return &analysis.Analyzer{
		Name:     name,
		Doc:      doc,
		URL:      "https://pkg.go.dev/github.com/go-quiesce/quiesce/analysis/passes/" + name,
		Requires: append([]*analysis.Analyzer{inspect.Analyzer, directive.Analyzer}, requires...),
		Run: func(pass *analysis.Pass) (any, error) {
			return run(newPass(pass))
		},
	}
}

func newPass(pass *analysis.Pass) *Pass {
	p := &Pass{
		Pass: pass, generated: map[*token.File]bool{},
		Inspect:    pass.ResultOf[inspect.Analyzer].(*inspector.Inspector),
		directives: pass.ResultOf[directive.Analyzer].(*directive.List),
	}
	for _, f := range pass.Files {
		if ast.IsGenerated(f) {
			p.generated[pass.Fset.File(f.FileStart)] = true
		}
	}
	return p
}

// Generated reports whether a file says that a program has written it.
func (p *Pass) Generated(pos token.Pos) bool { return p.generated[p.Fset.File(pos)] }

// Report reports a finding, unless it is in a generated file or switched off.
func (p *Pass) Report(d analysis.Diagnostic) {
	if p.Generated(d.Pos) || p.directives.Suppresses(p.Analyzer.Name, d.Pos) {
		return
	}
	p.Pass.Report(d)
}

// Reportf reports a finding at a node, unless it is in a generated file or switched off.
func (p *Pass) Reportf(at analysis.Range, format string, args ...any) {
	p.Report(analysis.Diagnostic{Pos: at.Pos(), End: at.End(), Message: fmt.Sprintf(format, args...)})
}

// documentation returns what follows the heading "# Analyzer NAME" in the package
// comment of source. Its first line is "NAME: what it reports".
func documentation(source string) (name, doc string) {
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", source, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		panic(fmt.Sprintf("quiesce: documentation of a check: %v", err))
	}
	_, section, ok := strings.Cut(f.Doc.Text(), "\n# Analyzer ")
	if !ok {
		panic(fmt.Sprintf("quiesce: package %s has no heading \"# Analyzer NAME\"", f.Name))
	}
	name, doc, _ = strings.Cut(section, "\n")
	doc = strings.TrimSpace(doc)
	if !strings.HasPrefix(doc, name+": ") {
		panic(fmt.Sprintf("quiesce: the documentation of %s does not begin with its name and a colon", name))
	}
	return name, doc
}
