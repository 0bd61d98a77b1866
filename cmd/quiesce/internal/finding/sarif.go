// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"cmp"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/printable"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/sarif"
)

// fingerprintKey names how the fingerprints are made; the number grows when that
// changes, as every alert is a new one then.
const fingerprintKey = "quiesceFinding/v1"

// SARIF prints the report as SARIF 2.1.0: all rules with their help, the findings with
// their fixes, and the problems as notifications. The files are relative to the
// repository; a finding keeps its fingerprint when lines are put in above it.
func (r *Report) SARIF(w io.Writer) error {
	run := &sarif.Run{
		Tool:        sarif.Tool{Driver: sarif.Driver{Name: r.Tool, Version: r.Version, URI: sarif.Homepage, Rules: []sarif.Rule{}}},
		Automation:  sarif.ID{ID: strings.ReplaceAll(r.Tool, " ", "-") + "/"},
		Invocations: []sarif.Invocation{r.invocation()},
		ColumnKind:  sarif.CodePoints,
		Results:     []sarif.Result{},
	}
	index := map[string]int{}
	for _, rule := range r.allRules() {
		index[rule.ID] = len(index)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule(rule))
	}
	seen := map[string]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		result := r.result(f, seen)
		result.RuleIndex = index[f.Rule]
		run.Results = append(run.Results, result)
	}
	return sarif.Write(w, run)
}

// allRules returns the rules, and one for each finding of which the rule is not among
// them.
func (r *Report) allRules() []Rule {
	rules := r.Rules[:len(r.Rules):len(r.Rules)]
	known := map[string]bool{}
	for _, rule := range rules {
		known[rule.ID] = true
	}
	for _, f := range r.Findings {
		if !known[f.Rule] {
			known[f.Rule] = true
			rules = append(rules, Rule{ID: f.Rule})
		}
	}
	return rules
}

func sarifRule(rule Rule) sarif.Rule {
	title := cmp.Or(rule.Title, rule.ID)
	help := cmp.Or(rule.Help, title)
	return sarif.Rule{
		ID: rule.ID, Short: sarif.Message{Text: title}, Full: sarif.Message{Text: title},
		Help:   sarif.Help{Text: help, Markdown: rule.Markdown},
		Config: sarif.Config{Level: string(cmp.Or(rule.Severity, Warning))},
	}
}

func (r *Report) invocation() sarif.Invocation {
	in := sarif.Invocation{Successful: len(r.Problems) == 0}
	for _, p := range r.Problems {
		n := sarif.Notification{Level: "error", Message: sarif.Message{Text: printable.Text(p.Text)}}
		if p.File != "" {
			n.Locations = []sarif.Location{{Physical: sarif.Physical{
				Artifact: r.artifact(p.File), Region: sarif.Region{StartLine: p.Line},
			}}}
		}
		in.Notifications = append(in.Notifications, n)
	}
	return in
}

// result counts in seen how often there was the same before.
func (r *Report) result(f *Finding, seen map[string]int) sarif.Result {
	message := f.Message
	if f.Why != "" {
		message += ". " + f.Why
	}
	out := sarif.Result{
		RuleID: f.Rule, Level: string(cmp.Or(f.Severity, Warning)), Kind: "fail",
		Message: sarif.Message{Text: printable.Text(message)},
		Locations: []sarif.Location{{Physical: sarif.Physical{
			Artifact: r.artifact(f.File), Region: region(max(1, f.Line), f.Column, f.EndLine, f.EndColumn),
		}}},
		Fingerprints: map[string]string{fingerprintKey: r.fingerprint(f, seen)},
	}
	if len(f.Edits) > 0 && !slices.ContainsFunc(f.Edits, func(e Edit) bool { return e.Line == 0 }) {
		out.Fixes = []sarif.Fix{r.fix(f)}
	}
	return out
}

// digits are taken out of messages before they become part of a fingerprint: they may be
// the numbers of other lines.
var digits = regexp.MustCompile(`\d+`)

func (r *Report) fingerprint(f *Finding, seen map[string]int) string {
	parts := []string{f.Rule, r.artifact(f.File).URI, digits.ReplaceAllString(f.Message, "#")}
	key := strings.Join(parts, "\x00")
	seen[key]++
	return sarif.Fingerprint(append(parts, strconv.Itoa(seen[key]))...)
}

func (r *Report) fix(f *Finding) sarif.Fix {
	fix := sarif.Fix{Description: sarif.Message{Text: printable.Text(cmp.Or(f.Fix, f.Message))}}
	index := map[string]int{}
	for _, e := range f.Edits {
		i, ok := index[e.File]
		if !ok {
			i = len(fix.Changes)
			index[e.File] = i
			fix.Changes = append(fix.Changes, sarif.Change{Artifact: r.artifact(e.File)})
		}
		fix.Changes[i].Replacements = append(fix.Changes[i].Replacements, sarif.Replacement{
			Deleted: region(e.Line, e.Column, e.EndLine, e.EndColumn), Inserted: sarif.Message{Text: e.New},
		})
	}
	return fix
}

func region(line, column, endLine, endColumn int) sarif.Region {
	return sarif.Region{StartLine: line, StartColumn: column, EndLine: endLine, EndColumn: endColumn}
}

func (r *Report) artifact(file string) sarif.Artifact {
	return sarif.ArtifactOf(r.inRepository(file))
}
