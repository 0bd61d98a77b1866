// SPDX-License-Identifier: Apache-2.0

package show

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// chartWidth is the width of the charts' own coordinates; the page stretches them.
const chartWidth = 1000

// kinds are what becomes of requests, from the bottom of a chart to its top.
var kinds = []struct {
	class, name string
	in          func(*bin) int
	of          func(*record.Load) int
}{
	{"k1", "answered", func(b *bin) int { return b.answered }, func(l *record.Load) int { return l.Answered }},
	{"k2", "safe to retry", func(b *bin) int { return b.safe }, func(l *record.Load) int { return l.Safe }},
	{"k3", "refused", func(b *bin) int { return b.refused }, func(l *record.Load) int { return l.Refused }},
	{"k4", "lost", func(b *bin) int { return b.lost }, func(l *record.Load) int { return l.Lost }},
}

// leastBar is the height, in pixels, of a kind that is rare in its bin: one lost request
// among thousands must be seen.
const leastBar = 4

// areas stacks the kinds. Each is drawn down to the ground, the topmost first, so that
// the next one covers all but its own part.
func areas(h histogram, a axis, height int) []area {
	top := most(h, (*bin).sum)
	if top == 0 {
		return nil
	}
	tops := make([][]float64, len(kinds)) // kind, bin: how high its part reaches
	for i := range kinds {
		tops[i] = make([]float64, len(h.bins))
	}
	for j := range h.bins {
		sum := 0.0
		for i, k := range kinds {
			if n := k.in(&h.bins[j]); n > 0 {
				sum += max(float64(n)/float64(top)*float64(height-2*leastBar), leastBar)
			}
			tops[i][j] = min(sum, float64(height))
		}
	}
	var list []area
	for i := len(kinds) - 1; i >= 0; i-- {
		if most(h, kinds[i].in) == 0 {
			continue
		}
		drawn := tops[i]
		list = append(list, area{kinds[i].class, steps(h, a, height, func(j int) float64 {
			if kinds[i].in(&h.bins[j]) == 0 {
				return 0
			}
			return drawn[j]
		})})
	}
	return list
}

// steps is the path of an area under a value for each bin.
func steps(h histogram, a axis, height int, value func(int) float64) string {
	var b strings.Builder
	end, y := math.NaN(), 0.0
	for i := range h.bins {
		v := value(i)
		x := a.share(h.bins[i].from) * chartWidth
		apart := x-end > 0.5 || math.IsNaN(end)
		if y > 0 && (v != y || apart) {
			fmt.Fprintf(&b, "H%s", coordinate(end))
			if apart || v == 0 {
				fmt.Fprintf(&b, "V%d", height)
			}
		}
		switch {
		case v > 0 && (y == 0 || apart):
			fmt.Fprintf(&b, "M%s %dV%s", coordinate(x), height, coordinate(float64(height)-v))
		case v > 0 && v != y:
			fmt.Fprintf(&b, "V%s", coordinate(float64(height)-v))
		}
		end, y = a.share(h.bins[i].from+h.width)*chartWidth, v
	}
	if y > 0 {
		fmt.Fprintf(&b, "H%sV%d", coordinate(end), height)
	}
	return b.String()
}

// line is the path of a stepped line through values; it breaks where one is NaN.
func line(h histogram, a axis, value func(*bin) float64) string {
	var b strings.Builder
	end := math.Inf(-1)
	for i := range h.bins {
		v := value(&h.bins[i])
		if math.IsNaN(v) {
			end = math.Inf(-1)
			continue
		}
		x := a.share(h.bins[i].from) * chartWidth
		if x-end > 0.5 {
			fmt.Fprintf(&b, "M%s %s", coordinate(x), coordinate(v))
		} else {
			fmt.Fprintf(&b, "V%s", coordinate(v))
		}
		end = a.share(h.bins[i].from+h.width) * chartWidth
		fmt.Fprintf(&b, "H%s", coordinate(end))
	}
	return b.String()
}

// coordinate prints a number with one digit behind the point at most.
func coordinate(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// binText is what the page's script reads: the width of a bin, and for each that is not
// empty its begin, the four kinds and the slowest answer, all in µs.
func binText(h histogram) string {
	var b strings.Builder
	fmt.Fprint(&b, h.width.Microseconds())
	for i := range h.bins {
		if k := &h.bins[i]; k.sum() > 0 {
			fmt.Fprintf(&b, ";%d,%d,%d,%d,%d,%d", k.from.Microseconds(), k.answered, k.safe, k.refused, k.lost, k.slowest.Microseconds())
		}
	}
	return b.String()
}

// brief are the loads whose requests do not last until the server ends them: what those
// take says nothing.
func (v *view) brief(r *record.Round) []record.Load {
	long := map[string]bool{}
	for _, l := range v.Setup.Loads {
		long[l.Name] = l.Long
	}
	var list []record.Load
	for _, l := range r.Loads {
		if !long[l.Name] {
			list = append(list, l)
		}
	}
	return list
}

// pageSpan is a phase or a hook.
type pageSpan struct {
	Name, Level, Took, Class, Title string
	X, W, Allowed                   string
	Y, H                            int
	Bad                             bool
	Text                            *spanText
}

// spanText is what is written beside a bar that is not all right.
type spanText struct {
	At     float64
	DX     int
	Anchor string
	Label  string
}

// inside draws the server's own phases and hooks. What a hook was allowed is a thin line
// behind its bar.
func (p *pageRound) inside(in *record.Inside, a axis) {
	if in == nil {
		return
	}
	p.App, p.Cause = "inside "+clean(in.App), clean(in.Cause)
	for _, s := range nested(in, a.zero) {
		from, to := a.share(s.Began), a.share(s.Began+s.Took)
		k := pageSpan{
			Name: clean(s.Name), Level: "phase", Class: "phase", Took: short(s.Took), X: pct(from), W: pct(max(to-from, 0.0025)), Y: 6, H: 6,
			Title: spanTitle(&s.Span, a.zero), Bad: spanBad(&s.Span),
		}
		if !s.phase {
			k.Level, k.Class, k.Y, k.H = "hook", "hook", 3, 12
			if s.Allowed > 0 {
				k.Allowed = pct(max(0, a.share(s.Began+s.Allowed)-from))
			}
		}
		if k.Bad {
			k.Class = "hookbad"
			k.Text = besideBar(from, to, cut(strings.Join(nonEmpty(clean(s.Outcome), clean(s.Error)), ": "), 64))
		}
		p.Spans = append(p.Spans, k)
	}
}

// besideBar places a text where there is more room.
func besideBar(from, to float64, label string) *spanText {
	if from > 1-to {
		return &spanText{from, -6, "end", label}
	}
	return &spanText{to, 6, "start", label}
}

// spanTitle reads `drain "http" +42ms to +65ms, allowed 23ms: timed-out: … (shop/main.go:61)`.
func spanTitle(s *record.Span, zero time.Duration) string {
	text := fmt.Sprintf("%s %s to %s", clean(s.Name), relative(s.Began-zero), relative(s.Began+s.Took-zero))
	if s.Allowed > 0 {
		text += ", allowed " + short(s.Allowed)
	}
	for _, more := range nonEmpty(clean(s.Outcome), clean(s.Error)) {
		text += ": " + more
	}
	if s.Place != "" {
		text += " (" + clean(s.Place) + ")"
	}
	return text
}
