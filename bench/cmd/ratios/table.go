// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// A table is one section's lines.
type table struct {
	lines  []line
	missed int
}

// A line is one figure, with what it is compared to.
type line struct{ what, ours, peer, ratio, target, held string }

// ratio adds a line whose figures are durations. A target of 0 is none.
func (t *table) ratio(what string, ours, peer time.Duration, target float64) {
	r := float64(ours) / float64(peer)
	l := line{what: what, ours: show(ours), peer: show(peer), ratio: fmt.Sprintf("%.2f", r)}
	if target > 0 {
		l.target = fmt.Sprintf("<= %.4g", target)
		l.held = t.held(r <= target)
	}
	t.lines = append(t.lines, l)
}

// figure adds a line with a figure that stands for itself.
func (t *table) figure(what, ours, peer string) {
	t.lines = append(t.lines, line{what: what, ours: ours, peer: peer})
}

// limit adds a line with a figure that is not to be above a limit.
func (t *table) limit(what string, ours, limit float64, unit string) {
	t.lines = append(t.lines, line{
		what: what, ours: fmt.Sprintf("%.4g %s", ours, unit),
		target: fmt.Sprintf("<= %.4g %s", limit, unit), held: t.held(ours <= limit),
	})
}

func (t *table) held(ok bool) string {
	if ok {
		return "yes"
	}
	t.missed++
	return "NO"
}

func (t *table) print(out io.Writer, title string) {
	fmt.Fprintf(out, "\n%s\n", title)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  what\tours\tpeer\tratio\ttarget\theld")
	for _, l := range t.lines {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\n", l.what, l.ours, l.peer, l.ratio, l.target, l.held)
	}
	w.Flush()
}

// show prints a duration with three digits or so.
func show(d time.Duration) string {
	switch {
	case d < 10*time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f us", float64(d)/1e3)
	default:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	}
}
