// SPDX-License-Identifier: Apache-2.0

package scope_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// groups lists what runs in s: "task count age".
func groups(s *scope.Scope) (list []string) {
	for _, g := range s.Survey().Groups {
		list = append(list, fmt.Sprint(g.Task, " ", g.Count, " ", g.Oldest))
	}
	return list
}

// A job stands for its worker while it runs, and until the next one or the rest.
func TestWorkerRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scope.New(t.Context(), "s", scope.WithAges())
		defer s.Stop()
		want := func(list ...string) {
			t.Helper()
			if got := groups(s); !slices.Equal(got, list) {
				t.Errorf("survey: %q, want %q", got, list)
			}
		}
		mustGo(t, s, "job", func(ctx context.Context) error { <-ctx.Done(); return nil })
		err := s.GoWorker(t.Context(), "worker", func(w *scope.Worker) error {
			time.Sleep(time.Second)
			want("job 1 1s", "worker 1 1s")
			err := w.Run("job", func(ctx context.Context) error {
				time.Sleep(time.Second)
				if got, _ := pprof.Label(ctx, scope.LabelTask); got != "job" || scope.From(ctx) != s {
					t.Errorf("task %q of %v", got, scope.From(ctx))
				}
				want("job 2 2s")
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			err = w.Run("other", func(context.Context) error { want("job 1 2s", "other 1 0s"); return nil })
			want("job 1 2s", "other 1 0s")
			w.Rest()
			w.Rest()
			time.Sleep(time.Second)
			want("job 1 3s", "worker 1 1s")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		want("job 1 1m0s")
	})
}

// Without ages, what a worker does is as old as the first look at it.
func TestWorkerAgeWithoutAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scope.New(t.Context(), "s")
		defer s.Stop()
		err := s.GoWorker(t.Context(), "worker", func(w *scope.Worker) error {
			for range 2 {
				if err := w.Run("job", func(context.Context) error { time.Sleep(time.Minute); return nil }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		for _, want := range []string{"job 1 0s", "job 1 20s", "job 1 0s"} { // the last is of the second job
			if got := groups(s); !slices.Equal(got, []string{want}) {
				t.Errorf("survey: %q, want %q", got, want)
			}
			time.Sleep(20 * time.Second)
		}
	})
}

// Run returns how a job ended, and the scope's policy does not see it.
func TestWorkerErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scope.New(t.Context(), "s", scope.RecoverPanics(nil))
		failure := errors.New("no luck")
		err := s.GoWorker(t.Context(), "worker", func(w *scope.Worker) error {
			for want, f := range map[scope.Outcome]func(context.Context) error{
				scope.Failed:   func(context.Context) error { return failure },
				scope.Panicked: func(context.Context) error { panic(failure) },
			} {
				e, ok := w.Run("job", f).(*scope.TaskError)
				if !ok || e.Task != "job" || e.Outcome != want || !errors.Is(e, failure) {
					t.Errorf("Run: %v", e)
				}
			}
			err := w.Run("job", func(ctx context.Context) error {
				<-scope.WorkContext(ctx).Done()
				<-ctx.Done()
				return ctx.Err()
			}, scope.Timeout(time.Second))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Run: %v", err)
			}
			err = w.Run("job", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
			if err != nil {
				t.Errorf("Run under a scope that was shut: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if s.State() != scope.Open {
			t.Error("the scope was cancelled")
		}
		if use := s.Survey().Use; len(use) != 1 || use[0].Task != "job" {
			t.Errorf("use: %+v", use)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A Goexit in a job ends the worker, as an error named after the job.
func TestWorkerGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scope.New(t.Context(), "s")
		err := s.GoWorker(t.Context(), "worker", func(w *scope.Worker) error {
			return w.Run("job", func(context.Context) error { runtime.Goexit(); return nil })
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Wait(t.Context())
		if e, ok := errors.AsType[*scope.TaskError](err); !ok || e.Task != "job" || e.Outcome != scope.Exited {
			t.Errorf("Wait: %v", err)
		}
	})
}

// A worker that was given up is named by its job, with its stack, and is no orphan.
func TestWorkerUnstopped(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	s := scope.New(context.Background(), "unstopped")
	began := make(chan struct{}, 2)
	for range 2 {
		err := s.GoWorker(t.Context(), "worker", func(w *scope.Worker) error {
			return w.Run("job", func(context.Context) error { began <- struct{}{}; hang(release); return nil })
		})
		if err != nil {
			t.Fatal(err)
		}
		<-began
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	e, ok := errors.AsType[*scope.UnstoppedError](s.Close(ended))
	if !ok || len(e.Survey.Groups) != 1 || len(e.Survey.Orphans) != 0 {
		t.Fatalf("Close: %v", e)
	}
	if g := e.Survey.Groups[0]; g.Task != "job" || g.Count != 2 || len(g.Stacks) != 1 || g.Stacks[0].Count != 2 {
		t.Errorf("group: %+v", g)
	}
}

func TestWorkerRefused(t *testing.T) {
	s := scope.New(t.Context(), "s")
	_ = s.Stop()
	err := s.GoWorker(t.Context(), "worker", func(*scope.Worker) error { t.Error("it ran"); return nil })
	if !errors.Is(err, scope.ErrScopeClosed) {
		t.Errorf("GoWorker: %v", err)
	}
}

func TestWorkerDoesNotAllocate(t *testing.T) {
	s := scope.New(t.Context(), "s")
	defer s.Stop()
	allocs := make(chan float64, 1)
	err := s.GoWorker(t.Context(), "worker", func(w *scope.Worker) error {
		f := func(context.Context) error { return nil }
		allocs <- testing.AllocsPerRun(100, func() {
			_ = w.Run("one", f)
			_ = w.Run("one", f)
			_ = w.Run("two", f)
			w.Rest()
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := <-allocs; n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// A consumer whose jobs are seen by the names of what they do.
func ExampleScope_GoWorker() {
	ctx := context.Background()
	s := scope.New(ctx, "mail")
	defer s.Stop()

	messages := make(chan string, 2)
	messages <- "welcome"
	messages <- "invoice"
	close(messages)
	s.GoWorker(ctx, "consumer", func(w *scope.Worker) error {
		for m := range messages {
			err := w.Run(m, func(context.Context) error {
				fmt.Println(s.Survey().Groups[0].Task)
				return nil
			})
			if err != nil {
				return err
			}
			w.Rest()
		}
		return nil
	})
	fmt.Println(s.Wait(ctx))
	// Output:
	// welcome
	// invoice
	// <nil>
}
