// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

const (
	// farthest is how far from the signal a time can be drawn. A drill is over sooner;
	// what a file says may be anything, and must not overflow.
	farthest = 24 * time.Hour

	// leastShown is how much is shown at least on each side of the signal.
	leastShown = 20 * time.Millisecond

	// mostBefore bounds what is shown of the time before the signal: a slow start would
	// press the stop into a corner.
	mostBefore = 80 * time.Millisecond

	// leastLeftOut is how long nothing must change for the time to be left out; and it
	// must be more than half of all.
	leastLeftOut = 300 * time.Millisecond
)

// An axis is the stretch of a round that is drawn. Times are since the round's Began.
// A long time in which nothing changes, as when a server hangs, is left out: what is
// before and behind it would be too small to see.
type axis struct {
	from, to time.Duration
	zero     time.Duration // the signal, or what stands for it
	gap, on  time.Duration // nothing changes from gap to on; the same if all is drawn
}

// gapShare is how much of the axis stands for the time that is left out.
const gapShare = 0.07

// axisOf returns the axis on which everything of a round that matters has its place.
func axisOf(r *record.Round) axis {
	zero := origin(r)
	times := append(changes(r), zero, zero+leastShown)
	last := min(slices.Max(times), zero+farthest)
	a := axis{from: begin(zero, last), to: last, gap: last, on: last, zero: zero}
	slices.Sort(times)
	for i, t := range times[1:] {
		if before := max(times[i], zero); min(t, last)-before > a.on-a.gap {
			a.gap, a.on = before, min(t, last)
		}
	}
	if a.on-a.gap < max(leastLeftOut, (last-zero)/2) {
		a.gap, a.on = last, last
	} else {
		a.gap = max(a.gap, zero+leastShown)
		a.from = begin(zero, a.gap)
		a.gap += a.drawn() / 40
		a.on -= a.drawn() / 40
	}
	a.to += a.drawn() / 40
	if a.gap >= a.on {
		a.gap, a.on = a.to, a.to
	}
	return a
}

// begin is where an axis begins: as much as mostBefore before the signal, or a third of
// what follows it if that is more.
func begin(zero, last time.Duration) time.Duration {
	return max(0, zero-max(mostBefore, (last-zero)/3))
}

// drawn is how much time is not left out.
func (a axis) drawn() time.Duration { return a.to - a.from - (a.on - a.gap) }

// changes lists the times at which anything happened. Refusals are no news but at the
// end, when the server is gone.
func changes(r *record.Round) []time.Duration {
	const atEnd = 3 * record.BucketWidth
	var times []time.Duration
	end := time.Duration(0)
	for _, m := range r.Marks {
		times = append(times, m.At)
		end = max(end, m.At)
	}
	for _, p := range r.Probes {
		times = append(times, p.At)
	}
	for _, l := range r.Lost {
		times = append(times, l.Sent, l.Ended)
	}
	for _, l := range r.Loads {
		for _, b := range l.Buckets {
			refused := b.Refused > 0 && b.From >= end-atEnd && b.From-end <= atEnd
			if b.Answered+b.Safe+b.Lost > 0 || refused {
				times = append(times, b.From, b.From+record.BucketWidth)
			}
		}
	}
	if in := r.Inside; in != nil {
		for _, s := range slices.Concat(in.Phases, in.Hooks) {
			times = append(times, s.Began, s.Began+s.Took)
		}
	}
	for i, t := range times {
		times[i] = min(max(0, t), 2*farthest)
	}
	return times
}

// origin is what times are told from: the signal, the begin of the load or of the round.
func origin(r *record.Round) time.Duration {
	at := r.Signalled
	for _, m := range r.Marks {
		if at < 0 && m.What == record.MarkLoad {
			at = m.At
		}
	}
	return min(max(0, at), farthest)
}

// share is where on the axis a time is, from 0 to 1.
func (a axis) share(d time.Duration) float64 {
	d = min(max(d, a.from), a.to)
	left, gap := 1.0, a.on-a.gap
	if gap > 0 {
		left -= gapShare
	}
	s := left * float64(min(d, a.gap)-a.from+max(0, d-a.on)) / float64(a.drawn())
	if gap > 0 {
		s += gapShare * float64(min(max(0, d-a.gap), gap)) / float64(gap)
	}
	return s
}

