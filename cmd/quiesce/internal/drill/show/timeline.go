// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

const (
	labelWidth = 20 // of what stands before a row of the timeline
	noteWidth  = 24 // of what stands behind it
)

// round draws one round: what clients and probes saw, and the server's own phases and
// hooks, all on one axis.
func (t *text) round(r *record.Round) {
	t.line(t.paint(bold, title(r)), t.paint(dim, "  ("+t.why(r)+")"))
	t.linef("  %s", ending(r, t.Setup.Grace))
	if r.Problem != "" {
		t.line("  ", t.paint(yellow, "problem: "+clean(r.Problem)))
	}
	d := &drawing{text: t, axis: axisOf(r), width: t.Width - labelWidth - noteWidth - 4}
	d.scale()
	d.probes(r)
	d.requests(r)
	d.inside(r.Inside)
	d.marks(r)
	if left := d.on - d.gap; left > 0 {
		d.line("  ", strings.Repeat(" ", labelWidth+1), d.paint(dim, "≈ leaves out "+short(left)+" in which nothing changed"))
	}
	t.details(r)
}

// A drawing is the timeline of one round in characters.
type drawing struct {
	*text
	axis
	width int // columns of the axis
}

// column is where a time is drawn.
func (d *drawing) column(at time.Duration) int {
	return min(int(d.share(at)*float64(d.width)), d.width-1)
}

// row prints one line of the timeline. Cells that are blank show the signal.
func (d *drawing) row(label string, cells []rune, how, note string) {
	zero := d.column(d.zero)
	if cells[zero] == ' ' {
		cells[zero] = '│'
	}
	if d.on > d.gap {
		cells[(d.column(d.gap)+d.column(d.on))/2] = '≈'
	}
	d.line("  ", pad(cut(label, labelWidth), labelWidth), " ", d.paint(how, string(cells)), " ", d.paint(dim, cut(note, noteWidth)))
}

func (d *drawing) blank() []rune { return []rune(strings.Repeat(" ", d.width)) }

// scale prints the times above the axis.
func (d *drawing) scale() {
	cells := d.blank()
	end := 0
	for _, k := range d.ticks(max(2, d.width/8)) {
		from := d.column(k.at)
		if from >= end && from+len(k.label) <= d.width {
			copy(cells[from:], []rune(k.label))
			end = from + len(k.label) + 1
		}
	}
	d.line("  ", strings.Repeat(" ", labelWidth+1), d.paint(dim, string(cells)))
}

// stretch fills the columns from one time to another; a short one has a column too.
func (d *drawing) stretch(cells []rune, from, to time.Duration, mark rune) {
	first := d.column(from)
	for i := first; i <= max(first, d.column(to)-1); i++ {
		cells[i] = mark
	}
}

func (d *drawing) probes(r *record.Round) {
	for _, p := range lanes(&d.Setup) {
		list := stretches(r, p.which, p.asked, d.axis)
		if len(list) == 0 {
			continue
		}
		cells := d.blank()
		for _, s := range list {
			mark := '─'
			if s.ok {
				mark = '█'
			}
			d.stretch(cells, s.from, s.to, mark)
		}
		last := list[len(list)-1]
		note := "on"
		if !last.ok {
			note = "off at " + relative(last.from-d.zero)
		}
		d.row(p.label, cells, blue, note)
	}
}

// levels draw how much there was.
var levels = []rune(" ▁▂▃▄▅▆▇█")

// level is the mark for a share of the most; any at all is seen.
func level(share float64) rune {
	if share <= 0 {
		return ' '
	}
	return levels[min(max(1, int(math.Ceil(share*8))), 8)]
}

func (d *drawing) requests(r *record.Round) {
	h := histogramOf(r.Loads, d.axis, d.width)
	d.counts(h, "answered", "", func(b *bin) int { return b.answered })
	d.counts(h, "safe to retry", yellow, func(b *bin) int { return b.safe })
	d.counts(h, "refused", dim, func(b *bin) int { return b.refused })
	d.counts(h, "lost", red, func(b *bin) int { return b.lost })
	if peak := most(h, func(b *bin) time.Duration { return b.slowest }); peak > 0 {
		cells := d.fill(h, func(b *bin) rune { return level(logShare(b.slowest, peak)) })
		d.row("slowest answer", cells, "", "most "+short(peak)+", log scale")
	}
}

// counts draws one kind of outcomes over time, if there was any.
func (d *drawing) counts(h histogram, label, how string, value func(*bin) int) {
	top := most(h, value)
	if top == 0 {
		return
	}
	sum := 0
	for i := range h.bins {
		sum += value(&h.bins[i])
	}
	cells := d.fill(h, func(b *bin) rune { return level(float64(value(b)) / float64(top)) })
	d.row(label, cells, how, fmt.Sprintf("%s, most %s/%s", count(sum), count(top), short(h.width)))
}

// fill gives each column the mark of its bin.
func (d *drawing) fill(h histogram, mark func(*bin) rune) []rune {
	cells := d.blank()
	for i := range h.bins {
		b := &h.bins[i]
		if m := mark(b); m != ' ' {
			d.stretch(cells, b.from, b.from+h.width, m)
		}
	}
	return cells
}

// logDecades is how many powers of ten a chart of latencies spans.
const logDecades = 4

// logShare is where on a logarithmic scale that ends at peak a duration is.
func logShare(v, peak time.Duration) float64 {
	if v <= 0 || peak <= 0 {
		return 0
	}
	return max(0.01, 1+math.Log10(float64(v)/float64(peak))/logDecades)
}

