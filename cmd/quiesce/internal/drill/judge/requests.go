// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

func requestRules() []rule {
	var out []rule
	for _, id := range requestIDs {
		out = append(out, rule{id, func(e *evidence, c *check) { requests(e, c, id) }})
	}
	return append(out, rule{"served-throughout", servedThroughout})
}

var requestIDs = []string{
	"requests-keepalive", "requests-new", "requests-h2", "requests-grpc", "requests-ws", "requests-sse", "requests-tcp",
}

// requestCheck returns the check that the load with that name belongs to. Each
// belongs to one, so that no lost request is nobody's.
func requestCheck(s *record.Setup, name string) string {
	for i := range s.Loads {
		if s.Loads[i].Name == name {
			return oneOf(setupCheck(&s.Loads[i]))
		}
	}
	return oneOf("requests-" + name)
}

func oneOf(id string) string {
	if slices.Contains(requestIDs, id) {
		return id
	}
	return "requests-keepalive"
}

func setupCheck(l *record.LoadSetup) string {
	switch l.Protocol {
	case record.HTTP1:
		if l.NewConn {
			return "requests-new"
		}
		return "requests-keepalive"
	case record.WS:
		return "requests-ws"
	}
	return "requests-" + string(l.Protocol)
}

// A sum is what all clients of a check saw.
type sum struct {
	sent, exposed, lost, before int
	stops, bad                  int      // that the requests were around, that lost some
	loads                       int      // in all rounds
	names                       []string // of the loads that are set up
	broken                      []string // loads that were at fault themselves
}

// requests fails for each request that was lost, whenever and in whatever situation.
func requests(e *evidence, c *check, id string) {
	var s sum
	for i := range e.setup.Loads {
		if l := &e.setup.Loads[i]; requestCheck(e.setup, l.Name) == id {
			s.names = append(s.names, l.Name)
		}
	}
	for _, r := range e.rounds {
		e.addRound(&s, c, id, r)
	}
	switch {
	case s.lost > 0:
		c.failed("%s of %s lost, in %s%s", count(s.lost), were(max(s.sent, s.lost), "request"), plural(s.bad, "round"), s.beforeText(e))
	case s.loads == 0 && len(s.names) == 0:
		c.untried = "No such clients are set up."
	case len(s.broken) > 0:
		c.doubt("the clients themselves could not connect: %s", strings.Join(s.broken, "; "))
	case s.exposed == 0:
		c.doubt("no request was in flight at a stop or sent after it")
	}
	c.hold("none of %s was lost, %s of them around %s", plural(s.sent, "request"), count(s.exposed), plural(s.stops, "stop"))
}

func (s *sum) beforeText(e *evidence) string {
	switch s.before {
	case 0:
		return ""
	case s.lost:
		return ", all of them before " + e.signal()
	}
	return ", " + count(s.before) + " of them before " + e.signal()
}

func (e *evidence) addRound(s *sum, c *check, id string, r *record.Round) {
	around, lost := 0, 0
	for _, name := range loadNames(r) {
		if requestCheck(e.setup, name) != id {
			continue
		}
		for i := range r.Loads {
			if l := &r.Loads[i]; l.Name == name {
				s.loads++
				s.sent += l.Sent
				around += exposed(l)
				s.addFault(l)
			}
		}
		lost += lostOf(r, name)
		s.before += e.findLost(c, r, name)
	}
	s.lost += lost
	if lost > 0 {
		s.bad++
	}
	if asked(r) && around > 0 {
		s.stops++
		s.exposed += around
	}
}

// addFault notes what keeps clients from asking and is not the server's doing.
func (s *sum) addFault(l *record.Load) {
	if total(l, load.ClientLimit, load.DNSFailed) > 0 && len(s.broken) < 3 {
		atFault := func(o load.Outcome) bool { return o == load.ClientLimit || o == load.DNSFailed }
		s.broken = append(s.broken, l.Name+": "+some(l, atFault))
	}
}

