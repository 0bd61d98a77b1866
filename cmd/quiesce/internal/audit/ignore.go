// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// ignoreWord begins a comment that switches a rule off where it stands:
// "# quiesce:ignore RULE reason".
const ignoreWord = "quiesce:ignore"

// An ignore is such a comment.
type ignore struct {
	line        int // its own
	first, last int // the lines that it is for
	rule        string
	used        bool
}

// suppress drops the findings that a comment ignores. A comment at the end of a line is
// for that line, one on a line of its own for the next, and one before everything else of a
// document for all of it. Files that documents refer to, such as scripts, have such
// comments, too.
func (a *audit) suppress() {
	byFile := map[string][]*ignore{}
	for _, key := range sortedKeys(a.world.Files) {
		if f := a.world.Files[key]; bytes.Contains(f.Data, []byte(ignoreWord)) {
			byFile[f.Path] = a.ignores(f)
		}
	}
	if len(byFile) == 0 {
		return
	}
	a.report.Findings = slices.DeleteFunc(a.report.Findings, func(f finding.Finding) bool {
		for _, ig := range byFile[f.File] {
			if ig.rule == f.Rule && ig.first <= f.Line && f.Line <= ig.last {
				ig.used = true
				return true
			}
		}
		return false
	})
	for _, file := range sortedKeys(byFile) {
		for _, ig := range byFile[file] {
			if _, severity := a.config.rule(ig.rule); !ig.used && severity != off {
				a.note(manifest.Note{File: file, Line: ig.line, Text: fmt.Sprintf("rule %s finds nothing that this comment ignores", ig.rule), Fix: "take it out"})
			}
		}
	}
}

// ignores finds the comments of a file. One that names no rule or no reason is malformed.
func (a *audit) ignores(f *manifest.File) []*ignore {
	var all, pending []*ignore // pending wait for the line that they are for
	var whole []*ignore        // are for the document that we are in
	head := true
	n := 0
	for line := range strings.Lines(string(f.Data)) {
		n++
		content, comment := cutIgnore(line)
		switch {
		case strings.HasPrefix(line, "---"):
			whole, head = nil, true
		case content != "":
			settle(pending, n)
			pending, head = nil, false
		}
		for _, ig := range whole {
			ig.last = n
		}
		if comment == "" {
			continue
		}
		ig := a.parseIgnore(f.Path, n, comment)
		if ig == nil {
			continue
		}
		all = append(all, ig)
		switch {
		case content != "":
			ig.first, ig.last = n, n
		case head:
			ig.first, ig.last = n, n
			whole = append(whole, ig)
		default:
			pending = append(pending, ig)
		}
	}
	return all
}

func settle(pending []*ignore, line int) {
	for _, ig := range pending {
		ig.first, ig.last = line, line
	}
}

// cutIgnore returns what of a line is no comment, and from [ignoreWord] on the comment that
// has it.
func cutIgnore(line string) (content, comment string) {
	content = strings.TrimSpace(line)
	if before, rest, ok := strings.Cut(content, ignoreWord); ok {
		before = strings.TrimRight(before, " \t")
		if mark := strings.TrimRight(before, "#;"); mark != before {
			content, comment = strings.TrimSpace(mark), rest
		}
	}
	if content != "" && (content[0] == '#' || content[0] == ';') { // which begins one in units
		content = ""
	}
	return content, comment
}

// parseIgnore reads what follows [ignoreWord]; nil is malformed.
func (a *audit) parseIgnore(file string, line int, comment string) *ignore {
	rule, reason, _ := strings.Cut(strings.TrimSpace(comment), " ")
	text := ""
	switch ids := a.config.ids(); {
	case !slices.Contains(ids, rule):
		text = fmt.Sprintf("%s: no rule is called %q%s", ignoreWord, rule, meant(rule, ids))
	case strings.TrimSpace(reason) == "":
		text = fmt.Sprintf("%s %s: want a reason after the rule", ignoreWord, rule)
	default:
		return &ignore{line: line, rule: rule}
	}
	a.report.Problems = append(a.report.Problems, finding.Problem{File: file, Line: line, Text: text})
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
