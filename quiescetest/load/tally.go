// SPDX-License-Identifier: Apache-2.0

package load

import "sync/atomic"

// A Tally counts what the callers of a load saw. One request is one attempt on the
// wire.
type Tally struct {
	Name        string          `json:"name"`          // of the load
	Callers     int             `json:"callers"`       // of the load
	Connections int             `json:"connections"`   // kept by them at once; 0 if each request has its own
	Outcomes    map[Outcome]int `json:"outcomes"`      // how many requests ended so; never 0
	Answered    int             `json:"answered"`      // with OK
	Lost        int             `json:"lost"`          // outcomes of that class
	SafeToRetry int             `json:"safe_to_retry"` // outcomes of that class
	Reconnects  int             `json:"reconnects"`    // connections made in the place of another
	FoundClosed int             `json:"found_closed"`  // connections found closed before they were used again
	Told        int             `json:"told_to_leave"` // answers with "Connection: close"
	GoAways     int             `json:"goaways"`       // connections that got a GOAWAY
	Unserved    int             `json:"unserved"`      // callers that were not answered since the start, or since [Session.Anew]
}

// Attempts returns the number of requests.
func (t *Tally) Attempts() int {
	n := 0
	for _, k := range t.Outcomes {
		n += k
	}
	return n
}

// Add adds u's numbers, of the same callers or of others.
func (t *Tally) Add(u *Tally) {
	if t.Outcomes == nil {
		t.Outcomes = map[Outcome]int{}
	}
	for o, k := range u.Outcomes {
		t.Outcomes[o] += k
	}
	t.Callers += u.Callers
	t.Connections += u.Connections
	t.Answered += u.Answered
	t.Lost += u.Lost
	t.SafeToRetry += u.SafeToRetry
	t.Reconnects += u.Reconnects
	t.FoundClosed += u.FoundClosed
	t.Told += u.Told
	t.GoAways += u.GoAways
	t.Unserved += u.Unserved
}

// In returns how many requests of t ended so.
func (o Outcome) In(t *Tally) float64 { return float64(t.Outcomes[o]) }

// In returns how many requests of t ended with an outcome of c.
func (c Class) In(t *Tally) float64 {
	n := 0
	for o, k := range t.Outcomes {
		if o.Class() == c {
			n += k
		}
	}
	return float64(n)
}

// Tallies returns what was counted until now, one for each load, in their order.
func (s *Session) Tallies() []Tally {
	out := make([]Tally, len(s.loads))
	for i, l := range s.loads {
		out[i] = l.tally()
	}
	return out
}

// counters are what the callers of one client count: those of another have their
// own, so that nobody waits for a cache line.
type counters struct {
	outcomes                               [outcomes]atomic.Int64
	reconnects, foundClosed, told, goAways atomic.Int64
}

func (l *loading) tally() Tally {
	t := Tally{Name: l.Name, Callers: l.Callers, Outcomes: map[Outcome]int{}}
	for _, w := range l.wires {
		if !w.brief {
			t.Connections++
		}
		for o := range outcomes {
			if n := int(w.count.outcomes[o].Load()); n > 0 {
				t.Outcomes[o] += n
			}
		}
		t.Reconnects += int(w.count.reconnects.Load())
		t.FoundClosed += int(w.count.foundClosed.Load())
		t.Told += int(w.count.told.Load())
		t.GoAways += int(w.count.goAways.Load())
	}
	t.Answered = t.Outcomes[OK]
	t.Lost, t.SafeToRetry = int(Lost.In(&t)), int(SafeToRetry.In(&t))
	t.Unserved = int(l.session.mark.Load().unserved[l.number].Load())
	return t
}
