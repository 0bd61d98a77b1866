// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"
)

// barWidth is the width of the report's time axis in characters.
const barWidth = 40

// Text returns the report as a timeline for a terminal: a line that says how it
// ended, one for each phase, and one for each hook with a bar on a common axis.
// Stacks of hooks that hang follow at the end.
func (r *Report) Text() string {
	var b strings.Builder
	b.WriteString("quiesce: " + r.summary() + "\n")
	for i, c := range r.Causes {
		word := "cause"
		if i > 0 {
			word = "then"
		}
		fmt.Fprintf(&b, "  %s: %s\n", word, c.describe())
	}
	if r.Hurried >= 0 {
		fmt.Fprintf(&b, "  hurried: %s (after %v)\n", r.HurriedBy, round(r.Hurried))
	}
	if r.Forced >= 0 {
		fmt.Fprintf(&b, "  forced: %s (after %v)\n", r.ForcedBy, round(r.Forced))
	}
	r.timeline(&b)
	r.inFlight(&b)
	r.remarks(&b)
	return b.String()
}

// summary reads `shop stopped in 1.2s of 25s, clean, code 0`.
func (r *Report) summary() string {
	how := "clean"
	switch {
	case r.State != StateStopped:
		how = "still " + r.State.String()
	case r.Forced >= 0:
		how = "forced"
	case r.Watchdog:
		how = "ended by the watchdog"
	case !r.Clean:
		how = "not clean"
	}
	if r.Hurried >= 0 && r.Forced < 0 {
		how += ", hurried"
	}
	return fmt.Sprintf("%s stopped in %v of %v, %s, code %d", r.App, round(r.Took), r.Grace, how, r.Code)
}

// causeText is the first cause in one line.
func (r *Report) causeText() string {
	if len(r.Causes) == 0 {
		return ""
	}
	return r.Causes[0].describe()
}

func (c *Cause) describe() string {
	if c.At > 0 {
		return fmt.Sprintf("%s (after %v)", c.Text, round(c.At))
	}
	return c.Text
}

// notOK lists the hooks that did not end well: `drain "http" abandoned`.
func (r *Report) notOK() []string {
	var list []string
	for i := range r.Hooks {
		if h := &r.Hooks[i]; h.unclean() {
			list = append(list, fmt.Sprintf("%s %q %s", h.Hook, h.Component, h.Outcome))
		}
	}
	return list
}

