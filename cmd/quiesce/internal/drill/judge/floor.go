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

// unaccounted returns what does not add up in a load, "" if all does. Attempts that
// got no connection are of those sent, or are counted apart.
func unaccounted(r *record.Round, l *record.Load) string {
	all, safe := total(l), ofClass(l, load.SafeToRetry)
	for id, n := range l.Outcomes {
		if _, ok := known()[id]; !ok {
			return fmt.Sprintf("%q is no outcome", id)
		}
		if n < 0 {
			return fmt.Sprintf("%d %s", n, id)
		}
	}
	listed := 0
	for i := range r.Lost {
		if r.Lost[i].Load == l.Name && isLost(r.Lost[i].Outcome) {
			listed++
		}
	}
	switch {
	case l.Sent != all && l.Sent+l.Refused != all:
		return fmt.Sprintf("%s sent, and %s ended", count(l.Sent), count(all))
	case l.Lost != ofClass(l, load.Lost) || listed > l.Lost:
		return fmt.Sprintf("%s lost by one count, %s by another", count(l.Lost), count(max(ofClass(l, load.Lost), listed)))
	case l.Answered != total(l, load.OK):
		return fmt.Sprintf("%s answered by one count, %s by another", count(l.Answered), count(total(l, load.OK)))
	case l.Safe != safe && l.Safe+l.Refused != safe:
		return fmt.Sprintf("%s safe to retry by one count, %s by another", count(l.Safe), count(safe))
	case l.Window > all:
		return fmt.Sprintf("%s around the stop, and %s in all", count(l.Window), count(all))
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

// maxLag is how late a request may be sent, and maxLate the share of those that may be
// later: the 99th percentile over the whole run.
const (
	maxLag  = 10 * time.Millisecond
	maxLate = 0.01
)

// onTime doubts a load that did not keep to its times. A record has quantiles for each
// round, so that it is the most that may have been late that counts.
func onTime(e *evidence, c *check) {
	sent, late := 0, 0.0
	var worst time.Duration
	for _, r := range e.rounds {
		n := 0
		for i := range r.Loads {
			n += r.Loads[i].Sent
		}
		sent += n
		late += float64(n) * lateShare(&r.Lag)
		worst = max(worst, r.Lag.P99)
	}
	share := late / float64(max(sent, 1))
	switch {
	case sent == 0:
		c.doubt("no request was sent")
	case share > maxLate:
		c.doubt("up to %.2g %% of the requests were sent more than %s late by the drill's own fault: the machine is too busy, or the load too high", 100*share, maxLag)
	}
	c.hold("at most %.2g %% of the requests were sent more than %s late; the worst 99th percentile of a round is %s", 100*share, maxLag, short(worst))
}

// lateShare returns which share of a round's requests may have been late.
func lateShare(l *record.Lag) float64 {
	switch {
	case l.P50 > maxLag:
		return 1
	case l.P99 > maxLag:
		return 0.5
	case l.Max > maxLag:
		return maxLate
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
		c.doubt("%s was not tried: %s", s.What, s.Why)
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
