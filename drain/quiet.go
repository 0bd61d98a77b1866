// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"fmt"
	"time"
)

// MinQuiet is the shortest time that [Gate.Quiet] can tell from no time.
const MinQuiet = time.Millisecond

// Quiet waits until nothing has arrived for q and nothing is in flight. It is
// for the time between saying that one wants to go and shutting the gate: no
// arrivals means that the others have understood.
//
// It returns nil then. Every call of Enter and Begin is an arrival, also a
// refused one, as somebody still comes here. What was before Quiet was called
// does not count. If ctx ends first, which is the only bound on the wait, it
// returns an error that wraps [context.Cause] of ctx and says how many were in
// flight.
//
// It looks once in q and never more often, and so costs the callers of the gate
// nothing. It never returns early. It returns at most 2q after the last
// arrival or q after the last work left, whichever is later.
//
// A q below [MinQuiet], zero and negative included, counts as MinQuiet. Quiet
// does not shut the gate: work may arrive right after it has returned. It may
// be called concurrently.
func (g *Gate) Quiet(ctx context.Context, q time.Duration) error {
	q = max(q, MinQuiet)
	seen := g.arrivals()
	look := time.NewTimer(q) // not a Ticker: after a late look it looks again too soon
	defer look.Stop()
	for {
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("drain: not quiet for %v, %d in flight: %w", q, g.InFlight(), context.Cause(ctx))
		}
		idle, arrived := g.InFlight() == 0, g.arrivals() // in this order: who comes in between has arrived
		if idle && arrived == seen {
			return nil
		}
		seen = arrived
		look.Reset(q)
	}
}

// arrivals counts calls of Enter and Begin modulo 2^32. To be taken for silence
// by Quiet they would have to be a multiple of that between two looks.
func (g *Gate) arrivals() uint32 { return uint32(g.word.Load() >> 32) }
