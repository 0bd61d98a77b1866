// SPDX-License-Identifier: Apache-2.0

package show

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

const (
	pageBins     = 90 // in a chart
	pageLost     = 48 // spans of lost requests
	pageTroubles = 60 // lines below a chart
	pageFlags    = 40 // labelled events

	areaHeight    = 112
	loadHeight    = 24
	latencyHeight = 84
	flagHeight    = 15 // of a row of labels
	lostRow       = 6
	mostLostRows  = 12
)

// drawRounds draws as many rounds as there is room for, in bytes, the ones that matter
// most first, and says which. The worst is always there.
func (v *view) drawRounds(room int) (template.HTML, map[int]bool, error) {
	order := v.all()
	left := room
	v.worstFirst(order)
	drawn := map[int]bool{}
	var chosen []*pageRound
	for _, r := range order {
		if drawn[r.Number] || left <= 0 && len(chosen) > 0 {
			continue
		}
		p := v.pageRound(r)
		if r == v.worst {
			p.First, p.Why = true, v.why(r)
		}
		if left < room/2 {
			p.shorten()
		}
		var b bytes.Buffer
		if err := pageTemplate().ExecuteTemplate(&b, "round", p); err != nil {
			return "", nil, err
		}
		left -= b.Len()
		drawn[r.Number] = true
		chosen = append(chosen, p)
	}
	slices.SortFunc(chosen, func(a, b *pageRound) int { return cmp.Compare(a.Number, b.Number) })
	var out bytes.Buffer
	for i, p := range chosen {
		if i > 0 {
			p.Prev = chosen[i-1].Number
		}
		if i+1 < len(chosen) {
			p.Next = chosen[i+1].Number
		}
		if err := pageTemplate().ExecuteTemplate(&out, "round", p); err != nil {
			return "", nil, err
		}
	}
	return template.HTML(out.String()), drawn, nil
}

// worstFirst orders the rounds by how much one wants to see them: the worst, other bad
// ones, then the first few of each situation, then the others.
func (v *view) worstFirst(rounds []*record.Round) {
	const few = 3
	seen := map[record.Situation]int{}
	early := map[*record.Round]int{}
	for _, r := range rounds {
		if seen[r.Schedule.Situation]++; seen[r.Schedule.Situation] <= few {
			early[r] = 1
		}
	}
	slices.SortStableFunc(rounds, func(a, b *record.Round) int {
		return cmp.Or(cmp.Compare(v.badness(b), v.badness(a)), cmp.Compare(early[b], early[a]))
	})
	if i := slices.Index(rounds, v.worst); i > 0 { // of those that are as bad it is the last
		copy(rounds[1:i+1], rounds[:i])
		rounds[0] = v.worst
	}
}

// shorten leaves out what a good round can do without.
func (p *pageRound) shorten() {
	p.PerLoad, p.Loads, p.Output = nil, nil, ""
	p.Spans = slices.DeleteFunc(p.Spans, func(s pageSpan) bool { return s.Level == "hook" && !s.Bad })
}

// pageRound is one round, as the template draws it. X and W are percents of the axis,
// Y and H pixels.
type pageRound struct {
	Number, Prev, Next                                      int
	First                                                   bool
	Class, Heading, Title, Why, Ending, Problem, Axis, Bins string
	Faults                                                  []string
	Ticks                                                   []pageTick
	Gap                                                     *pageGap
	GapNote, Zero, GridLines                                string
	Flags                                                   []markLabel
	FlagHeight                                              int
	Bands                                                   []band
	Legend                                                  []legend
	Areas                                                   []area
	Peak                                                    string
	Lost                                                    []lostSpan
	LostHeight                                              int
	LostNote                                                string
	PerLoad                                                 []pageLoad
	Latency, LatencyNote                                    string
	LatencyLines                                            []yLine
	App, Cause                                              string
	Spans                                                   []pageSpan
	Loads                                                   []loadRow
	Troubles                                                []trouble
	Output                                                  string
}

type (
	pageTick struct {
		X, Label, Anchor string
		Odd              bool // a narrow page does without it
	}
	pageGap   struct{ X, W, Mid, Label string }
	markLabel struct {
		X, Label, Full, Class string // Full: the text, if the label is cut
		End                   bool   // the label is before it
		Y, DX                 int
	}
	band struct {
		Label, Note string
		Parts       []part
	}
	part     struct{ X, W, Class, Title string }
	legend   struct{ Class, Name, Value string }
	area     struct{ Class, D string }
	lostSpan struct {
		X, X2, Title string
		Y            int
	}
	pageLoad struct {
		Name, Note string
		Areas      []area
	}
	loadRow struct{ Name, Sent, Window, Answered, Safe, Refused, Lost, P50, P99, Max string }
	trouble struct{ Class, Kind, Text string }
)