// timeline draws what went wrong before the stop, and then each phase of it
// with its hooks.
func (r *Report) timeline(b *strings.Builder) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	r.hookLines(w, -1)
	for i := range r.Phases {
		if p := &r.Phases[i]; p.Phase != PhaseStart {
			r.phaseLine(w, p)
			r.hookLines(w, i)
		}
	}
	r.hookLines(w, len(r.Phases))
	w.Flush()
	for line := range strings.Lines(table.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

// hookLines writes the hooks of one phase; -1 stands for the time before the
// stop, of which only what went wrong is told, and one more than there are for
// phases that the stop did not come to.
func (r *Report) hookLines(w *tabwriter.Writer, phase int) {
	var hooks []*HookReport
	for i := range r.Hooks {
		h := &r.Hooks[i]
		if h.Outcome != Pending && r.phaseOf(h) == phase && (phase >= 0 || h.Outcome != OK) {
			hooks = append(hooks, h)
		}
	}
	slices.SortStableFunc(hooks, func(x, y *HookReport) int { return cmp.Compare(x.shownAt(), y.shownAt()) })
	for _, h := range hooks {
		r.hookLine(w, h)
	}
}

// shownAt is where on the axis the hook's bar begins.
func (h *HookReport) shownAt() time.Duration {
	if h.unasked() {
		return h.Began + h.Took
	}
	return h.Began
}

// phaseOf returns the index of the phase under which a hook is shown: its own,
// or for a Run that ended before it was asked to, the one in which it did.
func (r *Report) phaseOf(h *HookReport) int {
	at := -1
	if h.Outcome == Skipped {
		at = len(r.Phases)
	}
	for i := range r.Phases {
		p := &r.Phases[i]
		switch {
		case p.Phase == PhaseStart:
		case h.unasked() && p.Began <= h.shownAt():
			at = i
		case !h.unasked() && p.Phase == h.Phase && p.Outer == h.Outer:
			return i
		}
	}
	return at
}

// unasked reports whether the hook is a Run that ended before its turn to be
// asked: what the report has then is its whole life.
func (h *HookReport) unasked() bool { return h.Hook == HookRun && h.Allowed == 0 }

func (r *Report) phaseLine(w *tabwriter.Writer, p *PhaseReport) {
	note := ""
	if p.Delay > 0 {
		note = fmt.Sprintf("readiness delay %v", round(p.Delay))
	}
	fmt.Fprintf(w, "  %s\t%v\t%v\t%s\t%s\n", phaseTitle(p.Phase, p.Outer), round(p.Began), round(p.Took), r.bar(p.Began, p.Took, "─"), note)
}

func (r *Report) hookLine(w *tabwriter.Writer, h *HookReport) {
	text := h.Outcome.String()
	if h.Reason != "" {
		text += ", " + h.Reason
	}
	if h.Error != "" && h.Outcome != Abandoned { // its error is that it was cut
		text += ": " + oneLine(h.Error)
	}
	if h.Critical {
		text += " (critical)"
	}
	if h.Outcome == Skipped {
		fmt.Fprintf(w, "    %s %s\t\t\t\t%s\n", h.Hook, h.Component, text)
		return
	}
	if h.unasked() {
		early := ""
		if h.Outcome != Abandoned {
			early = ", ended before it was asked"
		}
		fmt.Fprintf(w, "    %s %s\t%v\t\t%s\t%s\n", h.Hook, h.Component, round(h.shownAt()), r.bar(h.shownAt(), 0, "◆"), text+early)
		return
	}
	fmt.Fprintf(w, "    %s %s\t%v\t%v\t%s\t%s\n", h.Hook, h.Component, round(h.Began), round(h.Took), r.bar(h.Began, h.Took, "█"), text)
}

// bar draws a stretch of time on the axis from the stop request to the end. It
// is never empty: what took no time still shows when.
func (r *Report) bar(from, took time.Duration, mark string) string {
	scale := func(d time.Duration) int {
		if r.Took <= 0 {
			return 0
		}
		return int(min(max(0, d), r.Took) * barWidth / r.Took)
	}
	start := min(scale(from), barWidth-1)
	width := max(1, scale(from+took)-start)
	return "│" + strings.Repeat(" ", start) + strings.Repeat(mark, width) + strings.Repeat(" ", barWidth-start-width) + "│"
}

// inFlight writes a line for each component that had anything open:
// `in flight, http: 12 busy, 52 idle at notice (0s), nothing at drain (2s)`.
func (r *Report) inFlight(b *strings.Builder) {
	for list := r.InFlight; len(list) > 0; {
		name := list[0].Component
		n := slices.IndexFunc(list, func(f InFlight) bool { return f.Component != name })
		if n < 0 {
			n = len(list)
		}
		parts := make([]string, n)
		for i, f := range list[:n] {
			parts[i] = fmt.Sprintf("%s at %s (%v)", f.Open, f.Stage, round(f.At))
		}
		fmt.Fprintf(b, "  in flight, %s: %s\n", name, strings.Join(parts, "; "))
		list = list[n:]
	}
}

// remarks adds what does not fit the timeline.
func (r *Report) remarks(b *strings.Builder) {
	for _, x := range []struct {
		title string
		list  []string
	}{
		{"never started", r.Unmade}, {"still running", r.Still}, {"returned late", r.Late}, {"note", r.Notes},
	} {
		if len(x.list) > 0 {
			fmt.Fprintf(b, "  %s: %s\n", x.title, abridge(x.list))
		}
	}
	for _, s := range r.Sinks {
		fmt.Fprintf(b, "  sink %s missed %d events %s\n", s.Sink, s.Missed, s.Panic)
	}
	for _, h := range r.Hooks {
		if h.Stack != "" {
			fmt.Fprintf(b, "  %s %q (added at %s) %s:\n    %s\n", h.Hook, h.Component, h.Place, h.Outcome,
				strings.ReplaceAll(strings.TrimSpace(h.Stack), "\n", "\n    "))
		}
	}
}

// abridge joins a list for a terminal.
func abridge(list []string) string {
	if len(list) > maxWaitingNames {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:maxWaitingNames], ", "), len(list)-maxWaitingNames)
	}
	return strings.Join(list, ", ")
}

// oneLine shortens an error's text to one line of readable length.
func oneLine(s string) string {
	const most = 120
	s, _, more := strings.Cut(s, "\n")
	if utf8.RuneCountInString(s) > most {
		s, more = string([]rune(s)[:most]), true
	}
	if more {
		s += " …"
	}
	return s
}
