// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Text returns the survey for a terminal: a line for each group of tasks with their
// ages, what the scope was cancelled with, and the stacks, if there are any. The tree
// and its counts are left out.
func (v *Survey) Text() string {
	var b strings.Builder
	for i := range v.Groups {
		v.Groups[i].text(&b)
	}
	for _, o := range v.Orphans {
		fmt.Fprintf(&b, "orphan of task %q of %q\n", o.Task, o.Scope)
		o.text(&b)
	}
	if v.Note != "" {
		fmt.Fprintf(&b, "note: %s\n", v.Note)
	}
	return b.String()
}

func (g *Group) text(b *strings.Builder) {
	fmt.Fprintf(b, "task %s, %s", g.title(), g.age())
	if g.Cancelled > 0 {
		fmt.Fprintf(b, ", cancelled %v ago: %s", round(g.Cancelled), g.Cause)
	}
	b.WriteByte('\n')
	for _, s := range g.Stacks {
		s.text(b)
	}
}

// title reads `"refresh" of "shop/cache" (3)`.
func (g *Group) title() string {
	if g.Count == 1 {
		return fmt.Sprintf("%q of %q", g.Task, g.Scope)
	}
	return fmt.Sprintf("%q of %q (%d)", g.Task, g.Scope, g.Count)
}

func (g *Group) age() string {
	if g.Count == 1 || round(g.Youngest) == round(g.Oldest) {
		return fmt.Sprintf("%v old", round(g.Oldest))
	}
	return fmt.Sprintf("%v to %v old", round(g.Youngest), round(g.Oldest))
}

func (s *Stack) text(b *strings.Builder) {
	fmt.Fprintf(b, "  %d in %s", s.Count, s.Blocked)
	switch s.Proven {
	case 0:
	case s.Count:
		b.WriteString(", can never wake")
	default:
		fmt.Fprintf(b, ", %d can never wake", s.Proven)
	}
	b.WriteByte('\n')
	for line := range strings.Lines(s.Text) {
		b.WriteString("    " + line)
	}
}

// LogValue makes a group for package slog: a key for each group of tasks, with their
// number.
func (v *Survey) LogValue() slog.Value {
	attrs := make([]slog.Attr, len(v.Groups))
	for i, g := range v.Groups {
		attrs[i] = slog.Int(g.Scope+":"+g.Task, g.Count)
	}
	return slog.GroupValue(attrs...)
}

// round makes a duration readable.
func round(d time.Duration) time.Duration {
	switch {
	case d >= time.Minute:
		return d.Round(time.Second)
	case d >= time.Second:
		return d.Round(10 * time.Millisecond)
	default:
		return d.Round(10 * time.Microsecond)
	}
}
