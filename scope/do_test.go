// SPDX-License-Identifier: Apache-2.0

package scope_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// Do runs a task on the goroutine of its caller, whose labels it borrows.
func TestDo(t *testing.T) {
	s := scope.New(t.Context(), "do")
	defer s.Stop()
	labelled := func(text string) bool {
		var b strings.Builder
		if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(b.String(), text)
	}
	const task, caller = `{"scope":"do", "task":"here"}`, `{"caller":"TestDo"}`
	pprof.Do(t.Context(), pprof.Labels("caller", "TestDo"), func(ctx context.Context) {
		err := s.Do(ctx, "here", func(own context.Context) error {
			if !labelled(task) || labelled(caller) || scope.From(own) != s || !s.Owns(own) || s.Owns(ctx) {
				t.Error("not as a task")
			}
			if v := s.Inspect(); len(v.Groups) != 1 || v.Groups[0].Task != "here" || len(v.Groups[0].Stacks) != 1 || len(v.Orphans) != 0 {
				t.Errorf("survey: %+v", v)
			}
			return nil
		})
		if err != nil || labelled(task) || !labelled(caller) {
			t.Errorf("Do: %v", err)
		}
	})
}

func TestDoErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scope.New(t.Context(), "s", scope.WithPolicy(scope.Isolate))
		failure := errors.New("no luck")
		err := s.Do(t.Context(), "task", func(context.Context) error { return failure })
		if e, ok := err.(*scope.TaskError); !ok || e.Outcome != scope.Failed || !errors.Is(err, failure) {
			t.Errorf("Do: %v", err)
		}
		err = s.Do(t.Context(), "task", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, scope.Timeout(time.Second))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Do: %v", err)
		}
		func() {
			defer func() {
				if v := recover(); v != failure {
					t.Errorf("recovered %v", v)
				}
			}()
			_ = s.Do(t.Context(), "task", func(context.Context) error { panic(failure) })
			t.Error("Do has returned")
		}()
		go func() {
			_ = s.Do(context.Background(), "task", func(context.Context) error { runtime.Goexit(); return nil })
			t.Error("Do has returned")
		}()
		synctest.Wait()
		info := s.Survey().Scopes[0]
		if got, want := []uint64{info.Failed, info.Panicked, info.Exited, uint64(info.Running)}, []uint64{2, 1, 1, 0}; !slices.Equal(got, want) {
			t.Errorf("counts: %v, want %v", got, want)
		}
		_ = s.Stop()
		err = s.Do(t.Context(), "task", func(context.Context) error { t.Error("it ran"); return nil })
		if !errors.Is(err, scope.ErrScopeClosed) {
			t.Errorf("Do: %v", err)
		}
	})
}

func TestDoRecoversPanics(t *testing.T) {
	s := scope.New(t.Context(), "s", scope.RecoverPanics(nil))
	err := s.Do(t.Context(), "task", func(context.Context) error { panic("oops") })
	if e, ok := errors.AsType[*scope.PanicError](err); !ok || e.Value != "oops" || e.Stack == "" {
		t.Errorf("Do: %v", err)
	}
	_ = s.Stop()
}

// Work that has a goroutine already, of a request for example.
func ExampleScope_Do() {
	s := scope.New(context.Background(), "api")
	defer s.Stop()
	handle := func(ctx context.Context) error {
		return s.Do(ctx, "GET /orders", func(context.Context) error {
			fmt.Println(s.Survey().Groups[0].Task)
			return nil
		})
	}
	fmt.Println(handle(context.Background()))
	// Output:
	// GET /orders
	// <nil>
}
