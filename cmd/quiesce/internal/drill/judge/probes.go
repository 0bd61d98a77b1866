// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

func probeRules() []rule {
	return []rule{
		{"readiness-first", readinessFirst},
		{"delay-served", delayServed},
		{"live-throughout", liveThroughout},
		{"refusals-clean", refusalsClean},
	}
}

// probeSlack is how late a probe may see what has happened: they go out every 5 ms,
// on a machine that is busy.
const probeSlack = 20 * time.Millisecond

// off is how readiness went off.
type off struct {
	at     time.Duration
	since  time.Duration // when the last probe went out that still found it on; at, if that is not known
	told   bool          // by an answer; else the probe was refused, or failed otherwise
	detail string
}

// readinessOff returns nil if it was never seen to go off after the signal.
func readinessOff(r *record.Round) *off {
	for i := range r.Probes {
		if p := &r.Probes[i]; p.Which == "ready" && !p.OK && p.At >= r.Signalled {
			return &off{p.At, cmp.Or(p.Since, p.At), answered(p.Detail), p.Detail}
		}
	}
	if m := mark(r, record.MarkUnready); m != nil && m.At >= r.Signalled {
		return &off{m.At, m.At, answered(m.Detail), m.Detail}
	}
	return nil
}

// answered reports whether the detail of a probe that was not OK is that of an answer:
// it has a status, or is empty.
func answered(detail string) bool {
	return detail == "" || slices.ContainsFunc(strings.Fields(detail), func(word string) bool {
		return len(word) == 3 && strings.Trim(word, "0123456789") == "" && word[0] != '0'
	})
}

// probed returns the rounds that show how a stop looks to probes.
func (e *evidence) probed() []*record.Round {
	return slices.DeleteFunc(slices.Clone(e.rounds), func(r *record.Round) bool {
		return !asked(r) || !calm(r.Schedule.Situation) || e.stays(r)
	})
}

// sameAddress is why readiness is not judged in an upgrade: served-throughout is.
const sameAddress = "In an upgrade the successor is where the server was: readiness need not go off."

// readinessFirst fails if connections are refused while readiness says that they are
// not. Without a readiness delay both may happen at once.
func readinessFirst(e *evidence, c *check) {
	if e.setup.Ready == "" {
		c.untried = "No readiness URL is given."
		return
	}
	if e.setup.Mode == record.Upgrade {
		c.untried = sameAddress
		return
	}
	rounds := e.probed()
	for _, r := range rounds {
		e.orderOf(c, r)
	}
	if len(rounds) == 0 {
		c.doubt("no stop shows it")
	}
	if e.setup.Delay == 0 {
		c.hold("in %s no connection was refused while readiness was on; without a readiness delay both go off together", plural(len(rounds), "stop"))
		return
	}
	c.hold("in %s readiness went off before the first connection was refused", plural(len(rounds), "stop"))
}

func (e *evidence) orderOf(c *check, r *record.Round) {
	off, closed := readinessOff(r), mark(r, record.MarkClosed)
	switch {
	case off == nil && (closed != nil || e.stuck(r)):
		c.fail(r, closedAt(r), "readiness was not seen to go off")
	case off == nil:
		c.doubt("in round %d nothing is known of readiness", r.Number)
	case e.setup.Delay == 0:
		if closed != nil && off.since > closed.At+probeSlack {
			c.fail(r, closed.At, "connections were refused %s before readiness went off", short(off.since-closed.At))
		}
	case !off.told:
		c.fail(r, off.at, "readiness never said no: its probe failed %s (%s)", e.when(r, off.at), off.detail)
	case closed != nil && closed.At <= off.since:
		c.fail(r, closed.At, "connections were refused %s before readiness went off", short(off.since-closed.At))
	case closed != nil && closed.At <= off.at:
		c.doubt("in round %d readiness and the listener went off too close together to tell which was first", r.Number)
	}
}