// Percent prints a share for an attribute.
func (*pageRound) Percent(share float64) string { return pct(share) }

// pct is a share as percents with two digits behind the point, as short as it goes.
func pct(share float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(share*100, 'f', 2, 64), "0"), ".")
}

func (v *view) pageRound(r *record.Round) *pageRound {
	a := axisOf(r)
	p := &pageRound{
		Number: r.Number, Heading: fmt.Sprintf("Round %d", r.Number), Class: v.state(r), Title: situation(r) + ", " + signals(&r.Schedule), Ending: ending(r, v.Setup.Grace),
		Problem: clean(r.Problem), Faults: v.faults[r.Number], Zero: pct(a.share(a.zero)),
		Axis: fmt.Sprintf("%d,%d,%d,%d,%d,%g", a.from.Microseconds(), a.gap.Microseconds(), a.on.Microseconds(), a.to.Microseconds(), a.zero.Microseconds(), gapShare),
	}
	p.axis(a)
	p.flags(r, a)
	p.bands(v, r, a)
	p.requests(v, r, a)
	p.lost(r, a)
	p.inside(r.Inside, a)
	p.troubles(r)
	p.Output = strings.Join(cleanLines(r.Output), "\n")
	return p
}

func (p *pageRound) axis(a axis) {
	list := a.ticks(9)
	zero := slices.IndexFunc(list, func(t tick) bool { return t.at == a.zero })
	for i, t := range list {
		x := a.share(t.at)
		p.Ticks = append(p.Ticks, pageTick{pct(x), t.label, anchor(x), (i-zero)%2 != 0})
		p.GridLines += "M" + coordinate(x*chartWidth) + " 0V1"
	}
	if a.on > a.gap {
		x := a.share(a.gap)
		text := "≈ leaves out " + short(a.on-a.gap) + " in which nothing changed"
		p.Gap = &pageGap{pct(x), pct(gapShare), pct(x + gapShare/2), text}
		p.GapNote = text
	}
}

// anchor keeps a text at the edge inside.
func anchor(share float64) string {
	switch {
	case share < 0.03:
		return "start"
	case share > 0.97:
		return "end"
	}
	return "middle"
}

// flags gives each mark a label in the first row in which it fits, even on a narrow page.
func (p *pageRound) flags(r *record.Round, a axis) {
	const narrow, perRune, longestFlag = 306.0, 6.6, 26 // pixels, pixels, runes
	var ends []float64                                  // of the rows
	for _, m := range r.Marks {
		if m.At < a.from || m.At > a.to || len(p.Flags) >= pageFlags {
			continue
		}
		x, label, when := a.share(m.At), markText(&m), ""
		if m.At != a.zero {
			when = " " + relative(m.At-a.zero)
		}
		f := markLabel{X: pct(x), DX: 4, Class: flagClass(&m)}
		if room := longestFlag - len(when); utf8.RuneCountInString(label) > room {
			f.Full, label = label, cut(label, room)
		}
		label += when
		f.Label = label
		width := float64(utf8.RuneCountInString(label)+1) * perRune / narrow
		from := x
		if x+width > 1 && x > 0.5 {
			f.End, f.DX, from = true, -4, x-width
		}
		row := slices.IndexFunc(ends, func(end float64) bool { return end <= from })
		if row < 0 {
			row = len(ends)
			ends = append(ends, 0)
		}
		ends[row] = from + width
		f.Y = (row + 1) * flagHeight
		p.Flags = append(p.Flags, f)
	}
	p.FlagHeight = max(1, len(ends))*flagHeight + 4
}

// flagClass is how a flag looks.
func flagClass(m *record.Mark) string {
	switch m.What {
	case record.MarkSignal:
		return " signal"
	case record.MarkKilled:
		return " killed"
	}
	return ""
}

func (p *pageRound) bands(v *view, r *record.Round, a axis) {
	for _, lane := range lanes(&v.Setup) {
		list := stretches(r, lane.which, lane.asked, a)
		if len(list) == 0 {
			continue
		}
		b := band{Label: lane.label}
		for _, s := range list {
			k, word := "off", "off"
			if s.ok {
				k, word = "on", "on"
			}
			from := a.share(s.from)
			b.Parts = append(b.Parts, part{
				pct(from), pct(max(0, a.share(s.to)-from)), k,
				strings.Join(nonEmpty(fmt.Sprintf("%s from %s", word, relative(s.from-a.zero)), clean(s.detail)), ": "),
			})
		}
		if lane.which == "connect" {
			b.Parts = append(b.Parts, promised(v.Setup.Delay, r, a)...)
		}
		if last := list[len(list)-1]; !last.ok {
			b.Note = "off " + relative(last.from-a.zero)
		}
		p.Bands = append(p.Bands, b)
	}
}

