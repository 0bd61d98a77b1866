// SPDX-License-Identifier: Apache-2.0

package show

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// A Style says how text looks.
type Style struct {
	Color bool // with the colours of a terminal
	Width int  // of a line; 0: 100. Error messages and command lines may be longer.
}

const (
	usualWidth = 100
	leastWidth = 60
)

// most entries of a list that are printed.
const (
	textFindings = 5
	textLost     = 8
	textOutput   = 12
)

// Text prints the verdict, the checks, the timeline of the worst round, what it means
// that nothing was lost, and how to do it again.
func Text(w io.Writer, run *record.Run, style Style) error {
	out := bufio.NewWriter(w)
	t := &text{out: out, Style: style, view: newView(run)}
	if t.Width == 0 {
		t.Width = usualWidth
	}
	t.Width = max(t.Width, leastWidth)
	t.head()
	t.checks()
	if t.worst != nil {
		t.line("")
		t.round(t.worst)
	}
	t.foot()
	return out.Flush()
}

// text prints one run. Errors stay in the buffered writer.
type text struct {
	Style
	*view
	out          *bufio.Writer
	verdictWidth int // of the column in the list of checks
}

func (t *text) line(parts ...string) {
	t.out.WriteString(strings.TrimRight(strings.Join(parts, ""), " ") + "\n")
}

func (t *text) linef(format string, args ...any) { t.line(fmt.Sprintf(format, args...)) }

// The ways in which words are marked, if there are colours.
const (
	red    = "1;31"
	green  = "1;32"
	yellow = "1;33"
	blue   = "34"
	bold   = "1"
	dim    = "2"
)

func (t *text) paint(how, s string) string {
	if !t.Color || s == "" {
		return s
	}
	return "\x1b[" + how + "m" + s + "\x1b[0m"
}

func verdictColor(v record.Verdict) string {
	switch v {
	case record.Pass:
		return green
	case record.Fail:
		return red
	case record.Inconclusive:
		return yellow
	}
	return dim
}

func (t *text) head() {
	verdict := clean(string(t.Verdict))
	lines := t.fold(utf8.RuneCountInString(verdict)+2, clean(t.Reason))
	t.line(t.paint(verdictColor(t.Verdict), verdict), "  ", t.paint(bold, lines[0]))
	for _, line := range lines[1:] {
		t.line(strings.Repeat(" ", utf8.RuneCountInString(verdict)+2), t.paint(bold, line))
	}
	t.linef("      %s", cut(clean(t.target()), t.Width-6))
	b := &t.Bound
	took := stopTimes(t.all())
	t.wrapped("      ", fmt.Sprintf("%s in %s, %s, seed %d; stops took %s (median), %s (longest) of %s",
		plural(len(t.Rounds), "round"), short(t.Took), plural(b.Sent, "request"), t.Setup.Seed,
		short(quantile(took, 0.5)), short(quantile(took, 1)), short(t.Setup.Grace)), dim)
	if n := t.killed(); n > 0 {
		t.line("      ", t.paint(red, plural(n, "server")+" did not end and had to be killed"))
	}
	if t.Interrupted != "" {
		t.line("      ", t.paint(yellow, "ended early: "+clean(t.Interrupted)))
	}
}

// checks lists what is wrong first.
func (t *text) checks() {
	width := 0
	for _, c := range t.Checks {
		if c.Verdict != record.NotTried {
			width = max(width, utf8.RuneCountInString(clean(c.ID)))
			t.verdictWidth = max(t.verdictWidth, utf8.RuneCountInString(string(c.Verdict)))
		}
	}
	for _, verdict := range []record.Verdict{record.Fail, record.Inconclusive, record.Pass} {
		list := t.by(verdict)
		if len(list) > 0 {
			t.line("")
		}
		for _, c := range list {
			t.check(&c, width)
		}
		if verdict == record.Fail && len(list) > 0 {
			t.line("        ", t.paint(dim, "quiesce explain "+clean(list[0].ID)+" says what that means, and how it is right"))
		}
	}
	var rest []string
	for _, c := range t.by(record.NotTried) {
		rest = append(rest, clean(c.ID))
	}
	t.wrapped("  NOT TRIED  ", strings.Join(rest, ", "), dim)
	for _, s := range t.Skipped {
		t.wrapped("  SKIPPED    ", clean(s.What)+": "+clean(s.Why), dim)
	}
}

func (t *text) check(c *record.Check, width int) {
	verdict, id := pad(clean(string(c.Verdict)), t.verdictWidth), pad(clean(c.ID), width)
	lines := t.fold(6+t.verdictWidth+width, clean(c.Text))
	t.line("  ", t.paint(verdictColor(c.Verdict), verdict), "  ", t.paint(bold, id), "  ", lines[0])
	for _, line := range lines[1:] {
		t.line(strings.Repeat(" ", 6+t.verdictWidth+width), line)
	}
	if c.Verdict != record.Fail {
		return
	}
	list := grouped(c.Findings)
	shown := 0
	for _, f := range list[:min(len(list), textFindings)] {
		shown += f.times
		t.finding(&f)
	}
	if more := len(c.Findings) - shown + max(0, c.More); more > 0 {
		t.line("        ", t.paint(dim, "and "+count(more)+" more"))
	}
}

func (t *text) finding(f *group) {
	const indent = 8 + 10 + 9
	what := body(&f.Finding)
	if f.times > 1 {
		what += fmt.Sprintf(" (%d times)", f.times)
	}
	when := pad(fmt.Sprintf("round %d", f.Round), 10) + pad(relative(t.sinceSignal(&f.Finding)), 9)
	if f.Place != "" {
		what += " at " + clean(f.Place)
	}
	lines := t.fold(indent, what)
	t.line("        ", t.paint(dim, when), lines[0])
	for _, line := range lines[1:] {
		t.line(strings.Repeat(" ", indent), line)
	}
}

// fold cuts a text into lines that fit behind an indent; there is at least one. A word
// that is longer stays whole.
func (t *text) fold(indent int, s string) []string {
	lines := []string{""}
	for _, word := range strings.Fields(s) {
		last := &lines[len(lines)-1]
		switch n := utf8.RuneCountInString(*last); {
		case n == 0:
			*last = word
		case indent+n+1+utf8.RuneCountInString(word) <= t.Width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}

// wrapped prints a text in lines that fit, behind a title; nothing if there is none.
func (t *text) wrapped(title, s, how string) {
	if strings.TrimSpace(s) == "" {
		return
	}
	indent := utf8.RuneCountInString(title)
	for i, line := range t.fold(indent, s) {
		if i > 0 {
			title = strings.Repeat(" ", indent)
		}
		t.line(t.paint(how, title+line))
	}
}

func (t *text) foot() {
	t.line("")
	t.wrapped("bound   ", boundText(&t.Bound), "")
	if s := t.Smallest; s != nil {
		t.wrapped("shrunk  ", fmt.Sprintf("%s: %s, with %s", situation(&record.Round{Schedule: *s}), signals(s), scheduleLoads(s)), "")
	}
	if t.Replay != "" {
		t.line("replay  ", t.paint(bold, clean(t.Replay)))
	}
}

// scheduleLoads reads "keepalive, new, 8 connections each".
func scheduleLoads(s *record.Schedule) string {
	text := "no load"
	if len(s.Loads) > 0 {
		text = clean(strings.Join(s.Loads, ", "))
	}
	if s.Callers > 0 {
		text += ", " + plural(s.Callers, "connection") + " each"
	}
	return text
}