// delayServed fails if a connection is refused within the readiness delay.
func delayServed(e *evidence, c *check) {
	if e.setup.Ready == "" || e.setup.Delay <= 0 {
		c.untried = "No readiness URL and delay are given."
		return
	}
	if e.setup.Mode == record.Upgrade {
		c.untried = sameAddress
		return
	}
	rounds := e.probed()
	seen := 0
	for _, r := range rounds {
		from, until := e.delay(r)
		if at, ok := refusedWithin(r, from, until); ok {
			c.fail(r, at, "a connection was refused %s into a readiness delay of %s", short(at-from), short(e.setup.Delay))
		}
		if e.ended(r) >= until {
			seen++
		}
	}
	if seen < len(rounds) {
		c.doubt("in %s the readiness delay was not over when the server was gone", plural(len(rounds)-seen, "round"))
	}
	if len(rounds) == 0 {
		c.doubt("no stop shows it")
	}
	c.hold("in %s every connection was taken for %s after readiness went off", plural(len(rounds), "stop"), short(e.setup.Delay))
}

// delay returns when the readiness delay began and until when connections must have
// been taken: it began before its begin was seen, but not before the signal. One that
// was not announced should have begun with the signal.
func (e *evidence) delay(r *record.Round) (from, until time.Duration) {
	off := readinessOff(r)
	if off == nil || !off.told {
		return r.Signalled, r.Signalled + e.setup.Delay
	}
	from = max(off.since, r.Signalled)
	return from, from + e.setup.Delay - min(from-r.Signalled, probeSlack)
}

// refusedWithin returns when the first connection was refused in that time. The end of
// the server is a refusal, too.
func refusedWithin(r *record.Round, from, until time.Duration) (at time.Duration, ok bool) {
	at = until
	earlier := func(t time.Duration) {
		if t >= from && t < at {
			at, ok = t, true
		}
	}
	if m := mark(r, record.MarkClosed); m != nil {
		earlier(m.At)
	}
	for _, p := range r.Probes {
		if p.Which == "connect" && !p.OK {
			earlier(p.At)
		}
	}
	for i := range r.Loads {
		for _, b := range r.Loads[i].Buckets {
			if b.Refused > 0 && b.From+record.BucketWidth <= until {
				earlier(b.From)
			}
		}
	}
	if r.Exited >= 0 {
		earlier(r.Exited)
	}
	return at, ok
}

// liveThroughout fails if liveness is off while the server is to be left alone. A
// probe that finds the listener closed says nothing.
func liveThroughout(e *evidence, c *check) {
	if e.setup.Live == "" {
		c.untried = "No liveness URL is given."
		return
	}
	rounds := e.probed()
	for _, r := range rounds {
		if p := liveOff(e, r); p != nil {
			c.fail(r, p.At, "liveness was off %s (%s)", e.when(r, p.At), cmp.Or(p.Detail, "no detail"))
		}
	}
	switch {
	case len(rounds) == 0 && e.setup.Mode == record.Upgrade && len(e.rounds) > 0:
		c.untried = "It replaced itself and kept its pid."
	case len(rounds) == 0:
		c.doubt("no stop shows it")
	}
	c.hold("in %s liveness stayed on", plural(len(rounds), "stop"))
}

// liveOff returns the first probe that found liveness off after it had been on. One that
// got no answer says nothing if the listener may have been closed by then.
func liveOff(e *evidence, r *record.Round) *record.Probe {
	gone := e.ended(r)
	if m := mark(r, record.MarkClosed); m != nil {
		gone = min(gone, m.At)
	}
	for _, p := range r.Probes {
		if p.Which == "connect" && !p.OK && p.At >= r.Signalled && p.Since > 0 {
			gone = min(gone, p.Since)
		}
	}
	on := false
	for i := range r.Probes {
		p := &r.Probes[i]
		if p.Which != "live" {
			continue
		}
		if p.OK {
			on = true
		}
		failed := !p.OK && (on || p.At >= r.Signalled)
		if failed && (p.Detail != "" && answered(p.Detail) || p.At < gone-probeSlack) {
			return p
		}
	}
	return nil
}