// findLost notes the lost requests of a load in r, and returns how many of those that
// are listed were lost before the signal.
func (e *evidence) findLost(c *check, r *record.Round, name string) (before int) {
	for i := range r.Lost {
		l := &r.Lost[i]
		if l.Load != name || !isLost(l.Outcome) {
			continue
		}
		if asked(r) && l.Ended < r.Signalled {
			before++
		}
		c.fail(r, l.Ended, "%s: %s, sent %s, ended %s", name, outcomeText(l), e.when(r, l.Sent), e.when(r, l.Ended))
	}
	rest := lostOf(r, name) - listed(r, name)
	if listed(r, name) == 0 && rest > 0 {
		c.fail(r, max(r.Signalled, 0), "%s: %s lost%s", name, were(rest, "request"), lostText(r, name))
		rest--
	}
	c.more += rest
	return before
}

// outcomeText returns "http_error (status 500)", or the outcome alone.
func outcomeText(l *record.Lost) string {
	if l.Status == 0 {
		return l.Outcome
	}
	return l.Outcome + " (status " + count(l.Status) + ")"
}

func lostText(r *record.Round, name string) string {
	for i := range r.Loads {
		if text := some(&r.Loads[i], isLostOutcome); r.Loads[i].Name == name && text != "" {
			return ": " + text
		}
	}
	return ""
}

func isLostOutcome(o load.Outcome) bool { return o.Class() == load.Lost }

// servedThroughout is for the modes in which another instance serves while one stops:
// nothing may be refused there.
func servedThroughout(e *evidence, c *check) {
	if e.setup.Mode != record.Rolling && e.setup.Mode != record.Upgrade {
		c.untried = "Only a rolling restart and an upgrade have another instance that can serve."
		return
	}
	served, refused, lost := 0, 0, 0
	for _, r := range e.rounds {
		around, late := 0, e.turnedLate(r)
		for i := range r.Loads {
			l := &r.Loads[i]
			around += exposed(l)
			switch n := refusals(l); {
			case n > 0 && late > 0:
				c.doubt("in round %d %s: %s refused, but the drill turned its clients %s after the readiness delay was over", r.Number, l.Name, were(n, "request"), short(late))
			case n > 0:
				refused += n
				c.fail(r, closedAt(r), "%s: %s refused", l.Name, were(n, "request"))
			}
		}
		if n := lostIn(r); n > 0 {
			lost += n
			c.fail(r, max(r.Signalled, 0), "%s lost", were(n, "request"))
		}
		if asked(r) && around > 0 {
			served++
			e.handedOver(c, r)
		}
	}
	if refused+lost > 0 {
		c.failed("%s refused and %s lost while one instance followed the other", were(refused, "request"), count(lost))
	}
	if served == 0 {
		c.doubt("no request was in flight while one instance followed the other")
	}
	c.hold("in %s nothing was refused and nothing was lost", plural(served, "hand-over"))
}

// turnedLate returns how long after the readiness delay the drill turned its clients to
// the other instance, 0 if it was in time. A server that took every connection for as long
// as it had to, and was then still asked, is not to blame for what it refused: the machine
// was too busy for the drill.
func (e *evidence) turnedLate(r *record.Round) time.Duration {
	turned := mark(r, record.MarkTurned)
	if turned == nil || e.setup.Delay <= 0 || e.setup.Mode != record.Rolling {
		return 0
	}
	from, until := e.delay(r)
	if _, early := refusedWithin(r, from, until); early {
		return 0
	}
	return max(turned.At-until, 0)
}

// handedOver looks for the other instance.
func (e *evidence) handedOver(c *check, r *record.Round) {
	if mark(r, record.MarkSuccessor) != nil {
		return
	}
	if e.setup.Mode == record.Upgrade {
		c.fail(r, e.ended(r), "no other instance was ready after %s", e.signal())
		return
	}
	c.doubt("in round %d no other instance was ready", r.Number)
}

// refusals returns how many requests of l found nobody to serve them. A connection that
// is found closed before it is used again, and a GOAWAY, are none: another is made.
func refusals(l *record.Load) int {
	return total(l, load.HTTPRefused) + max(l.Refused, total(l, load.Refused)) + total(l, load.TLSFailed)
}

// closedAt returns when the first connection was refused, or else when the stop began.
func closedAt(r *record.Round) time.Duration {
	if m := mark(r, record.MarkClosed); m != nil {
		return m.At
	}
	return max(r.Signalled, 0)
}
