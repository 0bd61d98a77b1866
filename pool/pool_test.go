// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/pool"
	"github.com/go-quiesce/quiesce/scope"
)

func TestJobsBeginInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 1))
		var got []int
		for i := range 100 {
			submit(t, p, "job", func(context.Context) error { got = append(got, i); return nil })
		}
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(got) != 100 || !slices.IsSorted(got) {
			t.Errorf("order: %v", got)
		}
		wantStats(t, p, pool.Stats{OK: 100})
	})
}

// A new pool has no goroutines; up to the minimum each job that finds nobody idle
// starts a worker at once.
func TestMinimumIsStartedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(3, 8), pool.WithGrowAfter(time.Hour))
		defer p.Stop()
		wantStats(t, p, pool.Stats{})
		submit(t, p, "job", nothing)
		wantStats(t, p, pool.Stats{OK: 1, Workers: 1, Idle: 1})
		for range 5 {
			submit(t, p, "job", sleeps(time.Minute))
		}
		wantStats(t, p, pool.Stats{OK: 1, Workers: 3, Running: 3, Queued: 2})
	})
}

// Between the minimum and the maximum there is a worker more for each job that has
// waited.
func TestGrowsOnQueueAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(1, 4), pool.WithGrowAfter(10*time.Millisecond))
		defer p.Stop()
		submit(t, p, "job", sleeps(time.Hour))
		synctest.Wait()
		submit(t, p, "job", sleeps(time.Hour)) // sets the alarm
		submit(t, p, "job", sleeps(time.Hour))
		time.Sleep(10*time.Millisecond - 1)
		wantStats(t, p, pool.Stats{Workers: 1, Running: 1, Queued: 2})
		time.Sleep(time.Nanosecond)
		wantStats(t, p, pool.Stats{Workers: 2, Running: 2, Queued: 1})
		time.Sleep(10 * time.Millisecond)
		wantStats(t, p, pool.Stats{Workers: 3, Running: 3})
		for range 3 {
			submit(t, p, "job", sleeps(time.Hour))
		}
		time.Sleep(20 * time.Millisecond)
		wantStats(t, p, pool.Stats{Workers: 4, Running: 4, Queued: 2})
	})
}

// A queue that is long, but in which nobody waits for long, starts nobody.
func TestDoesNotGrowOnLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(1, 4), pool.WithGrowAfter(10*time.Millisecond))
		defer p.Stop()
		for range 1000 {
			for range 9 {
				submit(t, p, "job", sleeps(time.Millisecond))
			}
			time.Sleep(9 * time.Millisecond)
			synctest.Wait()
			if n := p.Stats().Workers; n != 1 {
				t.Fatalf("%d workers", n)
			}
		}
	})
}

func TestGrowAfterZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 4), pool.WithGrowAfter(0))
		defer p.Stop()
		for range 6 {
			submit(t, p, "job", sleeps(time.Hour))
		}
		wantStats(t, p, pool.Stats{Workers: 4, Running: 4, Queued: 2})
	})
}

// Above the minimum, workers end that were idle for the whole time, and those that were
// needed stay.
func TestShrinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(2, 8), pool.WithGrowAfter(0), pool.WithIdle(10*time.Second))
		defer p.Stop()
		for range 8 {
			submit(t, p, "burst", sleeps(time.Second))
		}
		time.Sleep(time.Second)
		wantStats(t, p, pool.Stats{OK: 8, Workers: 8, Idle: 8})
		n := uint64(8)
		for range 10 { // four of them are needed now and then
			time.Sleep(4 * time.Second)
			for range 4 {
				submit(t, p, "load", sleeps(time.Second))
				n++
			}
			synctest.Wait()
		}
		time.Sleep(time.Second)
		wantStats(t, p, pool.Stats{OK: n, Workers: 4, Idle: 4})
		time.Sleep(9 * time.Second)
		if got := p.Stats().Workers; got != 4 {
			t.Errorf("%d workers before anyone can have been idle for 10s, want 4", got)
		}
		time.Sleep(11 * time.Second)
		wantStats(t, p, pool.Stats{OK: n, Workers: 2, Idle: 2})
		time.Sleep(time.Hour)
		wantStats(t, p, pool.Stats{OK: n, Workers: 2, Idle: 2})
	})
}

func TestNobodyIdleBeforeIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 1), pool.WithIdle(time.Second))
		defer p.Stop()
		submit(t, p, "job", nothing)
		time.Sleep(time.Second - 1)
		wantStats(t, p, pool.Stats{OK: 1, Workers: 1, Idle: 1})
		time.Sleep(time.Nanosecond)
		wantStats(t, p, pool.Stats{OK: 1})
	})
}

func TestResize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 2), pool.WithGrowAfter(0))
		defer p.Stop()
		for range 6 {
			submit(t, p, "job", sleeps(time.Minute))
		}
		wantStats(t, p, pool.Stats{Workers: 2, Running: 2, Queued: 4})
		p.Resize(0, 4)
		wantStats(t, p, pool.Stats{Workers: 4, Running: 4, Queued: 2})
		p.Resize(0, 1)
		wantStats(t, p, pool.Stats{Workers: 4, Running: 4, Queued: 2})
		time.Sleep(time.Minute)
		wantStats(t, p, pool.Stats{OK: 4, Workers: 1, Running: 1, Queued: 1})
		time.Sleep(2 * time.Minute)
		p.Resize(3, 3)
		for range 3 {
			submit(t, p, "job", nothing)
			submit(t, p, "job", sleeps(time.Second))
		}
		time.Sleep(time.Minute)
		wantStats(t, p, pool.Stats{OK: 12, Workers: 3, Idle: 3})
		p.Resize(-1, 0) // counts as 0, 1
		wantStats(t, p, pool.Stats{OK: 12, Workers: 1, Idle: 1})
		if s := p.Stats(); s.Min != 0 || s.Max != 1 {
			t.Errorf("bounds: %d, %d", s.Min, s.Max)
		}
		time.Sleep(time.Hour)
		wantStats(t, p, pool.Stats{OK: 12})
	})
}

// Callers who wait because there is no queue get the workers of a higher maximum.
func TestResizeLetsInWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 1), pool.WithQueue(0))
		defer p.Stop()
		for range 3 {
			go func() {
				if err := p.Submit(t.Context(), "job", sleeps(time.Minute)); err != nil {
					t.Errorf("Submit: %v", err)
				}
			}()
		}
		wantStats(t, p, pool.Stats{Workers: 1, Running: 1, Waiting: 2})
		p.Resize(0, 3)
		wantStats(t, p, pool.Stats{Workers: 3, Running: 3})
	})
}

func TestContextOfJob(t *testing.T) {
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		ctx := context.WithValue(t.Context(), key{}, "of New")
		p := pool.New(ctx, "p")
		defer p.Stop()
		j, err := p.Start(context.WithValue(ctx, key{}, "of Start"), "job", func(ctx context.Context) error {
			if got := ctx.Value(key{}); got != "of New" {
				t.Errorf("value: %v", got)
			}
			if scope.From(ctx) != p.Scope() {
				t.Errorf("scope: %v", scope.From(ctx))
			}
			if scope.WorkContext(ctx) == ctx || scope.WorkContext(ctx).Value(key{}) != "of New" {
				t.Error("no work context")
			}
			return nil
		})
		if err != nil || j.Name() != "job" || j.Wait(t.Context()) != nil {
			t.Error(j, err)
		}
	})
}

// A job's context ends after its time, that of begun work too, and what it had left is
// in the survey.
func TestJobTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithJobTimeout(time.Second))
		defer p.Stop()
		began := time.Now()
		slow := start(t, p, "slow", func(ctx context.Context) error {
			<-ctx.Done()
			<-scope.WorkContext(ctx).Done()
			return ctx.Err()
		})
		err := slow.Wait(t.Context())
		if e, ok := errors.AsType[*scope.TaskError](err); !ok || e.Task != "slow" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error: %v", err)
		}
		if d := time.Since(began); d != time.Second {
			t.Errorf("after %v", d)
		}
		if err := start(t, p, "slow", sleeps(900*time.Millisecond)).Wait(t.Context()); err != nil {
			t.Error(err)
		}
		use := p.Scope().Survey().Use
		if len(use) != 1 || use[0].Task != "slow" || use[0].Left != [8]uint64{0, 0, 0, 1, 0, 0, 0, 1} {
			t.Errorf("use: %+v", use)
		}
	})
}

func TestOptionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(9, 3), pool.WithQueue(-1), pool.WithIdle(-1), pool.WithFull(pool.Reject))
		defer p.Stop()
		if s := p.Stats(); s.Min != 3 || s.Max != 3 {
			t.Errorf("bounds: %+v", s)
		}
		for range 3 {
			submit(t, p, "job", sleeps(time.Second))
		}
		if err := p.Submit(t.Context(), "job", nothing); err != pool.ErrFull {
			t.Errorf("Submit: %v", err)
		}
		time.Sleep(time.Second)
		wantStats(t, p, pool.Stats{OK: 3, Refused: 1, Workers: 3, Idle: 3})
	})
}

// In a survey each running job is a task of its name; idle workers are listed as such.
func TestSurvey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithGrowAfter(0), pool.WithWorkers(0, 8), pool.WithScope(scope.WithAges()))
		for range 2 {
			submit(t, p, "short", sleeps(time.Second))
		}
		synctest.Wait()
		time.Sleep(3 * time.Second)
		for range 3 {
			submit(t, p, "long", sleeps(time.Minute))
		}
		synctest.Wait()
		time.Sleep(2 * time.Second)
		submit(t, p, "other", sleeps(time.Minute))
		submit(t, p, "short", sleeps(0))
		synctest.Wait()
		var got []string
		for _, g := range p.Scope().Survey().Groups {
			got = append(got, g.Scope+" "+g.Task+" "+strings.Repeat("|", g.Count)+" "+g.Oldest.String())
		}
		want := []string{"p long ||| 2s", "p other | 0s", "p worker | 0s"}
		if !slices.Equal(got, want) {
			t.Errorf("groups: %q, want %q", got, want)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p")
		defer p.Stop()
		if err := p.Wait(t.Context()); err != nil {
			t.Errorf("nothing to do: %v", err)
		}
		began := time.Now()
		submit(t, p, "outer", func(ctx context.Context) error {
			if err := p.Wait(ctx); err != scope.ErrReentrant {
				t.Errorf("Wait in a job: %v", err)
			}
			time.Sleep(time.Second)
			return p.Submit(ctx, "inner", sleeps(time.Second))
		})
		if err := p.Wait(within(t, time.Second)); err != context.DeadlineExceeded {
			t.Errorf("Wait: %v", err)
		}
		if err := p.Wait(t.Context()); err != nil || time.Since(began) != 2*time.Second {
			t.Errorf("Wait: %v after %v", err, time.Since(began))
		}
	})
}

// 10,000 workers come, work and go.
func TestTenThousandWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 10_000
		p := pool.New(t.Context(), "p", pool.WithWorkers(10, n), pool.WithQueue(n), pool.WithStuckAfter(time.Minute, 0, nil))
		defer p.Stop()
		for range n {
			submit(t, p, "job", sleeps(time.Second))
		}
		time.Sleep(2 * pool.DefaultGrowAfter)
		wantStats(t, p, pool.Stats{Workers: n, Running: n})
		if v := p.Scope().Survey(); len(v.Groups) != 1 || v.Groups[0].Count != n {
			t.Errorf("groups: %+v", v.Groups)
		}
		time.Sleep(time.Second)
		wantStats(t, p, pool.Stats{OK: n, Workers: n, Idle: n})
		time.Sleep(2 * pool.DefaultIdle)
		wantStats(t, p, pool.Stats{OK: n, Workers: 10, Idle: 10})
	})
}

func TestSubmitDoesNotAllocate(t *testing.T) {
	ctx := t.Context()
	p := pool.New(ctx, "p", pool.WithWorkers(1, 4))
	defer p.Stop()
	ran := make(chan struct{}, 1)
	f := func(context.Context) error { ran <- struct{}{}; return nil }
	for _, names := range [][2]string{{"one", "one"}, {"one", "two"}} {
		i := 0
		n := testing.AllocsPerRun(1000, func() {
			if err := p.Submit(ctx, names[i&1], f); err != nil {
				t.Fatal(err)
			}
			i++
			<-ran
		})
		if n > 0 {
			t.Errorf("%v: %v allocations", names, n)
		}
	}
}
