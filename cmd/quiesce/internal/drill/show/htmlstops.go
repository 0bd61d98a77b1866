// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// pageStops is all rounds at a glance.
type pageStops struct {
	Height     int
	Lines      []yLine
	Dots       []dot
	Situations []pageSituation
	Undrawn    string
}

// A yLine is a labelled value on a chart.
type yLine struct {
	Y     int
	Label string
}

type dot struct {
	Number int
	Link   bool
	X      string
	Y      int
	Class  string
	Cross  bool // it was killed
	Title  string
}

type pageSituation struct {
	Name, Stops, Lost, Median, Longest string
	Cells                              []dot
}

const stopsHeight = 120

func (v *view) pageStops(drawn map[int]bool) *pageStops {
	p := &pageStops{Height: stopsHeight}
	scale := logScale(v.stopValues(), stopsHeight)
	p.Lines = scale.lines()
	bySituation := map[string][]*record.Round{}
	var names []string
	for i, r := range v.all() {
		name := situation(r)
		if bySituation[name] == nil {
			names = append(names, name)
		}
		bySituation[name] = append(bySituation[name], r)
		if d := v.dot(r, drawn); !math.IsNaN(scale.y(v.stopValue(r))) {
			d.X = pct((float64(i) + 0.5) / float64(len(v.Rounds)))
			d.Y = int(scale.y(v.stopValue(r)))
			p.Dots = append(p.Dots, d)
		}
	}
	for _, name := range names {
		p.Situations = append(p.Situations, v.pageSituation(name, bySituation[name], drawn))
	}
	slices.SortStableFunc(p.Situations, func(a, b pageSituation) int {
		return cmp.Compare(len(bySituation[b.Name]), len(bySituation[a.Name]))
	})
	if n := len(v.Rounds) - len(drawn); n > 0 {
		p.Undrawn = fmt.Sprintf("%s that went well are listed only, to keep the page small", plural(n, "round"))
	}
	return p
}

// stopValue is what a stop took at least; 0 if there was none.
func (v *view) stopValue(r *record.Round) time.Duration {
	if d, ok := stopTook(r); ok {
		return d
	}
	if r.Exit.Killed {
		return v.Setup.Grace
	}
	return 0
}

func (v *view) stopValues() []time.Duration {
	var list []time.Duration
	for _, r := range v.all() {
		if d := v.stopValue(r); d > 0 {
			list = append(list, d)
		}
	}
	return list
}

func (v *view) dot(r *record.Round, drawn map[int]bool) dot {
	d := dot{Number: r.Number, Link: drawn[r.Number], Class: v.state(r), Cross: r.Exit.Killed}
	d.Title = fmt.Sprintf("round %d, %s: %s", r.Number, situation(r), ending(r, 0))
	if n := lost(r); n > 0 {
		d.Title += fmt.Sprintf(", %s lost", count(n))
	}
	return d
}

func (v *view) pageSituation(name string, rounds []*record.Round, drawn map[int]bool) pageSituation {
	took := stopTimes(rounds)
	s := pageSituation{Name: name, Stops: count(len(rounds)), Median: "–", Longest: "–"}
	if len(took) > 0 {
		s.Median, s.Longest = short(quantile(took, 0.5)), short(quantile(took, 1))
	}
	n := 0
	for _, r := range rounds {
		n += lost(r)
		if r.Exit.Killed {
			s.Longest = "killed"
		}
		s.Cells = append(s.Cells, v.dot(r, drawn))
	}
	s.Lost = count(n)
	return s
}

// A scale maps durations to heights, logarithmically.
type scale struct {
	lo, hi float64 // powers of ten
	height int
}

// logScale spans the values, with a little room.
func logScale(values []time.Duration, height int) scale {
	s := scale{lo: math.Inf(1), hi: math.Inf(-1), height: height}
	for _, v := range values {
		l := math.Log10(float64(max(v, time.Microsecond)))
		s.lo, s.hi = min(s.lo, l), max(s.hi, l)
	}
	s.lo -= 0.15
	s.hi = max(s.hi+0.15, s.lo+1)
	return s
}

// y is NaN for what took no time.
func (s scale) y(d time.Duration) float64 {
	if d <= 0 {
		return math.NaN()
	}
	share := (math.Log10(float64(max(d, time.Microsecond))) - s.lo) / (s.hi - s.lo)
	return float64(s.height) * (1 - min(max(0, share), 1))
}

// lines are at powers of ten, and between them if there are few.
func (s scale) lines() []yLine {
	var list []yLine
	if math.IsInf(s.lo, 0) {
		return nil
	}
	steps := []float64{1}
	if s.hi-s.lo < 2.2 {
		steps = []float64{1, 3}
	}
	for p := math.Floor(s.lo); p <= s.hi; p++ {
		for _, k := range steps {
			d := time.Duration(k * math.Pow(10, p))
			if l := p + math.Log10(k); l > s.lo && l < s.hi {
				list = append(list, yLine{int(s.y(d)), short(d)})
			}
		}
	}
	return list
}
