// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/pool"
	"github.com/go-quiesce/quiesce/scope"
)

// The largest numbers are no bounds, and do not overflow.
func TestOptionExtremes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = math.MaxInt
		p := pool.New(t.Context(), "p", pool.WithWorkers(1, most), pool.WithQueue(most), pool.WithFull(pool.Reject),
			pool.WithGrowAfter(0), pool.WithIdle(math.MaxInt64), pool.WithStuckAfter(time.Second, most, nil))
		defer p.Stop()
		submit(t, p, "job", sleeps(time.Minute))
		time.Sleep(2 * time.Second) // it is stuck
		for range 3 {
			submit(t, p, "job", sleeps(time.Minute))
		}
		if err := p.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		wantStats(t, p, pool.Stats{OK: 4, Workers: 4, Idle: 4})
	})
}

// A job that begins on its caller's goroutine when no new work may be taken gets the
// context under which it can do something, as those of workers do.
func TestCallerRunsWhileShut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scope.New(t.Context(), "s")
		defer s.Stop()
		p := pool.New(s.Context(), "p", pool.WithWorkers(0, 1), pool.WithQueue(0), pool.WithFull(pool.CallerRuns))
		submit(t, p, "outer", func(ctx context.Context) error {
			<-ctx.Done()
			return p.Submit(ctx, "inner", func(ctx context.Context) error {
				if ctx.Err() != nil {
					t.Errorf("the context of a job that has just begun: %v", context.Cause(ctx))
				}
				return nil
			})
		})
		synctest.Wait()
		s.Shut(nil)
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
		wantStats(t, p, pool.Stats{OK: 2})
	})
}

// What is told of a job's error on its caller's goroutine may exit or panic: the job has
// ended all the same.
func TestCallerRunsErrorsExits(t *testing.T) {
	for name, end := range map[string]func(){"exits": runtime.Goexit, "panics": func() { panic("told") }} {
		synctest.Test(t, func(t *testing.T) {
			p := pool.New(t.Context(), "p", pool.WithWorkers(0, 1), pool.WithQueue(0), pool.WithFull(pool.CallerRuns),
				pool.WithErrors(func(*scope.TaskError) { end() }))
			submit(t, p, "busy", sleeps(time.Second))
			go func() {
				defer func() { _ = recover() }()
				t.Errorf("%s: Submit returned %v", name, p.Submit(t.Context(), "bad", func(context.Context) error { return errors.New("no") }))
			}()
			synctest.Wait()
			wantStats(t, p, pool.Stats{Workers: 1, Running: 1, Failed: 1})
			if err := p.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// WithErrors is told where a job has panicked on its caller's goroutine.
func TestCallerRunsPanicStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told *scope.TaskError
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 1), pool.WithQueue(0), pool.WithFull(pool.CallerRuns),
			pool.WithErrors(func(e *scope.TaskError) { told = e }))
		defer p.Stop()
		submit(t, p, "busy", sleeps(time.Second))
		func() {
			defer func() { _ = recover() }()
			_ = p.Submit(t.Context(), "bad", func(context.Context) error { panic("bad") })
		}()
		e, ok := errors.AsType[*scope.PanicError](told)
		if !ok || !strings.Contains(e.Stack, "TestCallerRunsPanicStack") {
			t.Errorf("told of %+v", e)
		}
	})
}

// A report of a stuck worker that calls runtime.Goexit does not keep the others from
// being told of.
func TestStuckReportExits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told atomic.Int32
		p := pool.New(t.Context(), "p", pool.WithWorkers(3, 3), pool.WithStuckAfter(time.Second, 0, func(pool.Stuck) {
			told.Add(1)
			runtime.Goexit()
		}))
		defer p.Stop()
		for range 3 {
			submit(t, p, "job", sleeps(time.Minute))
		}
		time.Sleep(2 * time.Second)
		if n := told.Load(); n != 3 {
			t.Errorf("told of %d workers, want 3", n)
		}
	})
}

// There is nothing to wait for in a pool without jobs, however late it is.
func TestWaitWithoutTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := pool.New(t.Context(), "p")
	defer p.Stop()
	for range 100 {
		if err := p.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
