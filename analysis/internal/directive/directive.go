// SPDX-License-Identifier: Apache-2.0

// Package directive reads the comments that switch findings off.
package directive

import (
	"go/ast"
	"go/token"
	"reflect"
	"strings"
	"sync"

	"golang.org/x/tools/go/analysis"
)

// Prefix is how a comment that switches a finding off begins.
const Prefix = "//quiesce:ignore"

// A Directive is one such comment, for one check.
type Directive struct {
	Pos    token.Pos
	End    token.Pos
	Check  string // empty: none is named
	Reason string // empty: none is given, and the directive switches nothing off

	file string
	line int // where the comment begins
	used bool
}

// A List has the directives of a package. It is safe for concurrent use: analyzers run
// beside each other.
type List struct {
	mu   sync.Mutex
	fset *token.FileSet
	all  []*Directive // guarded by mu, as far as used is concerned
}

// Analyzer reads the directives of a package. Its result is a *[List].
var Analyzer = &analysis.Analyzer{
	Name:       "quiescedirectives",
	Doc:        "read the comments that switch findings of quiesce off",
	Run:        run,
	ResultType: reflect.TypeFor[*List](),
}

func run(pass *analysis.Pass) (any, error) {
	l := &List{fset: pass.Fset}
	for _, f := range pass.Files {
		for _, group := range f.Comments {
			for _, c := range group.List {
				l.add(c)
			}
		}
	}
	return l, nil
}

func (l *List) add(c *ast.Comment) {
	rest, ok := strings.CutPrefix(c.Text, Prefix)
	if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return
	}
	at := l.fset.Position(c.Pos())
	name, reason, _ := strings.Cut(withoutComment(rest), " ")
	l.all = append(l.all, &Directive{Pos: c.Pos(), End: c.End(), Check: name, Reason: strings.TrimSpace(reason), file: at.Filename, line: at.Line})
}

// withoutComment cuts another comment off, such as a test's.
func withoutComment(s string) string {
	text, _, _ := strings.Cut(s, " //")
	return strings.TrimSpace(text)
}

// Suppresses reports whether a finding of the check at pos is switched off, and notes
// the directive as used: one on the same line, or on the line above.
func (l *List) Suppresses(check string, pos token.Pos) bool {
	at := l.fset.Position(pos)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.all {
		if d.Check == check && d.Reason != "" && d.file == at.Filename && (d.line == at.Line || d.line == at.Line-1) {
			d.used = true
			return true
		}
	}
	return false
}

// Unused returns the directives that have switched nothing off so far.
func (l *List) Unused() []*Directive {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*Directive
	for _, d := range l.all {
		if !d.used {
			out = append(out, d)
		}
	}
	return out
}
