// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

// A fake is a server and its clients in one, without a socket.
type fake struct {
	takes func(n int) time.Duration // a client's n-th request, from 0; nil: no time
	ends  func(n int) Outcome       // nil: OK
	dials bool                      // it asks its wire for a connection, once
	long  bool
	done  chan struct{} // closed: requests that last end
}

func (f *fake) Client(w *Wire) Client { return &fakeClient{fake: f, wire: w} }

type fakeClient struct {
	*fake
	wire      *Wire
	n         int
	connected bool
	closed    bool
}

func (c *fakeClient) Do(ctx context.Context, a *Attempt) {
	if c.dials && !c.connected {
		if c.wire.session.route.Load().held {
			a.Fail(DialOutcome(errHeld), errHeld)
			return
		}
		c.connected, a.Fresh = true, true
	}
	n := c.n
	c.n++
	a.Sent = max(c.wire.Now(), 1)
	if c.takes != nil {
		if err := pause(ctx, c.takes(n)); err != nil {
			a.Fail(ResetAfterWrite, err)
			return
		}
	}
	if c.long {
		a.Answering()
		select {
		case <-c.done:
		case <-ctx.Done():
			a.Fail(Truncated, ctx.Err())
		}
		return
	}
	if c.ends != nil {
		if o := c.ends(n); o != OK {
			a.Fail(o, errors.New("as it should"))
		}
	}
}

func (c *fakeClient) Close() error { c.closed = true; return nil }

func always(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }

// start starts a session in virtual time.
func start(t *testing.T, c Config) *Session {
	t.Helper()
	s, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openFor returns the records of an open load on a server that takes so long.
func openFor(t *testing.T, seed uint64, rate float64, callers int, takes, d time.Duration) (records []Record, lag Lag) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Config{Seed: seed, Records: true, Loads: []Load{{
			Name: "open", Kind: &fake{takes: always(takes)}, Callers: callers, Rate: rate,
		}}})
		time.Sleep(d)
		s.Finish(t.Context())
		records, lag = slices.Collect(s.Records(0)), s.Lag()
	})
	return records, lag
}

func dues(records []Record) (out []time.Duration) {
	for _, r := range records {
		out = append(out, r.Due)
	}
	return out
}

// Arrivals are as often as they should be, the same with the same seed, and do not
// depend on the server.
func TestOpenArrivals(t *testing.T) {
	const rate, callers, d = 1000, 50, 10 * time.Second
	fast, _ := openFor(t, 7, rate, callers, 0, d)
	again, _ := openFor(t, 7, rate, callers, 0, d)
	slow, _ := openFor(t, 7, rate, callers, 20*time.Millisecond, d)
	other, _ := openFor(t, 8, rate, callers, 0, d)
	if !slices.Equal(dues(fast), dues(again)) {
		t.Error("two runs with one seed differ")
	}
	if slices.Equal(dues(fast), dues(other)) {
		t.Error("two seeds have the same arrivals")
	}
	if n, want := float64(len(fast)), rate*d.Seconds(); math.Abs(n-want) > 5*math.Sqrt(want) {
		t.Errorf("%v arrivals, want about %v", n, want)
	}
	if n := len(slow); n < len(fast)*9/10 {
		t.Errorf("a slow server is asked %d times, a fast one %d times", n, len(fast))
	}
	seen := map[time.Duration]bool{}
	for _, at := range dues(slow) {
		seen[at] = true
	}
	late := 0
	for _, at := range dues(fast) {
		if !seen[at] {
			late++
		}
	}
	if late > len(fast)/10 {
		t.Errorf("%d of %d arrivals are others if the server is slow", late, len(fast))
	}
}

// Latency is from when a request was due: what a busy connection kept waiting is in
// it, and is not the engine's own lag.
func TestOpenWaitsForBusy(t *testing.T) {
	const takes = 30 * time.Millisecond
	records, lag := openFor(t, 1, 25, 1, takes, 20*time.Second)
	free, waited := time.Duration(0), time.Duration(0)
	for _, r := range records {
		begin := max(r.Due, free)
		if r.Sent != begin || r.Done != begin+takes {
			t.Errorf("due %v, free since %v: sent %v, done %v", r.Due, free, r.Sent, r.Done)
		}
		free, waited = r.Done, max(waited, begin-r.Due)
	}
	if lag.Max != 0 || waited == 0 || lag.BusyP99 == 0 || lag.BusyP99 > waited*9/8 {
		t.Errorf("%+v, want only busy ones, up to %v", lag, waited)
	}
}

