// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// stages notes which stages a server went through, and when.
type stages struct {
	mu    sync.Mutex
	start time.Time
	seen  []Stage
	at    []time.Duration
}

func (n *stages) note(s Stage) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen, n.at = append(n.seen, s), append(n.at, time.Since(n.start))
}

func (n *stages) want(t *testing.T, seen []Stage, at []time.Duration) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Equal(n.seen, seen) || !slices.Equal(n.at, at) {
		t.Errorf("stages %v at %v, want %v at %v", n.seen, n.at, seen, at)
	}
}

// A plain program's stop, from notice to force, is one call.
func TestShutdownIsTheWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &stages{start: time.Now()}
		r := newRig(t, &http.Server{Handler: slowHandler(nil)}, WithStages(seen.note))
		go r.dial().get("/slow") // until it is cancelled
		mute := r.handle.Long("mute")
		defer mute.End()
		synctest.Wait()
		ctx, cancel := contextFor(t, 25*time.Second)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- r.Shutdown(ctx, 5*time.Second) }()
		synctest.Wait()
		if r.Ready() {
			t.Error("Ready = true during the delay")
		}
		if c := r.dial(); r.mustGet(c, "/", "hello") {
			t.Error("a client was told to leave during the delay")
		} else {
			c.Close()
		}
		if err := <-done; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown = %v, want %v", err, context.DeadlineExceeded)
		}
		seen.want(t, []Stage{StageNotice, StageAdvise, StageDrain, StageCancel, StageForce},
			[]time.Duration{0, 5 * time.Second, 5 * time.Second, 23 * time.Second, 25 * time.Second})
		for i, m := range r.Moments().All() {
			want := Moment{Stage(i + 1), m.At, Counts{Busy: 1, Long: 1}}
			if want.Stage == StageForce { // the request has seen its context end
				want.Open.Busy = 0
			}
			if m != want || !m.At.Equal(seen.start.Add([]time.Duration{0, 5, 5, 23, 25}[i]*time.Second)) {
				t.Errorf("moment %d = %+v, want %+v", i, m, want)
			}
		}
		r.end()
	})
}

// The delay ends with what makes it useless.
func TestShutdownCutsDelayShort(t *testing.T) {
	for name, cut := range map[string]func(*rig){
		"force":    func(r *rig) { r.Force() },
		"listener": func(r *rig) { r.pipes.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, &http.Server{})
				synctest.Wait()
				done := make(chan time.Time, 1)
				go func() {
					r.Shutdown(t.Context(), time.Hour)
					done <- time.Now()
				}()
				time.Sleep(time.Second)
				now := time.Now()
				cut(r)
				if at := <-done; at != now {
					t.Errorf("Shutdown returned after %v more", at.Sub(now))
				}
				r.Force()
			})
		})
	}
}

// Whoever calls Drain gets what the first call did, or gives up alone.
func TestDrainTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := newRig(t, &http.Server{Handler: slowHandler(release)})
		c := r.dial()
		if err := c.send("/slow"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		first := r.drainFor(t.Context())
		synctest.Wait()
		ctx, cancel := contextFor(t, time.Second)
		defer cancel()
		if err := r.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an impatient Drain = %v, want %v", err, context.DeadlineExceeded)
		}
		second := r.drainFor(t.Context())
		time.Sleep(4 * time.Second)
		close(release)
		if _, _, err := c.receive(); err != nil {
			t.Error(err)
		}
		r.wantDrained(first, 5*time.Second)
		r.wantDrained(second, 4*time.Second)
		if err := r.Drain(ctx); err != nil {
			t.Errorf("Drain afterwards = %v, want nil", err)
		}
		r.end()
	})
}

// Functions registered here run once, at advise, and are waited for.
func TestRegisterOnShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := make(chan time.Time, 2)
		r := newRig(t, &http.Server{})
		r.RegisterOnShutdown(func() {
			runs <- time.Now()
			time.Sleep(3 * time.Second)
		})
		start := time.Now()
		r.wantDrained(r.drainFor(t.Context()), 3*time.Second)
		if len(runs) != 1 || <-runs != start {
			t.Error("the function did not run once, when the drain began")
		}
		r.end()
	})
}

func TestDrainOverrunByFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &http.Server{})
		r.RegisterOnShutdown(func() { time.Sleep(time.Minute) })
		ctx, cancel := contextFor(t, 8*time.Second)
		defer cancel()
		d := <-r.drainFor(ctx)
		want := "drain 192.0.2.1:80: no connection busy, 0 idle, 1 long (function registered on shutdown for 7s): context deadline exceeded"
		if d.err == nil || d.err.Error() != want {
			t.Errorf("Drain = %v, want %s", d.err, want)
		}
		r.end()
		time.Sleep(time.Minute)
	})
}

// In a handover the listener goes first, with what waits in its queue for the
// other process, and the name of a Unix socket stays.
func TestHandoverLeavesQueue(t *testing.T) {
	name := filepath.Join(t.TempDir(), "s")
	for network, addr := range map[string]string{"tcp": "127.0.0.1:0", "unix": name} {
		t.Run(network, func(t *testing.T) {
			ln, err := net.Listen(network, addr)
			if err != nil {
				t.Fatal(err)
			}
			f, err := ln.(interface{ File() (*os.File, error) }).File()
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			successor, err := net.FileListener(f) // as another process would have it
			if err != nil {
				t.Fatal(err)
			}
			defer successor.Close()
			seen := &stages{start: time.Now()}
			r := startRig(t, NewServer(&http.Server{Handler: text("old")}, WithListener(ln), WithStages(seen.note)))
			if err := r.Handover(t.Context()); err != nil {
				t.Errorf("Handover = %v, want nil", err)
			}
			if !slices.Equal(seen.seen, []Stage{StageNotice, StageDrain}) {
				t.Errorf("stages = %v, want %v", seen.seen, []Stage{StageNotice, StageDrain})
			}
			r.end()
			go http.Serve(successor, text("new"))
			conn, err := net.Dial(network, ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			c := newClient(conn)
			defer c.Close()
			if body, _, err := c.get("/"); err != nil || body != "new" {
				t.Errorf("GET = %q, %v; want the successor's answer", body, err)
			}
		})
	}
}

// Clients of the old process are told, and served while they are here.
func TestHandoverAnswersClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &http.Server{Handler: text("hello")})
		c := r.dial()
		r.mustGet(c, "/", "hello")
		synctest.Wait()
		done := make(chan error, 1)
		go func() { done <- r.Handover(t.Context()) }()
		synctest.Wait()
		if _, err := r.pipes.dial(); err == nil {
			t.Error("the door is open")
		}
		if !r.mustGet(c, "/", "hello") {
			t.Error("the client was not told")
		}
		if err := <-done; err != nil {
			t.Errorf("Handover = %v, want nil", err)
		}
		r.end()
	})
}

// After a clean drain Force has nothing to do, and says so.
func TestForceAfterDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &stages{start: time.Now()}
		r := newRig(t, &http.Server{}, WithStages(seen.note))
		r.wantDrained(r.drainFor(t.Context()), 0)
		r.end()
		seen.want(t, []Stage{StageNotice, StageAdvise, StageDrain}, make([]time.Duration, 3))
	})
}
