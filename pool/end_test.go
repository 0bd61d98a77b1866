// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/pool"
	"github.com/go-quiesce/quiesce/scope"
)

// Each way in which a job ends is counted, told, and the handle's error.
func TestEndings(t *testing.T) {
	failure := errors.New("no luck")
	for _, test := range []struct {
		name  string
		f     func(context.Context) error
		want  error // matched by the error
		text  string
		stats pool.Stats
	}{
		{"ok", nothing, nil, "", pool.Stats{OK: 1}},
		{"failed", func(context.Context) error { return failure }, failure, `task "failed" of "p": no luck`, pool.Stats{Failed: 1}},
		{"panicked", func(context.Context) error { panic(failure) }, failure, `task "panicked" of "p": panic: no luck`, pool.Stats{Panicked: 1}},
		{"exited", func(context.Context) error { runtime.Goexit(); return nil }, scope.ErrExited, `task "exited" of "p": runtime.Goexit was called`, pool.Stats{Exited: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told []string
				p := pool.New(t.Context(), "p", pool.WithWorkers(1, 1),
					pool.WithScope(scope.RecoverPanics(nil)),
					pool.WithErrors(func(e *scope.TaskError) {
						time.Sleep(time.Second) // the handle does not tell before
						told = append(told, e.Error())
					}))
				defer p.Stop()
				j := start(t, p, test.name, test.f)
				err := j.Wait(t.Context())
				if !errors.Is(err, test.want) || test.want != nil && !slices.Equal(told, []string{err.Error()}) {
					t.Errorf("error: %v, told: %q", err, told)
				}
				if err != nil && err.Error() != test.text {
					t.Errorf("error: %q", err)
				}
				stats := test.stats
				stats.Workers, stats.Idle = 1, 1 // it is there, or another one is
				wantStats(t, p, stats)
				if v := p.Scope().Survey(); len(v.Groups) != 1 || v.Groups[0].Task != "worker" {
					t.Errorf("survey: %+v", v.Groups)
				}
			})
		})
	}
}

// That all workers exit holds nothing up.
func TestGoexitLosesNoWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(2, 3), pool.WithGrowAfter(0), pool.WithQueue(0))
		for range 30 {
			submit(t, p, "exit", func(context.Context) error {
				time.Sleep(time.Second)
				runtime.Goexit()
				return nil
			})
		}
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
		wantStats(t, p, pool.Stats{Exited: 30})
	})
}

// A function for errors that panics costs a worker, which is replaced, and no handle.
func TestErrorsPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var panics atomic.Int32
		p := pool.New(t.Context(), "p", pool.WithWorkers(1, 1),
			pool.WithScope(scope.RecoverPanics(func(*scope.PanicError) { panics.Add(1) })),
			pool.WithErrors(func(*scope.TaskError) { panic("in the hook") }))
		defer p.Stop()
		for range 3 {
			j := start(t, p, "job", func(context.Context) error { return errors.New("no luck") })
			if err := j.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "no luck") {
				t.Errorf("Wait: %v", err)
			}
		}
		wantStats(t, p, pool.Stats{Failed: 3, Workers: 1, Idle: 1})
		if n := panics.Load(); n != 3 {
			t.Errorf("%d panics told", n)
		}
	})
}

// Without RecoverPanics a panic crashes the process, with the stack of the job.
func TestPanicCrashes(t *testing.T) {
	if os.Getenv("POOL_TEST_CRASH") != "" {
		p := pool.New(context.Background(), "p")
		_ = p.Submit(context.Background(), "job", func(context.Context) error { panicInJob(); return nil })
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestPanicCrashes$")
	cmd.Env = append(os.Environ(), "POOL_TEST_CRASH=1")
	out, err := cmd.CombinedOutput()
	text := string(out)
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != 2 {
		t.Errorf("exit: %v", err)
	}
	if !strings.Contains(text, "panic: the job's own") || !strings.Contains(text, "pool_test.panicInJob") {
		t.Errorf("output:\n%s", text)
	}
}

func panicInJob() { panic("the job's own") }

// A stuck worker is reported once, and replaced within the limit until it goes on.
func TestStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var found []pool.Stuck
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 2), pool.WithGrowAfter(0),
			pool.WithStuckAfter(time.Minute, 1, func(s pool.Stuck) { found = append(found, s) }))
		defer p.Stop()
		submit(t, p, "hang", sleeps(10*time.Minute))
		time.Sleep(30 * time.Second)
		submit(t, p, "hang too", sleeps(10*time.Minute))
		for range 4 {
			submit(t, p, "job", sleeps(50*time.Second))
		}
		time.Sleep(30*time.Second - 1)
		wantStats(t, p, pool.Stats{Workers: 2, Running: 2, Queued: 4})
		time.Sleep(time.Nanosecond)
		wantStats(t, p, pool.Stats{Workers: 3, Running: 3, Stuck: 1, Queued: 3})
		time.Sleep(30 * time.Second)
		wantStats(t, p, pool.Stats{Workers: 3, Running: 3, Stuck: 2, Queued: 3})
		want := []pool.Stuck{
			{Pool: "p", Job: "hang", After: time.Minute, Replaced: true},
			{Pool: "p", Job: "hang too", After: time.Minute, Replaced: false},
		}
		if !slices.Equal(found, want) {
			t.Errorf("found: %+v", found)
		}
		time.Sleep(170*time.Second + 1) // 4 jobs of 50 s, one after the other
		wantStats(t, p, pool.Stats{OK: 4, Workers: 3, Running: 2, Stuck: 2, Idle: 1})
		time.Sleep(10 * time.Minute)
		if len(found) != 2 {
			t.Errorf("found: %+v", found)
		}
		wantStats(t, p, pool.Stats{OK: 6})
	})
}

// One that goes on again when there is another in its place leaves.
func TestStuckGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(1, 1), pool.WithStuckAfter(time.Minute, 1, nil), pool.WithGrowAfter(time.Hour))
		defer p.Stop()
		submit(t, p, "hang", sleeps(2*time.Minute))
		for range 4 {
			submit(t, p, "job", sleeps(50*time.Second))
		}
		time.Sleep(2*time.Minute + 1)
		wantStats(t, p, pool.Stats{OK: 2, Workers: 1, Running: 1, Queued: 2})
	})
}

// Callers who wait get the worker that replaces a stuck one.
func TestStuckLetsInWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 1), pool.WithQueue(0), pool.WithStuckAfter(time.Minute, 1, nil))
		defer p.Stop()
		submit(t, p, "hang", sleeps(time.Hour))
		began := time.Now()
		submit(t, p, "job", nothing)
		if d := time.Since(began); d != time.Minute {
			t.Errorf("accepted after %v", d)
		}
		wantStats(t, p, pool.Stats{OK: 1, Workers: 2, Running: 1, Stuck: 1, Idle: 1})
	})
}

// A stuck worker is none of those who stay when they are idle.
func TestStuckIsNotTheMinimum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(1, 2), pool.WithGrowAfter(0), pool.WithStuckAfter(time.Minute, 0, nil))
		defer p.Stop()
		submit(t, p, "hang", sleeps(time.Hour))
		submit(t, p, "job", sleeps(2*time.Minute))
		time.Sleep(30 * time.Minute)
		wantStats(t, p, pool.Stats{OK: 1, Workers: 2, Running: 1, Stuck: 1, Idle: 1})
		time.Sleep(time.Hour)
		wantStats(t, p, pool.Stats{OK: 2, Workers: 1, Idle: 1})
	})
}
