// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A queue is a scope with a limit, and callers that wait in it.
type queue struct {
	*Scope
	t    *testing.T
	free map[string]chan struct{}

	mu     sync.Mutex
	events []string // "a in", "b: why not"
}

func newQueue(t *testing.T, limit int) *queue {
	return &queue{Scope: New(t.Context(), "s", WithLimit(limit)), t: t, free: make(map[string]chan struct{})}
}

// want starts a task that runs until it is ended, and lets it come as far as it does.
func (q *queue) want(name string, weight int) {
	q.wantBy(q.t.Context(), name, weight)
}

func (q *queue) wantBy(ctx context.Context, name string, weight int) {
	free := make(chan struct{})
	q.free[name] = free
	go func() {
		_, err := q.Start(ctx, name, func(context.Context) error {
			q.happens(name + " in")
			<-free
			return nil
		}, Weight(weight))
		if err != nil {
			q.happens(name + ": " + err.Error())
		}
	}()
	synctest.Wait()
}

func (q *queue) happens(event string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.events = append(q.events, event)
}

func (q *queue) end(name string) {
	close(q.free[name])
	delete(q.free, name)
	synctest.Wait()
}

// are compares what has happened since the last call, in any order: goroutines that
// were let in together may come in any.
func (q *queue) are(want ...string) {
	q.t.Helper()
	synctest.Wait()
	q.mu.Lock()
	defer q.mu.Unlock()
	slices.Sort(q.events)
	slices.Sort(want)
	if !slices.Equal(q.events, want) {
		q.t.Errorf("got %q, want %q", q.events, want)
	}
	q.events = nil
}

func (q *queue) close() {
	for _, free := range q.free {
		close(free)
	}
	_ = q.Stop()
	if i := info(q.t, q.Scope); i.Used != 0 || i.Waiting != 0 {
		q.t.Errorf("left over: %+v", i)
	}
}

func TestLimitKeepsOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newQueue(t, 2)
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			q.want(name, 1)
		}
		q.are("a in", "b in")
		if i := info(t, q.Scope); i.Limit != 2 || i.Used != 2 || i.Waiting != 3 || i.Running != 2 {
			t.Errorf("%+v", i)
		}
		q.end("b")
		q.are("c in")
		q.end("c")
		q.are("d in")
		q.end("a")
		q.are("e in")
		q.close()
	})
}

// A heavy one is not overtaken by light ones that would fit.
func TestLimitWeights(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newQueue(t, 4)
		q.want("a", 3)
		q.want("heavy", 4)
		q.want("light", 1)
		q.want("zero", 0) // counts as 1
		q.are("a in")
		q.want("too heavy", 5)
		q.want("enormous", math.MaxInt)
		q.are(`too heavy: scope: weight 5 is above the limit 4 of "s"`,
			fmt.Sprintf(`enormous: scope: weight %d is above the limit 4 of "s"`, math.MaxInt32))
		q.end("a")
		q.are("heavy in")
		q.end("heavy")
		q.are("light in", "zero in")
		q.close()
	})
}

func TestLimitContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newQueue(t, 2)
		ctx, cancel := context.WithCancelCause(t.Context())
		q.want("a", 1)
		q.wantBy(ctx, "heavy", 2)
		q.want("light", 1)
		q.are("a in")
		cancel(errTest) // who leaves makes room
		q.are("heavy: test", "light in")
		q.wantBy(ctx, "b", 1) // it has to wait, and will not
		q.are("b: test")
		if i := info(t, q.Scope); i.Refused != 2 {
			t.Errorf("refused %d, want 2", i.Refused)
		}
		q.close()
	})
}

// Who waits is sent away when the scope takes no new work; but not what belongs to
// work in flight, which may then have room.
func TestLimitAndShut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newQueue(t, 3)
		q.want("a", 2)
		q.want("heavy", 2)
		q.wantBy(WorkContext(q.Context()), "inner", 1)
		q.wantBy(WorkContext(q.Context()), "inner 2", 1)
		q.are("a in")
		q.Shut(errTest)
		q.are(`heavy: scope: "s" is draining: test`, "inner in")
		q.Cancel(nil)
		q.are(`inner 2: scope: "s" is cancelled: scope was stopped`)
		q.close()
	})
}

