// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/pool"
	"github.com/go-quiesce/quiesce/scope"
)

// A full queue starts workers before anyone is held up or refused.
func TestFullQueueStartsWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(1, 3), pool.WithQueue(2), pool.WithGrowAfter(time.Hour), pool.WithFull(pool.Reject))
		defer p.Stop()
		for i, want := range []int{1, 1, 1, 2, 3} {
			submit(t, p, "job", sleeps(time.Minute))
			synctest.Wait()
			if got := p.Stats().Workers; got != want {
				t.Errorf("after %d jobs: %d workers, want %d", i+1, got, want)
			}
		}
		if err := p.Submit(t.Context(), "job", nothing); err != pool.ErrFull {
			t.Errorf("Submit: %v", err)
		}
		wantStats(t, p, pool.Stats{Workers: 3, Running: 3, Queued: 2, Refused: 1})
	})
}

// Without a queue a job is accepted if there is a worker for it.
func TestNoQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 2), pool.WithQueue(0), pool.WithFull(pool.Reject))
		defer p.Stop()
		for range 5 {
			for range 2 {
				submit(t, p, "job", sleeps(time.Second))
			}
			if err := p.Submit(t.Context(), "job", nothing); err != pool.ErrFull {
				t.Errorf("Submit: %v", err)
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		wantStats(t, p, pool.Stats{OK: 10, Refused: 5, Workers: 2, Idle: 2})
	})
}

// Callers who wait are served in the order in which they came, and nobody who comes
// later overtakes them.
func TestBlockIsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 1), pool.WithQueue(1))
		var got []int
		for i := range 10 {
			go func() {
				err := p.Submit(t.Context(), "job", func(context.Context) error {
					time.Sleep(time.Second)
					got = append(got, i)
					return nil
				})
				if err != nil {
					t.Errorf("Submit: %v", err)
				}
			}()
			synctest.Wait()
		}
		wantStats(t, p, pool.Stats{Workers: 1, Running: 1, Queued: 1, Waiting: 8})
		if err := p.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Errorf("order: %v", got)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestBlockEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 1), pool.WithQueue(0))
		defer p.Stop()
		submit(t, p, "job", sleeps(time.Minute))
		impatient := errors.New("impatient")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, impatient)
		defer cancel()
		began := time.Now()
		j, err := p.Start(ctx, "late", func(context.Context) error { t.Error("it ran"); return nil })
		if j != nil || err != impatient || time.Since(began) != time.Second {
			t.Errorf("Start: %v after %v", err, time.Since(began))
		}
		wantStats(t, p, pool.Stats{Workers: 1, Running: 1, Refused: 1})
	})
}

// Who waits for room is refused by a close, unless he is part of what it waits for.
func TestBlockEndsWithClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 2), pool.WithQueue(0))
		inner := false
		submit(t, p, "outer", func(ctx context.Context) error {
			time.Sleep(time.Millisecond) // the other caller is first
			return p.Submit(ctx, "inner", func(context.Context) error { inner = true; return nil })
		})
		submit(t, p, "job", sleeps(time.Second))
		refused := make(chan error, 1)
		go func() { refused <- p.Submit(t.Context(), "late", nothing) }()
		time.Sleep(2 * time.Millisecond)
		wantStats(t, p, pool.Stats{Workers: 2, Running: 2, Waiting: 2})
		if err := p.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-refused; !errors.Is(err, scope.ErrScopeClosed) || !errors.Is(err, scope.ErrDraining) {
			t.Errorf("Submit: %v", err)
		}
		if !inner {
			t.Error("the inner job did not run")
		}
	})
}

func callerRuns(t *testing.T, options ...pool.Option) *pool.Pool {
	p := pool.New(t.Context(), "p", append(options, pool.WithWorkers(0, 1), pool.WithQueue(0), pool.WithFull(pool.CallerRuns))...)
	submit(t, p, "job", sleeps(time.Minute))
	synctest.Wait()
	return p
}

func TestCallerRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failed []string
		p := callerRuns(t, pool.WithErrors(func(e *scope.TaskError) { failed = append(failed, e.Error()) }))
		began := time.Now()
		pprof.Do(t.Context(), pprof.Labels("mine", "yes"), func(ctx context.Context) {
			err := p.Submit(ctx, "here", func(ctx context.Context) error {
				if name, _ := pprof.Label(ctx, scope.LabelTask); name != "here" {
					t.Errorf("label: %q", name)
				}
				if v := p.Scope().Survey(); len(v.Groups) != 2 || v.Groups[0].Task != "here" {
					t.Errorf("survey: %+v", v.Groups)
				}
				time.Sleep(time.Second)
				return errors.New("no luck")
			})
			if err != nil || time.Since(began) != time.Second {
				t.Errorf("Submit: %v after %v", err, time.Since(began))
			}
		})
		if !slices.Equal(failed, []string{`task "here" of "p": no luck`}) {
			t.Errorf("errors: %q", failed)
		}
		j := start(t, p, "here", nothing)
		select {
		case <-j.Done():
		default:
			t.Error("not resolved")
		}
		wantStats(t, p, pool.Stats{OK: 1, Failed: 1, Workers: 1, Running: 1})
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Close waits for a job on its caller's goroutine, and names it if it has to.
func TestCloseWaitsForCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := callerRuns(t)
		go p.Submit(context.Background(), "here", sleeps(time.Hour))
		synctest.Wait()
		err := p.Close(within(t, 30*time.Minute))
		if e, ok := errors.AsType[*scope.UnstoppedError](err); !ok || len(e.Survey.Groups) != 1 || e.Survey.Groups[0].Task != "here" {
			t.Errorf("Close: %v", err)
		}
		time.Sleep(time.Hour)
		wantStats(t, p, pool.Stats{OK: 2})
		if err := p.Close(within(t, time.Minute)); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}

// A job that panics on its caller's goroutine is accounted for, and then the caller's.
func TestCallerRunsPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := callerRuns(t)
		defer p.Stop()
		func() {
			defer func() {
				if v := recover(); v != "oops" {
					t.Errorf("recovered %v", v)
				}
			}()
			_ = p.Submit(t.Context(), "here", func(context.Context) error { panic("oops") })
			t.Error("Submit has returned")
		}()
		wantStats(t, p, pool.Stats{Panicked: 1, Workers: 1, Running: 1})
	})
}

func TestCallerRunsPanicRecovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := callerRuns(t, pool.WithScope(scope.RecoverPanics(nil)))
		defer p.Stop()
		err := start(t, p, "here", func(context.Context) error { panic("oops") }).Wait(t.Context())
		if e, ok := errors.AsType[*scope.PanicError](err); !ok || e.Value != "oops" {
			t.Errorf("Wait: %v", err)
		}
		wantStats(t, p, pool.Stats{Panicked: 1, Workers: 1, Running: 1})
	})
}

func TestCallerRunsGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told atomic.Pointer[scope.TaskError]
		p := callerRuns(t, pool.WithErrors(func(e *scope.TaskError) { told.Store(e) }))
		defer p.Stop()
		go func() {
			_ = p.Submit(t.Context(), "here", func(context.Context) error { runtime.Goexit(); return nil })
			t.Error("Submit has returned")
		}()
		wantStats(t, p, pool.Stats{Exited: 1, Workers: 1, Running: 1})
		if e := told.Load(); e == nil || e.Outcome != scope.Exited || e.Task != "here" {
			t.Errorf("told %v", e)
		}
	})
}

// A job that is refused by the scope at the last moment has not run.
func TestCallerRunsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := callerRuns(t)
		p.Scope().Shut(nil)
		if err := p.Submit(t.Context(), "here", nothing); !errors.Is(err, scope.ErrScopeClosed) {
			t.Errorf("Submit: %v", err)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
		wantStats(t, p, pool.Stats{OK: 1, Refused: 1})
	})
}

func TestFullNames(t *testing.T) {
	if got := fmt.Sprint(pool.Block, pool.Reject, pool.CallerRuns); got != "block reject caller-runs" {
		t.Errorf("got %q", got)
	}
}
