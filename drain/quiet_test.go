// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// arriveAt has work that takes no time arrive at the given times.
func arriveAt(g *Gate, at ...time.Duration) {
	for _, d := range at {
		time.AfterFunc(d, func() {
			if g.Enter() {
				g.Leave()
			}
		})
	}
}

func TestQuiet(t *testing.T) {
	const s = time.Second
	const ms = time.Millisecond
	for _, c := range []struct {
		name  string
		setup func(g *Gate)
		q     time.Duration
		want  time.Duration
	}{
		{"nothing ever comes", func(*Gate) {}, s, s},
		{"came before", func(g *Gate) { g.Enter(); g.Leave() }, s, s},
		{"comes early", func(g *Gate) { arriveAt(g, 100*ms) }, s, 2 * s},
		{"comes late", func(g *Gate) { arriveAt(g, 900*ms) }, s, 2 * s},
		{"keeps coming", func(g *Gate) { arriveAt(g, 900*ms, 1800*ms, 2700*ms) }, s, 4 * s},
		{"one at a time", func(g *Gate) { arriveAt(g, 100*ms, 1100*ms, 2100*ms) }, s, 4 * s},
		{"in flight from before", func(g *Gate) {
			g.Enter()
			time.AfterFunc(2500*ms, g.Leave)
		}, s, 3 * s},
		{"in flight when shut", func(g *Gate) {
			g.Enter()
			g.Shut()
			time.AfterFunc(1500*ms, g.Leave)
		}, s, 2 * s},
		{"refused callers count", func(g *Gate) {
			g.Shut()
			arriveAt(g, 500*ms, 1500*ms)
		}, s, 3 * s},
		{"a refused caller is on its way out", func(g *Gate) {
			g.Shut()
			g.arrive()
		}, s, s},
		{"zero", func(*Gate) {}, 0, MinQuiet},
		{"negative", func(*Gate) {}, -s, MinQuiet},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var g Gate
				c.setup(&g)
				begin := time.Now()
				if err := g.Quiet(t.Context(), c.q); err != nil {
					t.Errorf("Quiet: %v", err)
				}
				if got := time.Since(begin); got != c.want {
					t.Errorf("Quiet took %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestQuietGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		enter(t, &g)
		cause := errors.New("hard cap")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 3500*time.Millisecond, cause)
		defer cancel()
		begin := time.Now()
		err := g.Quiet(ctx, time.Second)
		if got, want := time.Since(begin), 3500*time.Millisecond; got != want {
			t.Errorf("Quiet took %v, want %v", got, want)
		}
		if !errors.Is(err, cause) {
			t.Fatalf("Quiet: %v, want one that wraps %v", err, cause)
		}
		if got, want := err.Error(), "drain: not quiet for 1s, 1 in flight: hard cap"; got != want {
			t.Errorf("Quiet: %q, want %q", got, want)
		}
		enter(t, &g) // Quiet does not shut
	})
}
