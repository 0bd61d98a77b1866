// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

// Handlers need not know whether they run in a Server.
func TestNilHandle(t *testing.T) {
	h := From(t.Context())
	if h != nil {
		t.Fatalf("From = %v, want nil", h)
	}
	if h.Done() != nil || h.Cause() != nil {
		t.Errorf("Done = %v, Cause = %v; want nil, nil", h.Done(), h.Cause())
	}
	if at, ok := h.Deadline(); ok {
		t.Errorf("Deadline = %v, want none", at)
	}
	ctx, cancel := h.Context(t.Context())
	if err := ctx.Err(); err != nil {
		t.Errorf("context ended: %v", err)
	}
	if cancel(); ctx.Err() == nil {
		t.Error("the context did not end when cancelled")
	}
	l := h.Long("events")
	if l.Turn() != nil {
		t.Error("Turn of a nil Long is not nil")
	}
	l.End()
}

// A long poll hears of the drain through its handle, with the cause and the time
// it has, while its own context goes on.
func TestHandleTellsLongPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("a new version")
		r := newRig(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := From(r.Context())
			if _, ok := h.Deadline(); ok || h.Cause() != nil {
				t.Error("the handle speaks of a drain before there is one")
			}
			soft, cancel := h.Context(r.Context())
			defer cancel()
			<-soft.Done()
			if err := context.Cause(soft); !errors.Is(err, ErrDraining) || !errors.Is(err, why) || err != h.Cause() {
				t.Errorf("cause of the soft end = %v, want %v and %v", err, ErrDraining, why)
			}
			if at, ok := h.Deadline(); !ok || time.Until(at) != 18*time.Second {
				t.Errorf("Deadline = in %v, %v; want 18s", time.Until(at), ok)
			}
			if r.Context().Err() != nil {
				t.Error("the request's context ended with the soft one")
			}
			io.WriteString(w, "nothing new")
		})}, WithCause(func(context.Context) error { return why }))
		c := r.dial()
		if err := c.send("/poll"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ctx, cancel := contextFor(t, 20*time.Second)
		defer cancel()
		done := r.drainFor(ctx)
		if body, _, err := c.receive(); err != nil || body != "nothing new" {
			t.Errorf("poll = %q, %v", body, err)
		}
		c.Close()
		r.wantDrained(done, 0)
		r.end()
	})
}

// Turns are spread over the window: neither together nor in step, and none late.
func TestTurnsAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, window = 200, 10 * time.Second
		var mu sync.Mutex
		var turns []time.Duration
		start := time.Now()
		r := newRig(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			l := From(r.Context()).Long("events")
			defer l.End()
			<-l.Turn()
			mu.Lock()
			turns = append(turns, time.Since(start))
			mu.Unlock()
		})}, WithPace(window, 0))
		r.stream(n)
		if got := r.Counts(); got.Long != n || got.Busy != n {
			t.Errorf("Counts = %+v, want %d long and busy", got, n)
		}
		if d := <-r.drainFor(t.Context()); d.err != nil || d.took < window/2 || d.took > window+2*adviseMost {
			t.Errorf("Drain = %v after %v, want nil after about %v", d.err, d.took, window+adviseMost)
		}
		slices.Sort(turns)
		if len(turns) != n {
			t.Fatalf("%d turns, want %d", len(turns), n)
		}
		for at := range 10 { // a tenth of the window: 20 expected
			from := time.Duration(at) * window / 10
			i, _ := slices.BinarySearch(turns, from)
			j, _ := slices.BinarySearch(turns, from+window/10)
			if j-i > 60 {
				t.Errorf("%d of %d turns in a tenth of the window", j-i, n)
			}
		}
		if len(slices.Compact(turns)) < n/2 {
			t.Errorf("only %d different times among %d turns", len(slices.Compact(turns)), n)
		}
		r.end()
	})
}

// At most so many as asked for are under way; the others follow when they end.
func TestTurnsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, atOnce, each = 12, 3, 10 * time.Second
		var mu sync.Mutex
		var now, most int
		r := newRig(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			l := From(r.Context()).Long("events")
			defer l.End()
			<-l.Turn()
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(each)
			mu.Lock()
			now--
			mu.Unlock()
		})}, WithPace(0, atOnce))
		r.stream(n)
		r.wantDrained(r.drainFor(t.Context()), n/atOnce*each)
		if most != atOnce {
			t.Errorf("%d were ending at once, want %d", most, atOnce)
		}
		r.end()
	})
}

// Nobody waits for a turn beyond half of the time, also if those before are slow.
func TestTurnsComeInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		r := newRig(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			l := From(r.Context()).Long("events")
			defer l.End()
			<-l.Turn()
			if took := time.Since(start); took > 0 && took != 10*time.Second {
				t.Errorf("turn after %v, want at once or at half of 20s", took)
			}
			time.Sleep(10*time.Second - time.Since(start))
		})}, WithPace(0, 1))
		r.stream(5)
		ctx, cancel := contextFor(t, 20*time.Second)
		defer cancel()
		r.wantDrained(r.drainFor(ctx), 10*time.Second)
		r.end()
	})
}

// Long work is waited for without a connection too, and named; what registers
// during the drain has its turn, and after it at once.
func TestDrainWaitsForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &http.Server{}, WithPace(0, 0))
		mute := r.handle.Long("mute")
		time.Sleep(time.Second)
		ctx, cancel := contextFor(t, 8*time.Second)
		defer cancel()
		done := r.drainFor(ctx)
		time.Sleep(2 * time.Second)
		late := r.handle.Long("late")
		<-late.Turn()
		late.End()
		late.End()
		d := <-done
		want := `drain 192.0.2.1:80: no connection busy, 0 idle, 1 long (mute for 8s): context deadline exceeded`
		if d.took != 8*time.Second || d.err == nil || d.err.Error() != want {
			t.Errorf("Drain = %v after %v, want %s after 8s", d.err, d.took, want)
		}
		<-mute.Turn()
		mute.End()
		<-r.handle.Long("after").Turn()
		r.end()
	})
}

// Long work that ends by itself before its turn is nobody's turn.
func TestLongEndsBeforeItsTurn(t *testing.T) {
	h := &Handle{}
	h.longs.init(pace{}, func() {})
	a, b, c := h.Long("a"), h.Long("b"), h.Long("c")
	a.End()
	h.longs.tellOne()
	h.longs.tellOne()
	h.longs.tellOne()
	for _, l := range []*Long{b, c} {
		if !closed(l.Turn()) {
			t.Errorf("%s has not had its turn", l.name)
		}
		l.End()
	}
	if closed(a.Turn()) || h.longs.count() != 0 || h.longs.told != 0 {
		t.Errorf("a told: %v, %d registered, %d told; want false, 0, 0", closed(a.Turn()), h.longs.count(), h.longs.told)
	}
}
