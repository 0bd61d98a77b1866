// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// A fake is a server and its clients in one: what a request gets depends on the
// instance whose address is handed out.
type fake struct {
	answer  func(addr string) load.Outcome
	clients atomic.Int64
	most    atomic.Int64 // of requests of one client at a time
	closed  atomic.Int64
	starts  int
	running map[string]bool
	stopErr error
}

func newFake(answer func(addr string) load.Outcome) *fake {
	return &fake{answer: answer, running: map[string]bool{}}
}

func (f *fake) start(context.Context) (string, func(context.Context) error, error) {
	addr := string(rune('a' + f.starts))
	f.starts++
	f.running[addr] = true
	return addr, func(context.Context) error {
		delete(f.running, addr)
		return f.stopErr
	}, nil
}

func (f *fake) Client(w *load.Wire) load.Client {
	f.clients.Add(1)
	return &fakeClient{fake: f, wire: w}
}

type fakeClient struct {
	*fake
	wire *load.Wire
	busy atomic.Int64
}

func (c *fakeClient) Do(ctx context.Context, a *load.Attempt) {
	n := c.busy.Add(1)
	defer c.busy.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	runtime.Gosched()
	a.Outcome, a.Sent = c.answer(c.wire.Addr()), c.wire.Now()
}

func (c *fakeClient) Close() error { c.closed.Add(1); return nil }

func (f *fake) trial() Trial {
	return Trial{
		Start: f.start, Stops: 3, Propagation: time.Millisecond, Timeout: time.Minute,
		Loads: []load.Load{{Name: "fake", Kind: f, Callers: 10, Share: 4, Think: time.Millisecond}},
	}
}

func always(o load.Outcome) func(string) load.Outcome { return func(string) load.Outcome { return o } }

// Each stop has its successor; nothing is left running, no client open.
func TestRunRolls(t *testing.T) {
	f := newFake(always(load.OK))
	r, err := f.trial().Run(t.Context())
	if err != nil || len(r.Stops) != 3 {
		t.Fatalf("Run = %d stops, %v", len(r.Stops), err)
	}
	if f.starts != 4 || len(f.running) != 0 {
		t.Errorf("%d starts, left running: %v; want 4 and none", f.starts, f.running)
	}
	if n, closed := f.clients.Load(), f.closed.Load(); n != 9 || closed != 9 {
		t.Errorf("%d clients, %d closed; want 9 of 10 callers that share by 4, in 3 stops", n, closed)
	}
	if n := f.most.Load(); n > 4 {
		t.Errorf("%d calls of a client at once, want at most 4", n)
	}
	total := r.Total()
	if total.Callers != 30 || total.Connections != 9 || total.Unserved != 0 || total.Answered < 60 || total.Answered != total.Attempts() {
		t.Errorf("total = %+v", total)
	}
}

// Callers that the successor does not serve are named, and the trial ends.
func TestRunUnserved(t *testing.T) {
	f := newFake(func(addr string) load.Outcome {
		if addr == "a" {
			return load.OK
		}
		return load.HTTPError
	})
	trial := f.trial()
	trial.Stops, trial.Timeout = 1, 200*time.Millisecond
	r, err := trial.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	total := r.Total()
	if total.Unserved != 10 || total.Lost == 0 {
		t.Errorf("total = %+v, want 10 unserved and some lost", total)
	}
	if err := r.Check(); err == nil || !strings.Contains(err.Error(), "10 callers were not served after a stop") {
		t.Errorf("Check = %v", err)
	}
}

// The gap is the longest one after the stop request, whose end is an answer.
func TestRunGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loading{base: time.Now()}
		for _, step := range []struct {
			wait time.Duration
			do   func()
		}{
			{time.Hour, l.answered},
			{time.Minute, l.ask},
			{7 * time.Second, l.answered},
			{9 * time.Second, l.answered},
			{8 * time.Second, l.answered},
		} {
			time.Sleep(step.wait)
			step.do()
		}
		if got, want := time.Duration(l.gap.Load()), 9*time.Second; got != want {
			t.Errorf("gap = %v, want %v", got, want)
		}
	})
}

func TestRunErrors(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name   string
		change func(*Trial, *fake)
		want   string
	}{
		{"no start", func(t *Trial, _ *fake) { t.Start = nil }, "drops: nil Start"},
		{"no kind", func(t *Trial, _ *fake) { t.Loads[0].Kind = nil }, `drops: load: "fake": nil Kind`},
		{"no callers", func(t *Trial, _ *fake) { t.Loads[0].Callers = 0 }, `drops: load: "fake": no Callers, or negative Share, Think or Rate`},
		{"no load", func(t *Trial, _ *fake) { t.Loads = []load.Load{} }, "drops: load: empty Loads"},
		{"twice", func(t *Trial, _ *fake) { t.Loads = append(t.Loads, t.Loads[0]) }, `drops: load: two are called "fake"`},
		{"negative", func(t *Trial, _ *fake) { t.RTT = -1 }, "drops: load: negative RTT, Timeout or Failures"},
		{"start", func(t *Trial, _ *fake) {
			t.Start = func(context.Context) (string, func(context.Context) error, error) { return "", nil, boom }
		}, "drops: start: boom"},
		{"successor", func(t *Trial, f *fake) {
			t.Start = func(ctx context.Context) (string, func(context.Context) error, error) {
				if f.starts == 1 {
					return "", nil, boom
				}
				return f.start(ctx)
			}
		}, "drops: stop 1: start: boom"},
		{"not served", func(t *Trial, f *fake) {
			t.Timeout = 50 * time.Millisecond
			f.answer = always(load.HTTPError)
		}, "drops: stop 1: 10 of 10 callers were not answered before it: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(always(load.OK))
			trial := f.trial()
			tt.change(&trial, f)
			r, err := trial.Run(t.Context())
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
			if r == nil || len(r.Stops) != 0 {
				t.Errorf("result = %v, want one without stops", r)
			}
			if len(f.running) != 0 {
				t.Errorf("left running: %v", f.running)
			}
		})
	}
}

func TestRunStopFails(t *testing.T) {
	f := newFake(always(load.OK))
	f.stopErr = errors.New("boom")
	_, err := f.trial().Run(t.Context())
	if !errors.Is(err, f.stopErr) || len(f.running) != 0 {
		t.Errorf("error = %v, left running: %v", err, f.running)
	}
}

func TestRunGivenUp(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	f := newFake(func(addr string) load.Outcome {
		if addr == "b" {
			cancel(why)
		}
		return load.OK
	})
	r, err := f.trial().Run(ctx)
	if !errors.Is(err, why) || len(r.Stops) > 1 || len(f.running) != 0 {
		t.Errorf("Run = %d stops, %v; left running: %v", len(r.Stops), err, f.running)
	}
}

// A test that fails in Start or stop ends its goroutine: callers end with it.
func TestRunGoexit(t *testing.T) {
	f := newFake(always(load.OK))
	trial := f.trial()
	trial.Start = func(ctx context.Context) (string, func(context.Context) error, error) {
		addr, stop, err := f.start(ctx)
		return addr, func(ctx context.Context) error {
			if addr == "b" {
				runtime.Goexit()
			}
			return stop(ctx)
		}, err
	}
	var ended sync.WaitGroup
	ended.Go(func() { trial.Run(t.Context()) })
	ended.Wait()
	if n, closed := f.clients.Load(), f.closed.Load(); n != 6 || closed != 6 {
		t.Errorf("%d clients, %d closed; want 6 in two stops", n, closed)
	}
}
