// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// begin is for named work that a test wants admitted.
func begin(t *testing.T, g *Gate, who string) Holder {
	t.Helper()
	h, ok := g.Begin(who)
	if !ok {
		t.Fatalf("Begin(%q) refuses", who)
	}
	return h
}

func TestHoldersAreListedOldestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		enter(t, &g) // has no name
		begin(t, &g, "a")
		time.Sleep(time.Second)
		b := begin(t, &g, "b")
		time.Sleep(time.Second)
		begin(t, &g, "c")
		all := []Held{{"a", 2 * time.Second}, {"b", time.Second}, {"c", 0}}
		for limit, want := range map[int][]Held{-1: all, 0: nil, 1: all[:1], 3: all, 9: all} {
			if got := g.Holders(limit); !slices.Equal(got, want) {
				t.Errorf("Holders(%d) = %v, want %v", limit, got, want)
			}
		}
		b.End()
		if got, want := g.Holders(-1), []Held{all[0], all[2]}; !slices.Equal(got, want) {
			t.Errorf("Holders after an End = %v, want %v", got, want)
		}
		if got := g.InFlight(); got != 3 {
			t.Errorf("InFlight = %d, want 3", got)
		}
	})
}

// TestHoldersFollowAnyOrder compares the list with a slice over many begins and
// ends, which use every place again.
func TestHoldersFollowAnyOrder(t *testing.T) {
	type pair struct {
		who string
		h   Holder
	}
	var g Gate
	var want []pair
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 5000 {
		if len(want) > 0 && r.IntN(20) < 9+len(want)/4 {
			k := r.IntN(len(want))
			want[k].h.End()
			want = slices.Delete(want, k, k+1)
		} else {
			who := fmt.Sprint(i)
			want = append(want, pair{who, begin(t, &g, who)})
		}
		got := g.Holders(-1)
		if !slices.EqualFunc(got, want, func(h Held, p pair) bool { return h.Who == p.who }) {
			t.Fatalf("step %d: %v, want %v", i, got, want)
		}
	}
}

func TestBeginIsRefused(t *testing.T) {
	var g Gate
	g.Shut()
	h, ok := g.Begin("late")
	if ok || len(g.Holders(-1)) != 0 {
		t.Errorf("Begin on a shut gate: %t, holders %v", ok, g.Holders(-1))
	}
	h.End()
	if g.InFlight() != 0 || !isClosed(g.Drained()) {
		t.Error("the zero Holder ended something")
	}
}

func TestEndTwice(t *testing.T) {
	const want = "drain: End of a Holder that has ended"
	var g Gate
	first := begin(t, &g, "first")
	first.End()
	if got := panics(t, first.End); got != want {
		t.Errorf("panic %v, want %q", got, want)
	}
	second := begin(t, &g, "second") // in the place of the first
	if got := panics(t, first.End); got != want {
		t.Errorf("panic %v with the place in use again, want %q", got, want)
	}
	if got := g.InFlight(); got != 1 {
		t.Errorf("InFlight = %d, want 1", got)
	}
	second.End()
}

func TestHeldErrorNamesTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		begin(t, &g, "GET /orders")
		time.Sleep(12 * time.Second)
		begin(t, &g, "a\nb")
		time.Sleep(345678 * time.Microsecond)
		cause := errors.New("enough")
		err := g.Close(ended(cause))
		if got, want := err.Error(), `drain: 2 still in flight: GET /orders for 12.3s, "a\nb" for 350ms`; got != want {
			t.Errorf("Close: %s\n   want %s", got, want)
		}
		if !errors.Is(err, cause) {
			t.Errorf("Close does not wrap %v", cause)
		}
	})
}

func TestHeldErrorNamesSome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		enter(t, &g)
		begin(t, &g, "a")
		if got, want := g.Close(ended(nil)).Error(), "drain: 2 still in flight: a for 0s, …"; got != want {
			t.Errorf("Close: %s\n   want %s", got, want)
		}
		var many Gate
		for range 2 * MaxHeld {
			begin(t, &many, "")
		}
		e, ok := errors.AsType[*HeldError](many.Close(ended(nil)))
		if !ok || e.InFlight != 2*MaxHeld || len(e.Holders) != MaxHeld {
			t.Errorf("Close: %v", e)
		}
	})
}

func TestAgesAreRounded(t *testing.T) {
	for in, want := range map[time.Duration]string{
		0:                        "0s",
		17 * time.Nanosecond:     "17ns",
		1234 * time.Nanosecond:   "1.2µs",
		98765 * time.Nanosecond:  "99µs",
		12345 * time.Microsecond: "12ms",
		1260 * time.Millisecond:  "1.3s",
		time.Hour + 1:            "1h0m0s",
	} {
		if got := round(in).String(); got != want {
			t.Errorf("round(%d) = %s, want %s", in, got, want)
		}
	}
}

func TestEndForgetsTheName(t *testing.T) {
	var g Gate
	begin(t, &g, "a long name").End()
	if got := g.holders.free.who; got != "" {
		t.Errorf("a free place keeps %q alive", got)
	}
}

func TestHeldWithoutName(t *testing.T) {
	if got, want := (Held{Age: time.Second}).String(), `"" for 1s`; got != want {
		t.Errorf("String = %s, want %s", got, want)
	}
}

// TestRaceHolders: named and unnamed work on one gate, listed all the while.
func TestRaceHolders(t *testing.T) {
	for range 20 {
		var g Gate
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for range 500 {
					if h, ok := g.Begin("named"); ok {
						h.End()
					}
					if i%2 == 0 && g.Enter() {
						g.Leave()
					}
				}
			})
		}
		wg.Go(func() {
			for range 100 {
				for _, h := range g.Holders(2) {
					if h.Who != "named" || h.Age < 0 {
						t.Errorf("listed %v", h)
					}
				}
			}
			if err := g.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if left := g.Holders(-1); len(left) != 0 {
				t.Errorf("closed with holders %v", left)
			}
		})
		wg.Wait()
	}
}
