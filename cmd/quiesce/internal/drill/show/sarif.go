// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/judge"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/sarif"
)

// fingerprintKey names how the fingerprints are made; the number grows when that
// changes, as every alert is a new one then.
const fingerprintKey = "quiesceDrill/v1"

// SARIF prints one rule for each check, and a result for each place to which a failed
// check points; one that knows no place points to the program. What could not be decided
// is a notification: SARIF has results for what was found.
func SARIF(w io.Writer, run *record.Run) error {
	v := newView(run)
	doc := v.sarifRun()
	return sarif.Write(w, &doc)
}

func (v *view) sarifRun() sarif.Run {
	out := sarif.Run{
		Tool:        sarif.Tool{Driver: sarif.Driver{Name: "quiesce drill", Version: clean(v.Tool), URI: sarif.Homepage, Rules: []sarif.Rule{}}},
		Automation:  sarif.ID{ID: "quiesce-drill/" + clean(v.program()) + "/"},
		Invocations: []sarif.Invocation{v.sarifInvocation()},
		ColumnKind:  sarif.CodePoints,
		Results:     []sarif.Result{},
		Properties: map[string]any{
			"verdict": clean(string(v.Verdict)), "reason": clean(v.Reason), "seed": strconv.FormatUint(v.Setup.Seed, 10),
			"bound": boundText(&v.Bound), "replay": clean(v.Replay),
		},
	}
	for i := range v.Checks {
		c := &v.Checks[i]
		out.Tool.Driver.Rules = append(out.Tool.Driver.Rules, sarifRuleOf(c))
		if c.Verdict == record.Fail {
			out.Results = append(out.Results, v.sarifResults(c, i)...)
		}
	}
	return out
}

func sarifRuleOf(c *record.Check) sarif.Rule {
	title := sarif.Message{Text: cmp.Or(clean(c.Title), clean(c.ID))}
	rule := sarif.Rule{ID: clean(c.ID), Short: title, Full: title, Help: sarif.Help{Text: "quiesce explain " + clean(c.ID)}, Config: sarif.Config{Level: "error"}}
	if e, ok := judge.Lookup(c.ID); ok {
		rule.Full.Text, rule.Help = e.Meaning, sarif.Help{Text: e.String(), Markdown: e.Markdown("###")}
	}
	return rule
}

func (v *view) sarifInvocation() sarif.Invocation {
	in := sarif.Invocation{
		Successful: v.Verdict != record.Inconclusive && v.Interrupted == "",
		Start:      v.Began.UTC().Format(time.RFC3339), End: v.Began.Add(v.Took).UTC().Format(time.RFC3339),
	}
	for _, c := range v.by(record.Inconclusive) {
		in.Notifications = append(in.Notifications, sarif.Notification{Level: "warning", Message: sarif.Message{Text: clean(c.Text)}, Descriptor: sarif.ID{ID: clean(c.ID)}})
	}
	for _, c := range v.by(record.NotTried) {
		in.Notifications = append(in.Notifications, sarif.Notification{Level: "note", Message: sarif.Message{Text: "not tried: " + clean(c.Text)}, Descriptor: sarif.ID{ID: clean(c.ID)}})
	}
	return in
}

// sarifResults returns one result for each file to which the findings point.
func (v *view) sarifResults(c *record.Check, index int) []sarif.Result {
	findings := c.Findings
	if len(findings) == 0 {
		findings = []record.Finding{{}}
	}
	var list []sarif.Result
	at := map[string]int{} // place → index in list
	for _, f := range findings {
		if i, seen := at[f.Place]; seen {
			list[i].Occurrences++
			continue
		}
		at[f.Place] = len(list)
		list = append(list, v.sarifResult(c, index, &f))
	}
	list[0].Occurrences += max(0, c.More)
	return list
}

func (v *view) sarifResult(c *record.Check, index int, f *record.Finding) sarif.Result {
	message := clean(c.Text)
	if f.Text != "" {
		message += "; first in " + v.findingText(&group{*f, 1})
	}
	file, line := splitPlace(f.Place)
	if file == "" {
		file = v.program()
	}
	return sarif.Result{
		RuleID: clean(c.ID), RuleIndex: index, Level: "error", Kind: "fail", Message: sarif.Message{Text: message}, Occurrences: 1,
		Locations: []sarif.Location{{
			Physical: sarif.Physical{Artifact: sarif.ArtifactOf(file), Region: sarif.Region{StartLine: line}},
			Logical:  []sarif.Logical{{FullName: clean(v.target()), Kind: "process"}},
		}},
		// Neither the line nor the text: both change while the fault stays the same.
		Fingerprints: map[string]string{fingerprintKey: sarif.Fingerprint(c.ID, file)},
	}
}

// program names what was drilled, by its command without its arguments.
func (v *view) program() string {
	switch s := &v.Setup; {
	case len(s.Command) > 0 && s.Command[0] != "":
		return s.Command[0]
	case s.Unit != "":
		return s.Unit
	default:
		return "server"
	}
}

// splitPlace takes "shop/main.go:42" apart. A place without a line is at line 1.
func splitPlace(place string) (file string, line int) {
	if i := strings.LastIndexByte(place, ':'); i > 0 {
		if n, err := strconv.Atoi(place[i+1:]); err == nil && n > 0 {
			return place[:i], n
		}
	}
	return place, 1
}
