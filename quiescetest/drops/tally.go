// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

// A Result is what a [Trial] counted.
type Result struct {
	Stops []Stop `json:"stops"` // in order
}

// A Stop is what clients saw while one instance was stopped.
type Stop struct {
	Loads []Tally       `json:"loads"` // one for each of the trial's, in its order
	Took  time.Duration `json:"took"`  // from the stop request until the instance had stopped

	// Gap is the longest time without an answer to anyone, from the stop request
	// until every caller had been answered after it.
	Gap time.Duration `json:"longest_gap"`
}

// A Tally counts what the callers of a load saw, from their first request to the
// one that was answered after the stop. One request is one attempt on the wire.
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
	Unserved    int             `json:"unserved"`      // callers that nobody answered after the stop
}

// Attempts returns the number of requests.
func (t *Tally) Attempts() int {
	n := 0
	for _, k := range t.Outcomes {
		n += k
	}
	return n
}

func (t *Tally) class(c Class) int {
	n := 0
	for o, k := range t.Outcomes {
		if o.Class() == c {
			n += k
		}
	}
	return n
}

// add adds u's numbers, of the same callers or of others.
func (t *Tally) add(u *Tally) {
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

// Total returns the sum over the loads.
func (s *Stop) Total() Tally {
	total := Tally{Name: "total"}
	for i := range s.Loads {
		total.add(&s.Loads[i])
	}
	return total
}

// Total returns the sum over stops and loads. Its Callers and Connections are
// those of all stops together.
func (r *Result) Total() Tally {
	total := Tally{Name: "total"}
	for i := range r.Stops {
		stop := r.Stops[i].Total()
		total.add(&stop)
	}
	return total
}

// Load returns the part of the result that is of the load with that name.
func (r *Result) Load(name string) *Result {
	part := new(Result)
	for _, s := range r.Stops {
		s.Loads = slices.DeleteFunc(slices.Clone(s.Loads), func(t Tally) bool { return t.Name != name })
		part.Stops = append(part.Stops, s)
	}
	return part
}

// sorted returns the outcomes that occurred, in the order of the constants.
func (t *Tally) sorted() []Outcome { return slices.Sorted(maps.Keys(t.Outcomes)) }

// counters are a Tally that is being counted.
type counters struct {
	outcomes                [outcomes]atomic.Int64
	reconnects, foundClosed atomic.Int64
	told, goAways, settled  atomic.Int64
}

func (c *counters) tally(l *Load) Tally {
	t := Tally{
		Name: l.Name, Callers: l.Callers, Outcomes: map[Outcome]int{},
		Answered:    int(c.outcomes[OK].Load()),
		Reconnects:  int(c.reconnects.Load()),
		FoundClosed: int(c.foundClosed.Load()),
		Told:        int(c.told.Load()),
		GoAways:     int(c.goAways.Load()),
		Unserved:    l.Callers - int(c.settled.Load()),
	}
	for o := range outcomes {
		if n := int(c.outcomes[o].Load()); n > 0 {
			t.Outcomes[o] = n
		}
	}
	t.Lost, t.SafeToRetry = t.class(Lost), t.class(SafeToRetry)
	return t
}
