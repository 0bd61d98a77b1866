// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestTask(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s")
		release := make(chan struct{})
		task := mustStart(t, s, "task", until(release))
		if task.Name() != "task" || task.Outcome() != Running {
			t.Errorf("%q, %v", task.Name(), task.Outcome())
		}
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errTest)
		defer cancel()
		wantErr(t, "Wait with a context that ends", task.Wait(ctx), errTest)
		if task.Outcome() != Running {
			t.Error("the task does not go on")
		}
		close(release)
		<-task.Done()
		wantErr(t, "Wait", task.Wait(t.Context()), nil)
		wantErr(t, "Wait with a context that has ended, for a task that has too", task.Wait(ctx), nil)
		if task.Outcome() != OK {
			t.Errorf("outcome %v", task.Outcome())
		}
		wantErr(t, "Stop", s.Stop(), nil)
	})
}

// The handle is settled when the scope has nothing to wait for, and the slot is free
// when the handle is settled.
func TestTaskIsSettledWithTheScope(t *testing.T) {
	s := New(t.Context(), "s", WithLimit(1))
	for range 2000 {
		task := mustStart(t, s, "task", returns(nil))
		if err := s.Wait(t.Context()); err != nil || task.Outcome() != OK {
			t.Fatalf("after Wait: %v, %v", err, task.Outcome())
		}
		task = mustStart(t, s, "task", returns(nil))
		<-task.Done()
		if err := s.TryGo(t.Context(), "next", returns(nil)); err != nil {
			t.Fatalf("TryGo after Done: %v", err)
		}
		_ = s.Wait(t.Context())
	}
	_ = s.Stop()
}

func TestDoneFromMany(t *testing.T) {
	for range 500 {
		s := New(t.Context(), "s")
		release := make(chan struct{})
		task := mustStart(t, s, "task", until(release))
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				<-task.Done()
				if task.Outcome() != OK || task.Wait(context.Background()) != nil {
					t.Error("Done is closed before the task has ended")
				}
			})
		}
		close(release)
		wg.Wait()
		_ = s.Stop()
	}
}

func TestCancelOneTask(t *testing.T) {
	for _, test := range []struct {
		name         string
		cause, wants error
		f            func(context.Context) error
		outcome      Outcome
	}{
		{"it returns the cause", errTest, errTest, untilTaken, OK},
		{"it returns the cause, of its work", errTest, errTest, untilCut, OK},
		{"it returns Canceled", errTest, errTest, untilErr, OK},
		{"no cause", nil, context.Canceled, untilTaken, OK},
		{"it returns something else", errTest, errTest, func(ctx context.Context) error {
			<-ctx.Done()
			return errors.New("other")
		}, Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := New(t.Context(), "s")
				var take, work context.Context
				mustGo(t, s, "other", untilTaken)
				task := mustStart(t, s, "task", func(ctx context.Context) error {
					take, work = ctx, WorkContext(ctx)
					return test.f(ctx)
				}, Cancelable())
				synctest.Wait()
				task.Cancel(test.cause)
				task.Cancel(errors.New("second"))
				err := task.Wait(t.Context())
				if task.Outcome() != test.outcome || (err == nil) != (test.outcome == OK) {
					t.Errorf("%v, %v", task.Outcome(), err)
				}
				wantErr(t, "cause", context.Cause(take), test.wants)
				wantErr(t, "cause of the work", context.Cause(work), test.wants)
				if test.outcome == OK {
					wantState(t, s, Open)
				}
				_ = s.Stop()
			})
		})
	}
}

// Cancel after the timeout does not make a task that overran a good one.
func TestCancelAfterTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s")
		task := mustStart(t, s, "task", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			return ctx.Err()
		}, Timeout(time.Second))
		time.Sleep(1500 * time.Millisecond)
		task.Cancel(nil)
		wantErr(t, "Wait", task.Wait(t.Context()), context.DeadlineExceeded)
		wantErr(t, "Stop", s.Stop(), context.DeadlineExceeded)
	})
}

func TestCancelNeedsCancelable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s")
		task := mustStart(t, s, "task", untilTaken, Weight(2))
		defer func() {
			if got, want := recover(), `scope: Cancel of task "task", which was not started as Cancelable`; got != want {
				t.Errorf("panic %v, want %q", got, want)
			}
			_ = s.Stop()
		}()
		task.Cancel(nil)
	})
}

func TestTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s", WithPolicy(CollectAll))
		for _, f := range []func(context.Context) error{untilTaken, untilCut} {
			start := time.Now()
			task := mustStart(t, s, "task", f, Timeout(time.Minute))
			wantErr(t, "Wait", task.Wait(t.Context()), context.DeadlineExceeded)
			if got := time.Since(start); got != time.Minute || task.Outcome() != Failed {
				t.Errorf("it took %v, %v", got, task.Outcome())
			}
		}
		task := mustStart(t, s, "task", untilTaken, Timeout(0), Cancelable())
		late := mustStart(t, s, "task", untilTaken, Timeout(-1))
		wantErr(t, "a timeout that has passed", late.Wait(t.Context()), context.DeadlineExceeded)
		time.Sleep(time.Hour)
		if task.Outcome() != Running {
			t.Error("no timeout ends")
		}
		_ = s.Stop()
	})
}

// The contexts of a task that has its own end with the scope and with the task.
func TestOwnContextsEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s")
		ctxs := make(chan context.Context, 2)
		keep := func(then func(context.Context) error) func(context.Context) error {
			return func(ctx context.Context) error {
				ctxs <- ctx
				ctxs <- WorkContext(ctx)
				return then(ctx)
			}
		}
		_ = mustStart(t, s, "ends", keep(returns(nil)), Timeout(time.Hour)).Wait(t.Context())
		wantErr(t, "after the task", (<-ctxs).Err(), context.Canceled)
		wantErr(t, "after the task", (<-ctxs).Err(), context.Canceled)

		task := mustStart(t, s, "task", keep(untilCut), Cancelable())
		take, work := <-ctxs, <-ctxs
		if From(take) != s || From(work) != s {
			t.Error("the contexts are not the scope's")
		}
		s.Shut(errTest)
		wantErr(t, "Shut", context.Cause(take), errTest)
		wantErr(t, "Shut and the work", work.Err(), nil)
		wantErr(t, "Wait of the scope by a task with its own contexts", s.Wait(take), ErrReentrant)
		s.Cancel(nil)
		wantErr(t, "Cancel and the work", context.Cause(work), ErrStopped)
		wantErr(t, "Wait", task.Wait(t.Context()), nil)
		wantErr(t, "Stop", s.Stop(), nil)
	})
}

// Racing ends: the task returns while it is cancelled, the scope is cancelled, and
// its handle is waited for. The race detector looks on.
func TestTaskRace(t *testing.T) {
	var oks atomic.Int64
	for range 300 {
		s := New(t.Context(), "s", WithPolicy(CollectAll))
		task := mustStart(t, s, "task", untilTaken, Cancelable())
		var wg sync.WaitGroup
		wg.Go(func() { task.Cancel(nil) })
		wg.Go(func() { s.Cancel(nil) })
		wg.Go(func() { <-task.Done() })
		wg.Go(func() {
			if task.Wait(t.Context()) == nil {
				oks.Add(1)
			}
		})
		wg.Wait()
		_ = s.Stop()
	}
	if oks.Load() != 300 {
		t.Errorf("%d of 300 were called off", oks.Load())
	}
}