// A tick is a labelled place on an axis.
type tick struct {
	at    time.Duration
	label string
}

// ticks returns about n round times around the signal.
func (a axis) ticks(n int) []tick {
	step := time.Millisecond
	for i := 0; a.drawn()/step > time.Duration(n); i++ {
		step = step * []time.Duration{2, 5, 2}[i%3] / []time.Duration{1, 2, 1}[i%3]
	}
	var list []tick
	for _, part := range [][2]time.Duration{{a.from, a.gap}, {a.on, a.to}} {
		first := a.zero + (part[0]-a.zero)/step*step
		for at := first; at <= part[1]; at += step {
			if at >= part[0] {
				list = append(list, tick{at, tickLabel(at - a.zero)})
			}
		}
	}
	return list
}

func tickLabel(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	return relative(d)
}

// A bin is a bucket, or several, of one load or all.
type bin struct {
	from                          time.Duration
	answered, safe, refused, lost int
	slowest                       time.Duration
}

func (b *bin) sum() int { return b.answered + b.safe + b.refused + b.lost }

// A histogram is bins side by side, without what the axis leaves out.
type histogram struct {
	width time.Duration // of a bin
	bins  []bin
}

// histogramOf adds up the buckets of loads, in about n bins over an axis.
func histogramOf(loads []record.Load, a axis, n int) histogram {
	const w = record.BucketWidth
	h := histogram{width: w * max(1, (a.drawn()/time.Duration(n)+w-1)/w)}
	for at := a.from / w * w; at < a.to; at += h.width {
		if at >= a.gap && at+h.width < a.on {
			at += (a.on - at) / h.width * h.width
		}
		h.bins = append(h.bins, bin{from: at})
	}
	for _, l := range loads {
		for _, k := range l.Buckets {
			b := h.at(k.From)
			if b == nil {
				continue
			}
			b.answered += max(0, k.Answered)
			b.safe += max(0, k.Safe)
			b.refused += max(0, k.Refused)
			b.lost += max(0, k.Lost)
			b.slowest = max(b.slowest, k.Slowest)
		}
	}
	return h
}

// at is the bin that a time falls into; nil if there is none.
func (h *histogram) at(t time.Duration) *bin {
	i, exact := slices.BinarySearchFunc(h.bins, t, func(b bin, t time.Duration) int { return cmp.Compare(b.from, t) })
	if !exact {
		i--
	}
	if i < 0 || t-h.bins[i].from >= h.width {
		return nil
	}
	return &h.bins[i]
}

// most returns the largest of a value over the bins.
func most[T cmp.Ordered](h histogram, value func(*bin) T) T {
	var m T
	for i := range h.bins {
		m = max(m, value(&h.bins[i]))
	}
	return m
}

// A stretch is a time during which a probe said the same.
type stretch struct {
	from, to time.Duration
	ok       bool
	detail   string
}

// stretches returns what one probe said, until the end of the axis. Only changes are
// recorded: before the first one it said the opposite since the server was ready, and
// if there is none and the drill asked, it never said anything else.
func stretches(r *record.Round, which string, asked bool, a axis) []stretch {
	var list []stretch
	ready := slices.IndexFunc(r.Marks, func(m record.Mark) bool { return m.What == record.MarkReady })
	for _, p := range r.Probes {
		if p.Which != which {
			continue
		}
		if n := len(list); n > 0 {
			list[n-1].to = p.At
		} else if !p.OK && ready >= 0 {
			list = append(list, stretch{r.Marks[ready].At, p.At, true, ""})
		}
		list = append(list, stretch{p.At, a.to, p.OK, p.Detail})
	}
	if len(list) == 0 && asked && ready >= 0 {
		return []stretch{{r.Marks[ready].At, a.to, true, "no other answer was seen"}}
	}
	return list
}

// lanes are the probes in the order in which they are shown, each with whether the drill
// asked.
func lanes(s *record.Setup) []lane {
	return []lane{{"ready", "readiness", s.Ready != ""}, {"connect", "listener", false}, {"live", "liveness", s.Live != ""}}
}

type lane struct {
	which, label string
	asked        bool
}