// A closed load asks less of a slow server.
func TestClosedThinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const think, takes = 100 * time.Millisecond, 50 * time.Millisecond
		s := start(t, Config{Records: true, Loads: []Load{{
			Name: "closed", Kind: &fake{takes: always(takes)}, Callers: 20, Think: think,
		}}})
		time.Sleep(30 * time.Second)
		s.Finish(t.Context())
		last := map[uint32]time.Duration{}
		n := 0
		for r := range s.Records(0) {
			if at, ok := last[r.Caller]; ok && (r.Due < at+think/2 || r.Due > at+think*3/2) {
				t.Errorf("ended at %v, next due at %v", at, r.Due)
			}
			if r.Sent != max(r.Due, 1) || r.Done != r.Sent+takes {
				t.Errorf("due %v, sent %v, done %v", r.Due, r.Sent, r.Done)
			}
			last[r.Caller] = r.Done
			n++
		}
		if want := 20 * 30 * 1000 / 150; math.Abs(float64(n-want)) > float64(want)/20 {
			t.Errorf("%d requests, want about %d", n, want)
		}
		if lag := s.Lag(); lag != (Lag{N: n}) {
			t.Errorf("lag = %+v", lag)
		}
	})
}

// A closed load without think time that fails at once does not spin.
func TestFailingRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Config{Failures: 5, Loads: []Load{{
			Name: "failing", Kind: &fake{ends: func(int) Outcome { return Refused }}, Callers: 2,
		}}})
		time.Sleep(time.Second)
		s.Finish(t.Context())
		if n := s.Tallies()[0].Outcomes[Refused]; n < 1998 || n > 2002 {
			t.Errorf("%d attempts in a second, want 1000 each", n)
		}
		failures := s.Failures()
		if len(failures) != 5 || failures[0].Load != "failing" || failures[0].Outcome != Refused || failures[0].Err == nil {
			t.Errorf("failures = %+v", failures)
		}
		if n := len(slices.Collect(s.Records(0))); n != 0 {
			t.Errorf("%d records that nobody asked for", n)
		}
	})
}

// Finish waits for what is in flight, and begins nothing.
func TestFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Config{Loads: []Load{{Name: "a", Kind: &fake{takes: always(time.Second)}, Callers: 3}}})
		time.Sleep(2500 * time.Millisecond)
		s.Finish(t.Context())
		if at, tally := s.now(), s.Tallies()[0]; at != 3*time.Second || tally.Answered != 9 || tally.Attempts() != 9 {
			t.Errorf("finished at %v with %+v", at, tally)
		}
		s.Close()
		if err := s.Served(t.Context()); err != nil {
			t.Errorf("Served = %v", err)
		}
		s.Anew()
		if err := s.Served(t.Context()); err == nil {
			t.Errorf("Served of a session that has ended = %v", err)
		}
	})
}

// What Finish cannot wait for is given up, whatever its client says.
func TestFinishGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Config{Records: true, Loads: []Load{{Name: "a", Kind: &fake{takes: always(time.Hour)}, Callers: 3}}})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s.Finish(ctx)
		tally := s.Tallies()[0]
		if at := s.now(); at != time.Second || tally.Outcomes[Abandoned] != 3 || tally.Attempts() != 3 || tally.Lost != 0 {
			t.Errorf("finished at %v with %+v", at, tally)
		}
		for r := range s.Records(0) {
			if r.Outcome != Abandoned || r.Done != time.Second {
				t.Errorf("record = %+v", r)
			}
			break
		}
	})
}

// The end of Start's context ends the session.
func TestSessionEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		s, err := Start(ctx, Config{Loads: []Load{{Name: "a", Kind: &fake{takes: always(time.Hour)}, Callers: 3}}})
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { cancel(why) })
		if err := s.Served(t.Context()); !errors.Is(err, why) {
			t.Errorf("Served = %v", err)
		}
		s.Finish(t.Context())
		if at := s.now(); at != time.Second {
			t.Errorf("ended at %v", at)
		}
	})
}

// Served is about everybody, and begins anew.
func TestServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &fake{takes: func(n int) time.Duration { return time.Duration(n+1) * time.Second }}
		s := start(t, Config{Loads: []Load{
			{Name: "fast", Kind: &fake{takes: always(time.Millisecond)}, Callers: 3},
			{Name: "slow", Kind: slow, Callers: 2, Share: 1},
		}})
		defer s.Close()
		wait := func(want time.Duration) {
			t.Helper()
			if err := s.Served(t.Context()); err != nil || s.now() != want {
				t.Errorf("Served = %v at %v, want %v", err, s.now(), want)
			}
		}
		time.Sleep(500 * time.Millisecond)
		if got := s.Tallies()[1].Unserved; got != 2 {
			t.Errorf("%d unserved, want 2", got)
		}
		wait(time.Second)
		wait(time.Second)
		time.Sleep(time.Second)
		s.Anew() // the request that began at 1 s and ends at 3 s does not count
		wait(6 * time.Second)
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("late"))
		defer cancel()
		s.Anew()
		if err := s.Served(ctx); err == nil || err.Error() != "late" {
			t.Errorf("Served = %v", err)
		}
	})
}

