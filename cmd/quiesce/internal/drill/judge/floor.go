// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// evidenceRules are about the evidence itself. They never fail: they say that what was
// seen does not count.
func evidenceRules() []rule {
	return []rule{{"accounted", accounted}, {"on-time", onTime}, {"enough", enough}}
}

// accounted doubts a record that contradicts itself, or what the server counted.
func accounted(e *evidence, c *check) {
	attempts, counts := 0, 0
	for _, r := range e.rounds {
		for i := range r.Loads {
			attempts += total(&r.Loads[i])
			if text := unaccounted(r, &r.Loads[i]); text != "" {
				c.doubt("round %d, %s: %s", r.Number, r.Loads[i].Name, text)
			}
		}
		for _, name := range loadNames(r) {
			if !slices.ContainsFunc(r.Loads, func(l record.Load) bool { return l.Name == name }) {
				c.doubt("round %d: requests of %q were lost, and none is counted", r.Number, name)
			}
		}
		if r.Server != nil {
			counts++
			if text := miscounted(r); text != "" {
				c.doubt("round %d: %s", r.Number, text)
			}
		}
	}
	c.doubts = head(c.doubts)
	c.hold("each of %s has an outcome%s", plural(attempts, "attempt"), countsText(counts))
}

func countsText(n int) string {
	if n == 0 {
		return ""
	}
	return ", and the server's own count agrees in " + plural(n, "round")
}

// unaccounted returns what does not add up in a load, "" if all does.
func unaccounted(r *record.Round, l *record.Load) string {
	for id, n := range l.Outcomes {
		if _, ok := known()[id]; !ok {
			return fmt.Sprintf("%q is no outcome", id)
		}
		if n < 0 {
			return fmt.Sprintf("%d %s", n, id)
		}
	}
	all, kept := total(l), total(l, load.Abandoned)
	lost, safe, refused := ofClass(l, load.Lost), ofClass(l, load.SafeToRetry), total(l, load.Refused)
	switch {
	case l.Answered != total(l, load.OK):
		return fmt.Sprintf("%s answered by one count, %s by another", count(l.Answered), count(total(l, load.OK)))
	case l.Lost < lost || l.Lost > lost+kept || listed(r, l.Name) > l.Lost:
		return fmt.Sprintf("%s lost by one count, %s by another", count(l.Lost), count(max(lost, listed(r, l.Name))))
	case l.Refused != refused || l.Safe != safe-refused:
		return fmt.Sprintf("%s safe to retry by one count, %s by another", count(l.Safe+l.Refused), count(safe))
	case l.Sent < l.Answered+l.Lost || l.Sent > all-unconnected(l) || l.Window > l.Sent:
		return fmt.Sprintf("%s sent, %s of them around the stop, and %s of %s had a connection", count(l.Sent), count(l.Window), count(all-unconnected(l)), count(all))
	}
	return ""
}

// miscounted compares with what the server counted: it has begun all that it answered,
// and no more than may have reached it.
func miscounted(r *record.Round) string {
	least, most := 0, 0
	for i := range r.Loads {
		l := &r.Loads[i]
		least += total(l, load.OK)
		most += total(l) - unconnected(l) - total(l, load.ResetBeforeWrite)
	}
	if s := r.Server; s.Began < least || s.Began > most || s.Finished > s.Began {
		return fmt.Sprintf("the server has begun %s and finished %s, and the clients know of %s to %s", count(s.Began), count(s.Finished), count(least), count(most))
	}
	return ""
}

// head shortens a list of doubts that all say the same.
func head(doubts []string) []string {
	if len(doubts) <= 3 {
		return doubts
	}
	return append(doubts[:3:3], fmt.Sprintf("and %d more", len(doubts)-3))
}

// maxLate is the percentage of requests that may be sent later than [load.TooLate]: the
// 99th percentile over the whole run.
const maxLate = 1

// onTime doubts a load that did not keep to its times. Where a round has no count of what
// was late, but quantiles, it is the most that may have been that counts.
func onTime(e *evidence, c *check) {
	sent, late := 0, 0 // late is a hundred times the requests
	var worst time.Duration
	for _, r := range e.rounds {
		n, l := lateOf(r)
		sent, late = sent+n, late+l
		worst = max(worst, r.Lag.P99)
	}
	share := float64(late) / float64(max(sent, 1))
	switch {
	case sent == 0:
		c.doubt("no request was sent")
	case late > maxLate*sent:
		c.doubt("up to %.2g %% of the requests were sent more than %s late by the drill's own fault: the machine is too busy, or the load too high", share, load.TooLate)
	}
	c.hold("at most %.2g %% of the requests were sent more than %s late; the worst 99th percentile of a round is %s", share, load.TooLate, short(worst))
}

// lateOf returns how many requests of r had a time, and a hundred times how many of them
// may have been late.
func lateOf(r *record.Round) (n, late int) {
	if r.Lag.N > 0 {
		return r.Lag.N, 100 * r.Lag.Late
	}
	for i := range r.Loads {
		n += r.Loads[i].Sent
	}
	return n, n * latePercent(&r.Lag)
}

// latePercent returns how many of a hundred requests of a round may have been late.
func latePercent(l *record.Lag) int {
	switch {
	case l.P50 > load.TooLate:
		return 100
	case l.P99 > load.TooLate:
		return 50
	case l.Max > load.TooLate:
		return 1
	}
	return 0
}

// enough doubts a run below the sample floor, and one that did not do what was asked.
func enough(e *evidence, c *check) {
	stops, requests := max(e.setup.MinStops, 1), max(e.setup.MinSent, 1)
	b := e.bound()
	if e.run.Interrupted != "" {
		c.doubt("the run was interrupted: %s", e.run.Interrupted)
	}
	e.unmade(c)
	for _, s := range e.run.Skipped {
		if e.wanted(s.What) {
			c.doubt("%s was not tried: %s", s.What, s.Why)
		}
	}
	if b.Stops < stops {
		c.doubt("%s made with requests around them, and %s needed", were(b.Stops, "stop"), isAre(stops))
	}
	if b.Window < requests {
		c.doubt("%s around stops, and %s needed", were(b.Window, "request"), isAre(requests))
	}
	c.hold("%s and %s around them were made; %s and %s are needed",
		plural(b.Stops, "stop"), plural(b.Window, "request"), count(stops), count(requests))
}

// unmade doubts a run that lacks rounds.
func (e *evidence) unmade(c *check) {
	made, first := 0, ""
	for i := range e.run.Rounds {
		r := &e.run.Rounds[i]
		switch {
		case r.Problem == "" && (asked(r) || unasked(r) || r.Exit.Killed):
			made++
		case first == "":
			first = fmt.Sprintf("round %d: %s", r.Number, cmp.Or(r.Problem, "the server was never asked to stop"))
		}
		if r.Number != i+1 {
			c.doubt("round %d is missing", i+1)
			return
		}
	}
	if n := len(e.run.Rounds) - made; n > 0 {
		c.doubt("%s could not be made (%s)", plural(n, "round"), first)
	}
	if made < e.setup.Rounds {
		c.doubt("%s of %s made", count(made), were(e.setup.Rounds, "round"))
	}
}