// promised is the readiness delay: as long after readiness went off is the listener to
// be there.
func promised(delay time.Duration, r *record.Round, a axis) []part {
	i := slices.IndexFunc(r.Marks, func(m record.Mark) bool { return m.What == record.MarkUnready })
	if delay <= 0 || i < 0 {
		return nil
	}
	at := r.Marks[i].At
	from, to := a.share(at), a.share(at+delay)
	return []part{{pct(from), pct(to - from), "due", "readiness delay of " + short(delay) + ": connections are to be served"}}
}

// lost draws a line for each lost request, from when it was sent to when it was lost.
func (p *pageRound) lost(r *record.Round, a axis) {
	list := r.Lost[:min(len(r.Lost), pageLost)]
	rows := min(len(list), mostLostRows)
	for i, l := range list {
		p.Lost = append(p.Lost, lostSpan{pct(a.share(l.Sent)), pct(a.share(l.Ended)), lostText(&l, a.zero), 6 + i%rows*lostRow})
	}
	p.LostHeight = rows*lostRow + 6
	p.LostNote = count(lost(r))
}

func (p *pageRound) troubles(r *record.Round) {
	zero := origin(r)
	add := func(class, kind, text string) {
		if len(p.Troubles) < pageTroubles {
			p.Troubles = append(p.Troubles, trouble{class, kind, text})
		}
	}
	for _, l := range r.Lost {
		add("lost", "lost", lostText(&l, zero))
	}
	for _, f := range r.Fates {
		if !f.Good {
			add("lost", "fate", fateText(&f, zero))
		}
	}
	for _, l := range r.Left {
		add("lost", "left", leftText(&l))
	}
	if w := r.Writes; w != nil {
		add("", "writes", writesText(w))
	}
	if in := r.Inside; in != nil {
		for _, n := range in.Notes {
			add("", "note", clean(n))
		}
	}
}

// requests draws what became of the requests over time, of all and of each load, and
// the slowest answer.
func (p *pageRound) requests(v *view, r *record.Round, a axis) {
	h := histogramOf(r.Loads, a, pageBins)
	p.Areas = areas(h, a, areaHeight)
	p.Bins = binText(h)
	p.Peak = fmt.Sprintf("most %s/%s", count(most(h, (*bin).sum)), short(h.width))
	for i, k := range kinds {
		n := 0
		for j := range r.Loads {
			n += k.of(&r.Loads[j])
		}
		if n > 0 || i == 0 && len(r.Loads) > 0 {
			p.Legend = append(p.Legend, legend{k.class, k.name, count(n)})
		}
	}
	for i := range r.Loads {
		l := &r.Loads[i]
		p.Loads = append(p.Loads, loadRowOf(l))
		if len(r.Loads) > 1 {
			p.PerLoad = append(p.PerLoad, pageLoad{clean(l.Name), count(l.Answered), areas(histogramOf(r.Loads[i:i+1], a, pageBins/2), a, loadHeight)})
		}
	}
	p.latency(histogramOf(v.brief(r), a, pageBins), a)
}

func (p *pageRound) latency(h histogram, a axis) {
	var values []time.Duration
	for _, b := range h.bins {
		if b.slowest > 0 {
			values = append(values, b.slowest)
		}
	}
	if len(values) == 0 {
		return
	}
	s := logScale(values, latencyHeight)
	p.LatencyLines = s.lines()
	p.LatencyNote = "most " + short(slices.Max(values))
	p.Latency = line(h, a, func(b *bin) float64 { return s.y(b.slowest) })
}

func loadRowOf(l *record.Load) loadRow {
	pair := func(before, after time.Duration) string {
		switch {
		case l.Before.N == 0 && l.After.N == 0:
			return "–"
		case l.Before.N == 0:
			return "– → " + short(after)
		case l.After.N == 0:
			return short(before) + " → –"
		}
		return short(before) + " → " + short(after)
	}
	row := loadRow{
		clean(l.Name), count(l.Sent), count(l.Window), count(l.Answered), count(l.Safe), count(l.Refused), count(l.Lost),
		pair(l.Before.P50, l.After.P50), pair(l.Before.P99, l.After.P99), "–",
	}
	if l.Latency.N > 0 {
		row.Max = short(l.Latency.Max)
	}
	return row
}
