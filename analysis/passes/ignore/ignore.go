// SPDX-License-Identifier: Apache-2.0

package ignore

import (
	"bytes"
	_ "embed"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/directive"
)

//go:embed doc.go
var doc string

// New returns an analyzer that reports comments that switch nothing off. The known are
// the names of all checks there are; the ran are the analyzers of those that run, and
// are run before it.
func New(known []string, ran ...*analysis.Analyzer) *analysis.Analyzer {
	var names []string
	for _, a := range ran {
		names = append(names, a.Name)
	}
	return check.New(doc, func(pass *check.Pass) (any, error) {
		for _, d := range pass.ResultOf[directive.Analyzer].(*directive.List).Unused() {
			if message := fault(d, known, names); message != "" {
				pass.Report(analysis.Diagnostic{Pos: d.Pos, End: d.End, Message: message, SuggestedFixes: fixes(pass, d, names)})
			}
		}
		spaced(pass)
		return nil, nil
	}, ran...)
}

// fault says what is wrong with a comment that has switched nothing off; empty: nothing
// that could be known.
func fault(d *directive.Directive, known, ran []string) string {
	switch {
	case d.Check == "":
		return "the comment names no check, and switches nothing off: " + directive.Prefix + " CHECK reason"
	case !slices.Contains(known, d.Check):
		return "there is no check " + d.Check + ", and the comment switches nothing off"
	case d.Reason == "":
		return "the comment gives no reason, and switches nothing off: " + directive.Prefix + " " + d.Check + " reason"
	case slices.Contains(ran, d.Check):
		return d.Check + " finds nothing here, and the comment would hide what it finds later"
	default:
		return ""
	}
}

// spaced reports comments that would be directives without the space.
func spaced(pass *check.Pass) {
	for _, f := range pass.Files {
		for _, group := range f.Comments {
			for _, c := range group.List {
				if isSpaced(c) {
					pass.Reportf(c, "the space before quiesce:ignore makes it a comment like others, which switches nothing off")
				}
			}
		}
	}
}

func isSpaced(c *ast.Comment) bool {
	rest, ok := strings.CutPrefix(c.Text, "// "+strings.TrimPrefix(directive.Prefix, "//"))
	return ok && (rest == "" || rest[0] == ' ')
}

// fixes takes away a comment that is right, and needed no more. What a mistake in one is
// to mean, its author knows.
func fixes(pass *check.Pass, d *directive.Directive, ran []string) []analysis.SuggestedFix {
	if d.Reason == "" || !slices.Contains(ran, d.Check) {
		return nil
	}
	from, to := d.Pos, d.End
	file := pass.Fset.File(d.Pos)
	source, err := pass.ReadFile(file.Name())
	if err != nil || file.Offset(to) > len(source) {
		return nil // the source has changed meanwhile
	}
	before := len(bytes.TrimRight(source[:file.Offset(from)], " \t"))
	if before == 0 || source[before-1] == '\n' { // alone on the line, which goes too
		to = min(to+1, token.Pos(file.Base()+file.Size()))
	}
	return []analysis.SuggestedFix{{
		Message:   "remove the comment",
		TextEdits: []analysis.TextEdit{{Pos: file.Pos(before), End: to}},
	}}
}