// A slot that was granted in the moment in which the scope ends is given back.
func TestLimitGrantAndCancel(t *testing.T) {
	for range 2000 {
		s := New(t.Context(), "s", WithLimit(1))
		first := make(chan struct{})
		mustGo(t, s, "first", until(first))
		var ran, admitted atomic.Bool
		var wg sync.WaitGroup
		wg.Go(func() {
			err := s.Go(t.Context(), "second", func(context.Context) error { ran.Store(true); return nil })
			admitted.Store(err == nil)
			if err != nil && !errors.Is(err, ErrScopeClosed) {
				t.Errorf("Go: %v", err)
			}
		})
		wg.Go(func() { close(first) })
		wg.Go(func() { s.Cancel(nil) })
		wg.Wait()
		_ = s.Stop()
		if i := info(t, s); ran.Load() != admitted.Load() || i.Used != 0 || i.Waiting != 0 {
			t.Fatalf("ran %v, admitted %v, %+v", ran.Load(), admitted.Load(), i)
		}
	}
}

func TestSetLimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newQueue(t, 0)
		q.want("a", 1)
		q.want("b", 1)
		q.want("c", 7) // without a limit it means nothing
		q.are("a in", "b in", "c in")
		q.SetLimit(3) // the three have ten
		q.want("d", 3)
		q.want("e", 1)
		q.are()
		q.end("c")
		q.end("a")
		q.are()
		q.SetLimit(2) // too few for d, which e was behind
		q.are(`d: scope: weight 3 is above the limit 2 of "s"`, "e in")
		q.want("f", 1)
		q.want("g", 1)
		q.SetLimit(3)
		q.are("f in")
		q.SetLimit(-1)
		q.are("g in")
		q.close()
	})
}

// SetLimit may have changed again when who was turned away comes to look.
func TestSetLimitTellsWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q := newQueue(t, 3)
		q.want("a", 3)
		q.want("b", 3)
		q.SetLimit(2)
		q.SetLimit(9)
		q.are("a in", `b: scope: weight 3 is above the limit 2 of "s"`)
		q.close()
	})
}

func TestTryGo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s", WithLimit(1))
		release := make(chan struct{})
		wantErr(t, "TryGo", s.TryGo(t.Context(), "a", until(release)), nil)
		wantErr(t, "TryGo at the limit", s.TryGo(t.Context(), "b", returns(nil)), ErrFull)
		go s.Go(t.Context(), "waits", returns(nil))
		synctest.Wait()
		s.SetLimit(2)
		synctest.Wait()
		wantErr(t, "TryGo with room", s.TryGo(t.Context(), "c", until(release)), nil)
		if i := info(t, s); i.Refused != 1 || i.Admitted != 3 {
			t.Errorf("%+v", i)
		}
		s.Shut(nil)
		wantErr(t, "TryGo at the limit of a scope that was shut", s.TryGo(t.Context(), "d", returns(nil)), ErrScopeClosed)
		wantErr(t, "the same for work in flight", s.TryGo(s.Context(), "d", returns(nil)), ErrFull)
		close(release)
		wantErr(t, "Stop", s.Stop(), nil)
	})
}

// Nobody waits for ever, and nobody is above the limit, whatever happens at once.
func TestLimitRace(t *testing.T) {
	s := New(t.Context(), "s", WithLimit(3), WithPolicy(Isolate))
	var running, most atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(j)*time.Microsecond)
				_, err := s.Start(ctx, "x", func(context.Context) error {
					now := running.Add(int64(i%3 + 1))
					for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
					}
					running.Add(-int64(i%3 + 1))
					return nil
				}, Weight(i%3+1))
				cancel()
				if err != nil && !errors.Is(err, context.DeadlineExceeded) && !strings.Contains(err.Error(), "weight") {
					t.Errorf("Start: %v", err)
				}
			}
		})
	}
	wg.Go(func() {
		for j := range 200 {
			s.SetLimit(j%2 + 2)
		}
	})
	wg.Wait()
	_ = s.Stop()
	if i := info(t, s); most.Load() > 3 || i.Used != 0 || i.Waiting != 0 || i.Admitted+i.Refused != 8*200 {
		t.Errorf("at most %d at once, %+v", most.Load(), i)
	}
}
