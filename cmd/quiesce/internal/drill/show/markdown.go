// SPDX-License-Identifier: Apache-2.0

package show

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// Markdown prints a report for a comment on a change, or for the summary page of a CI
// run: the dialect of GitHub and GitLab.
func Markdown(w io.Writer, run *record.Run) error {
	v := newView(run)
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "## %s %s: %s\n\n", symbol(run.Verdict), mark(string(run.Verdict)), mark(run.Reason))
	fmt.Fprintf(out, "%s, %s in %s, seed %d\n\n", code(v.target()), plural(len(run.Rounds), "round"), short(run.Took), run.Setup.Seed)
	if run.Interrupted != "" {
		fmt.Fprintf(out, "**Ended early:** %s\n\n", mark(run.Interrupted))
	}
	v.markdownChecks(out)
	fmt.Fprintf(out, "%s.\n", mark(boundText(&run.Bound)))
	if run.Replay != "" {
		fmt.Fprintf(out, "\nDo it again:\n\n%s", fence("sh", clean(run.Replay)))
	}
	if v.worst != nil {
		var b strings.Builder
		t := &text{out: bufio.NewWriter(&b), view: v, Style: Style{Width: usualWidth}}
		t.round(v.worst)
		t.out.Flush()
		fmt.Fprintf(out, "\n<details%s><summary>Timeline of %s</summary>\n\n%s\n</details>\n",
			open(run.Verdict == record.Fail), mark(title(v.worst)), fence("text", b.String()))
	}
	return out.Flush()
}

func (v *view) markdownChecks(out *bufio.Writer) {
	row := func(c *record.Check) {
		fmt.Fprintf(out, "| %s %s | %s | %s |\n", symbol(c.Verdict), mark(string(c.Verdict)), code(c.ID), mark(c.Text))
	}
	var rest []string
	fmt.Fprint(out, "| | check | |\n|---|---|---|\n")
	for _, verdict := range []record.Verdict{record.Fail, record.Inconclusive, record.Pass} {
		for _, c := range v.by(verdict) {
			row(&c)
		}
	}
	fmt.Fprintln(out)
	for _, c := range v.by(record.NotTried) {
		rest = append(rest, code(c.ID))
	}
	if len(rest) > 0 {
		fmt.Fprintf(out, "Not tried: %s.\n\n", strings.Join(rest, ", "))
	}
	for _, c := range v.by(record.Fail) {
		if len(c.Findings) == 0 {
			continue
		}
		fmt.Fprintf(out, "<details><summary>%s: %s</summary>\n\n", mark(c.ID), plural(len(c.Findings)+max(0, c.More), "finding"))
		for _, f := range grouped(c.Findings) {
			fmt.Fprintf(out, "- %s\n", mark(v.findingText(&f)))
		}
		if c.More > 0 {
			fmt.Fprintf(out, "- and %s more\n", count(c.More))
		}
		fmt.Fprint(out, "\n</details>\n\n")
	}
}

func open(yes bool) string {
	if yes {
		return " open"
	}
	return ""
}

// symbol is the verdict for who only glances.
func symbol(v record.Verdict) string {
	switch v {
	case record.Pass:
		return "✅"
	case record.Fail:
		return "❌"
	case record.Inconclusive:
		return "⚠️"
	}
	return "⚪"
}

// mark makes plain Markdown text of any text, on one line.
func mark(s string) string {
	var b strings.Builder
	for _, r := range clean(s) {
		switch {
		case strings.ContainsRune("<>&@|", r):
			fmt.Fprintf(&b, "&#%d;", r) // a backslash does not keep all dialects from these
		case strings.ContainsRune("\\`*_[]#~$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// code makes a code span, fit for the cell of a table.
func code(s string) string {
	s = strings.ReplaceAll(clean(s), "|", `\|`)
	ticks := longestRun(s) + 1
	if ticks == 1 {
		return "`" + s + "`"
	}
	t := strings.Repeat("`", ticks)
	return t + " " + s + " " + t
}

// fence makes a block of code that its text cannot end.
func fence(language, s string) string {
	t := strings.Repeat("`", max(3, longestRun(s)+1))
	return t + language + "\n" + strings.TrimRight(s, "\n") + "\n" + t + "\n"
}

// longestRun is the most backticks side by side.
func longestRun(s string) int {
	longest, n := 0, 0
	for _, r := range s {
		if r == '`' {
			n++
			longest = max(longest, n)
		} else {
			n = 0
		}
	}
	return longest
}
