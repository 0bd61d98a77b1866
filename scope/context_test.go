// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTwoContexts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(context.WithValue(t.Context(), key(1), "New"), "s")
		begun := make(chan struct{})
		mustGo(t, s, "task", func(take context.Context) error {
			derived := context.WithValue(take, key(2), "derived")
			work := WorkContext(derived)
			if From(take) != s || From(work) != s {
				t.Error("From does not know the scope")
			}
			for k, want := range map[key]any{1: "New", 2: "derived", 3: nil} {
				if work.Value(k) != want {
					t.Errorf("value %d of the work context: %v, want %v", k, work.Value(k), want)
				}
			}
			close(begun)
			<-take.Done()
			wantErr(t, "cause of the task's context", context.Cause(take), errTest)
			wantErr(t, "the work context", work.Err(), nil)
			<-work.Done()
			wantErr(t, "cause of the work context", context.Cause(work), ErrStopped)
			wantErr(t, "its error", work.Err(), context.Canceled)
			return nil
		})
		<-begun
		s.Shut(errTest)
		synctest.Wait()
		s.Cancel(nil)
		wantErr(t, "Stop", s.Stop(), nil)
	})
}

func TestWorkContextOutsideOfScopes(t *testing.T) {
	if ctx := t.Context(); WorkContext(ctx) != ctx {
		t.Error("a context that belongs to no scope is not returned as it is")
	}
}

// A context that is derived from a task's ends by itself; its work context does not.
func TestWorkContextOfDerived(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s")
		mustGo(t, s, "task", func(ctx context.Context) error {
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			work := WorkContext(short)
			<-short.Done()
			wantErr(t, "the work context", work.Err(), nil)
			if _, ok := work.Deadline(); ok {
				t.Error("the work context has the deadline of another")
			}
			again := WorkContext(WorkContext(work))
			wantErr(t, "the work context of the work context", again.Err(), nil)
			return nil
		})
		wantErr(t, "Wait", s.Wait(t.Context()), nil)
		wantErr(t, "Stop", s.Stop(), nil)
	})
}

// The work context of a task with a timeout has that, and the values.
func TestWorkContextOfTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s")
		end := time.Now().Add(time.Minute)
		_ = mustStart(t, s, "task", func(ctx context.Context) error {
			work := WorkContext(context.WithValue(ctx, key(1), "v"))
			for _, c := range []context.Context{ctx, work} {
				if d, ok := c.Deadline(); !ok || !d.Equal(end) {
					t.Errorf("deadline %v, %v; want %v", d, ok, end)
				}
			}
			if work.Value(key(1)) != "v" {
				t.Error("a value is missing")
			}
			<-work.Done()
			wantErr(t, "the work context", context.Cause(work), context.DeadlineExceeded)
			return nil
		}, Timeout(time.Minute)).Wait(t.Context())
		wantErr(t, "Stop", s.Stop(), nil)
	})
}

// What is derived from a work context, and every scope, costs no goroutine.
func TestContextsCostNoGoroutine(t *testing.T) {
	s := New(t.Context(), "s")
	before := runtime.NumGoroutine()
	mustStart(t, s, "task", func(ctx context.Context) error {
		work := WorkContext(ctx)
		for range 100 {
			c, cancel := context.WithCancel(context.WithValue(work, key(1), 2))
			defer cancel()
			c, cancel = context.WithTimeout(WorkContext(c), time.Hour)
			defer cancel()
			defer context.AfterFunc(c, func() {})()
			defer New(work, "child").Stop()
			defer New(ctx, "child").Stop()
		}
		if n := runtime.NumGoroutine() - before; n > 10 {
			t.Errorf("%d goroutines more for 500 derived contexts", n)
		}
		return nil
	})
	wantErr(t, "Wait", s.Wait(t.Context()), nil)
	_ = s.Stop()
}

// labels are what the profiler sees of ctx.
func labels(ctx context.Context) map[string]string {
	m := make(map[string]string)
	pprof.ForLabels(ctx, func(k, v string) bool { m[k] = v; return true })
	return m
}

// A task's goroutine, and those it starts, have the labels of the task; pprof.Do with
// its context, or its work context, keeps them.
func TestLabels(t *testing.T) {
	root := New(t.Context(), "shop")
	s := New(root.Context(), "http")
	for _, options := range [][]TaskOption{nil, {Cancelable()}} {
		_ = mustStart(t, s, "handler", func(ctx context.Context) error {
			for _, c := range []context.Context{ctx, WorkContext(ctx)} {
				pprof.Do(c, pprof.Labels("user", "own"), func(c context.Context) {
					if l := labels(c); l["user"] != "own" || l[LabelScope] != "shop/http" || l[LabelTask] != "handler" {
						t.Errorf("labels %v", l)
					}
					orphan := make(chan struct{})
					defer close(orphan)
					go until(orphan)(c)
					runtime.Gosched()
				})
			}
			if p := profile(t); !strings.Contains(p, `"scope":"shop/http"`) || !strings.Contains(p, `"task":"handler"`) {
				t.Errorf("the profile has no labels:\n%s", p)
			}
			child := New(ctx, "child")
			defer child.Stop()
			return mustStart(t, child, "inner", func(ctx context.Context) error {
				if l := labels(ctx); l[LabelScope] != "shop/http/child" || l[LabelTask] != "inner" {
					t.Errorf("labels of a child's task: %v", l)
				}
				return nil
			}).Wait(ctx)
		}, options...).Wait(t.Context())
	}
	if l := labels(s.Context()); l[LabelScope] != "shop/http" || l[LabelTask] != "" {
		t.Errorf("labels of Context(): %v", l)
	}
	wantErr(t, "Stop", errors.Join(s.Stop(), root.Stop()), nil)
}

func profile(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