// Those whose answers last are served when these begin, and Finish waits for them.
func TestServedLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{takes: always(time.Second), long: true, done: make(chan struct{})}
		s := start(t, Config{Loads: []Load{{Name: "long", Kind: f, Callers: 4}}})
		if err := s.Served(t.Context()); err != nil || s.now() != time.Second {
			t.Errorf("Served = %v at %v", err, s.now())
		}
		time.AfterFunc(time.Minute, func() { close(f.done) })
		s.Finish(t.Context())
		if tally := s.Tallies()[0]; s.now() < time.Minute || tally.Answered != 4 || tally.Attempts() != 4 {
			t.Errorf("finished at %v with %+v", s.now(), tally)
		}
	})
}

// While connections are held, who has one goes on; who has none waits, and nothing
// is counted.
func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, Config{Addr: "a", Records: true, Loads: []Load{
			{Name: "connected", Kind: &fake{takes: always(time.Second)}, Callers: 1},
			{Name: "not", Kind: &fake{takes: always(time.Second), dials: true}, Callers: 2, Rate: 2},
		}})
		s.Hold()
		s.Hold()
		time.Sleep(time.Minute)
		if got := s.Tallies(); got[0].Answered < 58 || got[1].Attempts() != 0 {
			t.Errorf("held: %+v", got)
		}
		at := s.now()
		s.Redirect("b")
		if err := s.Served(t.Context()); err != nil {
			t.Error(err)
		}
		s.Finish(t.Context())
		fresh := 0
		for r := range s.Records(1) {
			if r.Fresh {
				fresh++
			}
			if r.Outcome != OK || r.Due >= at || r.Sent < at {
				t.Errorf("due %v, sent %v: %v", r.Due, r.Sent, r.Outcome)
			}
		}
		if fresh != 2 {
			t.Errorf("%d connections, want 2", fresh)
		}
	})
}

// A session that ends while connections are held made no attempt.
func TestFinishWhileHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t.Context(), Config{Addr: "a", Loads: []Load{{Name: "a", Kind: &fake{dials: true}, Callers: 2}}})
		s.Hold()
		for _, c := range s.loads[0].callers {
			s.callers.Go(c.run)
		}
		synctest.Wait()
		s.Finish(t.Context())
		if n := s.Tallies()[0].Attempts(); n != 0 {
			t.Errorf("%d attempts, want none", n)
		}
		for _, c := range s.loads[0].callers {
			if !c.client.(*fakeClient).closed {
				t.Error("a client is not closed")
			}
		}
	})
}

func TestRecordIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(Record{}); n != 32 {
		t.Errorf("%d bytes, want 32", n)
	}
}

func TestRecordsInOrder(t *testing.T) {
	var r records
	const n = 10 * lastChunk
	for i := range n {
		r.add(Record{Due: time.Duration(i)})
	}
	i := 0
	r.all(func(rec Record) bool {
		if rec.Due != time.Duration(i) {
			t.Fatalf("record %d is %d", i, rec.Due)
		}
		i++
		return true
	})
	if i != n {
		t.Errorf("%d records, want %d", i, n)
	}
}

// A quantile is not below what it stands for, and at most an eighth above.
func TestHistogram(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 7, 8, 15, 16, 17, 1000, 123456, time.Millisecond, time.Second, 59 * time.Second} {
		var h histogram
		h.add(d)
		if got := h.quantile(0.5); got < d || got > d+d/8 {
			t.Errorf("%v is kept as %v", d, got)
		}
	}
	var h histogram
	if h.quantile(1) != 0 {
		t.Error("an empty one has a quantile")
	}
	for i := range 1000 {
		h.add(time.Duration(i) * time.Millisecond)
	}
	for _, tt := range []struct {
		q    float64
		want time.Duration
	}{{0.5, 499 * time.Millisecond}, {0.99, 989 * time.Millisecond}, {1, 999 * time.Millisecond}} {
		if got := h.quantile(tt.q); got < tt.want || got > tt.want*9/8 {
			t.Errorf("quantile %v is %v, want %v or a little more", tt.q, got, tt.want)
		}
	}
	h.add(100 * time.Hour)
	h.add(-time.Second)
}
