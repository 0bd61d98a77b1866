// SPDX-License-Identifier: Apache-2.0

package sigmux

import "os"

// A Count says what became of the arrivals of one signal. Each arrival is
// settled once, by the first thing that is done about it, so that
//
//	Received = Acted + Coalesced + Ignored + Pending
//
// holds at every moment.
type Count struct {
	Signal os.Signal // which

	// Received is how many reached the mux.
	Received uint64

	// Acted is how many were a Graceful, Hurried or Forced step, or the oldest
	// unsettled one in a delivery to a route.
	Acted uint64

	// Coalesced is how many were settled together with an older one: in the
	// same delivery, or in the [CoalesceWindow] of an escalation that no route
	// shares.
	Coalesced uint64

	// Ignored is how many led to nothing: Recorded steps, signals without a
	// route, and what routes that were masked or busy had not been given when
	// they were removed or the mux was closed.
	Ignored uint64

	// Pending is how many wait for a route that is masked or busy.
	Pending uint64
}

// settle moves n pending arrivals that go out in one delivery.
func (c *Count) settle(n uint64) {
	if n = min(n, c.Pending); n > 0 {
		c.Pending -= n
		c.Acted++
		c.Coalesced += n - 1
	}
}

// drop keeps at most n arrivals pending; nobody is left to act on the others.
func (c *Count) drop(keep uint64) {
	if c.Pending > keep {
		c.Ignored += c.Pending - keep
		c.Pending = keep
	}
}

// A verdict is what the escalation made of an arrival.
type verdict uint8

const (
	unasked   verdict = iota // the signal does not terminate
	acted                    // a step up
	recorded                 // told, no step
	coalesced                // not told
)

// arrived counts one arrival. It is pending if a route will look at it and the
// escalation has not acted on it already.
func (c *Count) arrived(v verdict, routed bool) {
	c.Received++
	switch {
	case v == acted:
		c.Acted++
	case routed:
		c.Pending++
	case v == coalesced:
		c.Coalesced++
	default:
		c.Ignored++
	}
}
