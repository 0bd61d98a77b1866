// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// String returns a table: a line for each stop, their sum, and how what was not
// answered ended, by load.
func (r *Result) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "stop\tanswered\tlost\tsafe to retry\t(refused)\treconnects\tfound closed\ttold to leave\tGOAWAY\tunserved\tgap\ttook\t")
	var took, gap time.Duration
	for i := range r.Stops {
		s := &r.Stops[i]
		took, gap = took+s.Took, max(gap, s.Gap)
		total := s.Total()
		line(w, &total, fmt.Sprint(i+1), s.Gap, s.Took)
	}
	total := r.Total()
	line(w, &total, "sum", gap, took)
	w.Flush() // to a Builder, which takes everything
	for _, t := range r.byLoad() {
		if text := outcomesText(&t, load.OK); text != "" {
			fmt.Fprintf(&b, "%s%s\n", t.Name, text)
		}
	}
	return b.String()
}

func line(w *tabwriter.Writer, t *load.Tally, name string, gap, took time.Duration) {
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d/%d\t%d\t%d\t%d\t%d\t%v\t%v\t\n", name, t.Answered, t.Lost, t.SafeToRetry, t.Outcomes[load.Refused],
		t.Reconnects, t.Connections, t.FoundClosed, t.Told, t.GoAways, t.Unserved,
		gap.Round(time.Millisecond), took.Round(time.Millisecond))
}

// outcomesText returns ": 3 timeout (lost), 1 refused (safe to retry)" without
// one outcome, "" if there is no other.
func outcomesText(t *load.Tally, without load.Outcome) string {
	var parts []string
	for _, o := range sorted(t) {
		if o != without {
			parts = append(parts, fmt.Sprintf("%d %s (%s)", t.Outcomes[o], o, o.Class()))
		}
	}
	if parts == nil {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// byLoad returns the sums over the stops.
func (r *Result) byLoad() []load.Tally {
	var out []load.Tally
	for _, s := range r.Stops {
		for i := range s.Loads {
			if i == len(out) {
				out = append(out, load.Tally{Name: s.Loads[i].Name})
			}
			out[i].Add(&s.Loads[i])
		}
	}
	return out
}
