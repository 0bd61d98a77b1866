// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// quietSite is a server whose requests pass a gate, so that it can be seen when none
// come any more, and whose probes do not: they have a handler of their own.
type quietSite struct {
	*rig
	gate  Gate
	check atomic.Int32 // the status that the user's own check gives
	ran   atomic.Int32 // requests
}

func newQuietSite(t *testing.T) *quietSite {
	t.Helper()
	s := new(quietSite)
	s.check.Store(http.StatusOK)
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !s.Ready() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(int(s.check.Load()))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		if !s.gate.Enter() {
			http.Error(w, "leaving", http.StatusServiceUnavailable)
			return
		}
		defer s.gate.Leave()
		s.ran.Add(1)
	})
	s.rig = newRig(t, &http.Server{Handler: mux})
	return s
}

// get sends a request as who and returns the status.
func (s *quietSite) get(path, who string) int {
	s.t.Helper()
	c := s.dial()
	defer c.Close()
	go io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: test\r\nUser-Agent: "+who+"\r\n\r\n")
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// quietSince waits for quiet and returns when it came.
func (s *quietSite) quietSince(ctx context.Context, q time.Duration) <-chan time.Time {
	at := make(chan time.Time, 1)
	go func() {
		if err := s.gate.Quiet(ctx, q); err != nil {
			s.t.Errorf("Quiet = %v, want nil", err)
		}
		at <- time.Now()
	}()
	synctest.Wait()
	return at
}

// knative, TestDrainMechanics: after a stop is announced probes say so, requests are
// served as before, and each begins the wait for quiet anew, which probes do not. All
// that wait for it are let go together. Ours looks once in the period, so that no
// request pays for it, and comes up to a period later. It also waits for requests that
// take longer than the period, and it can pass: a wait that begins later is a new one,
// where theirs is over for good. What is over for good here is a gate that was closed.
func TestQuietPeriodOfRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const q, notYet = 100 * time.Millisecond, 100*time.Millisecond - time.Nanosecond
		s := newQuietSite(t)
		want := func(path string, want int) {
			t.Helper()
			if got := s.get(path, "test"); got != want {
				t.Errorf("GET %s: %d, want %d", path, got, want)
			}
		}
		for range 3 {
			want("/", http.StatusOK)
		}
		want("/readyz", http.StatusOK)
		s.Notice()
		first := s.quietSince(t.Context(), q)
		var last time.Time
		for range 4 {
			time.Sleep(notYet)
			want("/readyz", http.StatusServiceUnavailable)
			want("/", http.StatusOK)
			last = time.Now()
		}
		all := []<-chan time.Time{first}
		for range 3 {
			all = append(all, s.quietSince(t.Context(), q))
		}
		time.Sleep(notYet)
		want("/readyz", http.StatusServiceUnavailable) // begins nothing anew
		for i, c := range all {
			if after := (<-c).Sub(last); after < q || after > 2*q {
				t.Errorf("wait %d: quiet %v after the last request, want %v to %v", i, after, q, 2*q)
			}
		}
		if again, at := time.Now(), <-s.quietSince(t.Context(), q); at.Sub(again) != q {
			t.Errorf("another wait took %v, want %v", at.Sub(again), q)
		}
		now := time.Now()
		for range 2 {
			if err := s.gate.Close(t.Context()); err != nil || time.Since(now) != 0 {
				t.Errorf("Close = %v after %v, want nil at once", err, time.Since(now))
			}
		}
		want("/", http.StatusServiceUnavailable)
		if n := s.ran.Load(); n != 7 {
			t.Errorf("%d requests have run, want 7", n)
		}
		s.wantDrained(s.drainFor(t.Context()), 0)
		s.end()
	})
}