// inside draws the server's own phases, each with its hooks.
func (d *drawing) inside(in *record.Inside) {
	if in == nil {
		return
	}
	d.line("  ", d.paint(dim, fmt.Sprintf("inside %s: %s", clean(in.App), clean(in.Cause))))
	for _, s := range nested(in, d.zero) {
		cells := d.blank()
		mark, label, how := '█', "  "+clean(s.Name), ""
		if s.phase {
			mark, label = '━', clean(s.Name)
		} else {
			d.stretch(cells, s.Began, s.Began+s.Allowed, '·')
		}
		d.stretch(cells, s.Began, s.Began+s.Took, mark)
		note := short(s.Took)
		if spanBad(&s.Span) {
			how = red
			note += " " + clean(s.Outcome)
		}
		d.row(label, cells, how, note)
		if spanBad(&s.Span) {
			d.line("  ", strings.Repeat(" ", labelWidth+1), d.paint(red, clean(strings.Join(nonEmpty(s.Error, s.Place), ", at "))))
		}
	}
	for _, n := range in.Notes {
		d.wrapped("  note  ", clean(n), dim)
	}
}

func nonEmpty(list ...string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// spanBad: the hook did not end as it should.
func spanBad(s *record.Span) bool { return s.Outcome != "" && s.Outcome != "ok" || s.Error != "" }

// A bar is a phase or a hook in a timeline.
type bar struct {
	record.Span
	phase bool
}

// nested lists each phase and, behind it, the hooks that began in it. What was well and
// over before the signal has nothing to do with the stop.
func nested(in *record.Inside, signal time.Duration) []bar {
	over := func(s record.Span) bool { return s.Began+s.Took < signal && !spanBad(&s) }
	phases := slices.DeleteFunc(slices.Clone(in.Phases), over)
	slices.SortStableFunc(phases, func(x, y record.Span) int { return cmp.Compare(x.Began, y.Began) })
	hooks := slices.DeleteFunc(slices.Clone(in.Hooks), over)
	slices.SortStableFunc(hooks, func(x, y record.Span) int { return cmp.Compare(x.Began, y.Began) })
	var list []bar
	next := 0
	for i, p := range phases {
		list = append(list, bar{p, true})
		for next < len(hooks) && (i+1 == len(phases) || hooks[next].Began < phases[i+1].Began) {
			list = append(list, bar{hooks[next], false})
			next++
		}
	}
	for _, h := range hooks[next:] {
		list = append(list, bar{h, false})
	}
	return list
}

func (d *drawing) marks(r *record.Round) {
	if len(r.Marks) == 0 {
		return
	}
	cells := d.blank()
	for _, m := range r.Marks {
		if m.At >= d.from && m.At <= d.to {
			cells[d.column(m.At)] = '◆'
		}
	}
	d.row("events", cells, "", "")
	for _, m := range r.Marks {
		d.linef("  %*s  %s", labelWidth, relative(m.At-d.zero), markText(&m))
	}
}

// markText reads "listener closed: connection refused".
func markText(m *record.Mark) string {
	text := clean(strings.ReplaceAll(string(m.What), "_", " "))
	switch {
	case m.What == record.MarkSignal && m.Detail != "":
		return clean(m.Detail)
	case m.Detail != "":
		text += ": " + clean(m.Detail)
	}
	return text
}

// details lists what the timeline has no place for.
func (t *text) details(r *record.Round) {
	zero := origin(r)
	for i, l := range r.Lost {
		if i == textLost {
			t.linef("  and %s more", count(lost(r)-textLost))
			break
		}
		t.line("  ", t.paint(red, "lost"), "  ", lostText(&l, zero))
	}
	for _, f := range r.Fates {
		if !f.Good {
			t.line("  ", t.paint(red, "fate"), "  ", fateText(&f, zero))
		}
	}
	for _, l := range r.Left {
		t.line("  ", t.paint(red, "left"), "  ", leftText(&l))
	}
	if w := r.Writes; w != nil {
		t.line("  writes  ", writesText(w))
	}
	lines := cleanLines(r.Output)
	if len(lines) > 0 {
		t.line("  the end of what it printed:")
	}
	for _, line := range lines[max(0, len(lines)-textOutput):] {
		t.line("  ", t.paint(dim, "| "), cut(line, 2*t.Width))
	}
}

// lostText reads `keepalive #3: reset_after_write, sent +1.2ms, ended +42ms: read: reset`.
func lostText(l *record.Lost, zero time.Duration) string {
	text := fmt.Sprintf("%s #%d: %s, sent %s, ended %s", clean(l.Load), l.Caller, clean(l.Outcome), relative(l.Sent-zero), relative(l.Ended-zero))
	if l.Status != 0 {
		text += fmt.Sprintf(", status %d", l.Status)
	}
	if l.Fresh {
		text += ", on a new connection"
	}
	if l.Error != "" {
		text += ": " + clean(l.Error)
	}
	return text
}

func fateText(f *record.Fate, zero time.Duration) string {
	text := fmt.Sprintf("%s: %s at %s", clean(f.What), clean(f.Outcome), relative(f.At-zero))
	if f.Detail != "" {
		text += ": " + clean(f.Detail)
	}
	return text
}

func leftText(l *record.Leftover) string {
	text := clean(strings.ReplaceAll(string(l.Kind), "_", " ")) + " " + clean(l.What)
	if l.Detail != "" {
		text += ": " + clean(l.Detail)
	}
	return text
}

func writesText(w *record.Writes) string {
	text := fmt.Sprintf("%s acknowledged, %s missing; %s failed, %s there all the same; %s unknown",
		count(w.Acknowledged), count(len(w.Missing)), count(w.Failed), count(len(w.Appeared)), count(w.Unknown))
	if w.Unread > 0 {
		text += fmt.Sprintf("; %s could not be read back", count(w.Unread))
	}
	if w.Detail != "" {
		text += ": " + clean(w.Detail)
	}
	return text
}