// knative, TestDrainerKProbe, TestServeKProbe, TestIsKProbe, TestIsHealthcheckRequest
// and TestHealthCheckWithProbeType: probes are answered by the user's check while the
// server is ready and with 503 after, do not reach what serves requests, and are no
// traffic. Theirs tells them by headers. Ours does not, as anybody can send these:
// what is a probe is said by the handler that it is sent to, and a request that only
// looks like one is a request.
func TestProbesAreNotTraffic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const q, who = time.Second, "kube-probe/1.33"
		s := newQuietSite(t)
		for _, check := range []int{http.StatusOK, http.StatusBadRequest} {
			s.check.Store(int32(check))
			for _, who := range []string{who, "test"} {
				if got := s.get("/readyz", who); got != check {
					t.Errorf("probe as %s: %d, want the %d of the check", who, got, check)
				}
			}
		}
		if n := s.ran.Load(); n != 0 {
			t.Errorf("%d probes were served as requests", n)
		}
		s.Notice()
		start := time.Now()
		quiet := s.quietSince(t.Context(), q)
		for range 3 {
			time.Sleep(q / 4)
			if got := s.get("/readyz", who); got != http.StatusServiceUnavailable {
				t.Errorf("probe after notice: %d, want 503", got)
			}
		}
		if took := (<-quiet).Sub(start); took != q {
			t.Errorf("quiet after %v, want %v: probes are no traffic", took, q)
		}
		start = time.Now()
		quiet = s.quietSince(t.Context(), q)
		time.Sleep(q / 2)
		if got := s.get("/", who); got != http.StatusOK || s.ran.Load() != 1 {
			t.Errorf("a request that looks like a probe: %d, %d have run; want 200, 1", got, s.ran.Load())
		}
		if took := (<-quiet).Sub(start); took != 2*q {
			t.Errorf("quiet after %v, want %v: a request came", took, 2*q)
		}
		s.wantDrained(s.drainFor(t.Context()), 0)
		s.end()
	})
}

// knative, TestReset: a wait that was begun can be given up, by which all that wait
// return at once and nothing has changed: a later wait takes its whole time. Theirs
// has a Reset for it, ours the context of the wait. Giving up twice, or what is over,
// does nothing. A gate that was shut is not opened again by anything.
func TestWaitForQuietIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		staying := errors.New("we stay")
		ctx, giveUp := context.WithCancelCause(t.Context())
		start := time.Now()
		var waits sync.WaitGroup
		for range 2 {
			waits.Go(func() {
				if err := g.Quiet(ctx, 5*time.Second); !errors.Is(err, staying) || time.Since(start) != time.Second {
					t.Errorf("Quiet = %v after %v, want %v after 1s", err, time.Since(start), staying)
				}
			})
		}
		time.Sleep(time.Second)
		giveUp(staying)
		giveUp(nil)
		waits.Wait()
		enter(t, &g)
		g.Leave()
		start = time.Now()
		if err := g.Quiet(t.Context(), time.Second/2); err != nil || time.Since(start) != time.Second/2 {
			t.Errorf("Quiet = %v after %v, want nil after 500ms", err, time.Since(start))
		}
		g.Shut()
		if giveUp(staying); g.Enter() {
			t.Error("a gate that was shut is open")
		}
	})
}

// knative, TestResetWithActiveRequests: giving up while requests come and go harms
// neither.
func TestRaceGivingUpQuietUnderTraffic(t *testing.T) {
	var g Gate
	staying := errors.New("we stay")
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if !g.Enter() {
			t.Error("refused")
			return
		}
		g.Leave()
	})
	traffic, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			for traffic.Err() == nil {
				h.ServeHTTP(nil, r)
			}
		})
	}
	for range 100 {
		ctx, giveUp := context.WithCancelCause(t.Context())
		var waits sync.WaitGroup
		for range 2 {
			waits.Go(func() {
				// It may become quiet for a millisecond on a busy machine.
				if err := g.Quiet(ctx, MinQuiet); err != nil && !errors.Is(err, staying) {
					t.Errorf("Quiet = %v, want nil or %v", err, staying)
				}
			})
		}
		giveUp(staying)
		waits.Wait()
	}
	stop()
	all.Wait()
	if err := g.Close(t.Context()); err != nil {
		t.Errorf("Close = %v, want nil", err)
	}
}
