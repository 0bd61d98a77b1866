// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"context"
	"errors"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/pool"
	"github.com/go-quiesce/quiesce/scope"
)

func TestWaitForJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p")
		defer p.Stop()
		j := start(t, p, "job", sleeps(time.Minute))
		if err := j.Wait(within(t, time.Second)); err != context.DeadlineExceeded {
			t.Errorf("Wait: %v", err)
		}
		if err := j.Wait(t.Context()); err != nil {
			t.Errorf("Wait: %v", err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := j.Wait(ended); err != nil {
			t.Errorf("Wait for what has ended: %v", err)
		}
	})
}

func TestCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		p := pool.New(ctx, "p", pool.WithWorkers(0, 1))
		if n, err := pool.Call(ctx, p, "job", func(context.Context) (int, error) { return 7, nil }); n != 7 || err != nil {
			t.Errorf("Call: %d, %v", n, err)
		}
		failure := errors.New("no luck")
		n, err := pool.Call(ctx, p, "job", func(context.Context) (int, error) { return 7, failure })
		if _, ok := errors.AsType[*scope.TaskError](err); n != 0 || !ok || !errors.Is(err, failure) {
			t.Errorf("Call: %d, %v", n, err)
		}
		_, err = pool.Call(ctx, p, "job", func(ctx context.Context) (int, error) {
			if scope.From(ctx) != p.Scope() {
				t.Error("not the job's context")
			}
			return 0, nil
		})
		if err := errors.Join(err, p.Stop()); err != nil {
			t.Error(err)
		}
		if _, err := pool.Call(ctx, p, "job", func(context.Context) (int, error) { return 7, nil }); !errors.Is(err, scope.ErrScopeClosed) {
			t.Errorf("Call: %v", err)
		}
	})
}

// The end of the caller's context ends a call, queued or running, and is no failure.
func TestCallIsCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		impatient := errors.New("impatient")
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 1), pool.WithErrors(func(e *scope.TaskError) { t.Error(e) }))
		defer p.Stop()
		call := func(f func(context.Context) (int, error)) (int, error) {
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, impatient)
			defer cancel()
			return pool.Call(ctx, p, "job", f)
		}
		n, err := call(func(ctx context.Context) (int, error) {
			<-ctx.Done()
			if context.Cause(ctx) != impatient {
				t.Errorf("cause: %v", context.Cause(ctx))
			}
			time.Sleep(10 * time.Second)
			return 7, ctx.Err()
		})
		if n != 0 || err != impatient {
			t.Errorf("running: %d, %v", n, err)
		}
		n, err = call(func(context.Context) (int, error) { t.Error("it ran"); return 7, nil })
		if n != 0 || err != impatient {
			t.Errorf("queued: %d, %v", n, err)
		}
		if err := p.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		ended, cancel := context.WithCancelCause(t.Context())
		cancel(impatient)
		n, err = pool.Call(ended, p, "job", func(context.Context) (int, error) { t.Error("it ran"); return 7, nil })
		if n != 0 || err != impatient {
			t.Errorf("ended before: %d, %v", n, err)
		}
	})
}

// The goroutine of a job carries its labels, for its time; that of an idle worker its
// own.
func TestLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "labelled", pool.WithWorkers(1, 1))
		defer p.Stop()
		want := func(task string) {
			if got, want := labels(t), `# labels: {"scope":"labelled", "task":"`+task+`"}`; got != want {
				t.Errorf("labels: %s, want %s", got, want)
			}
		}
		for _, name := range []string{"one", "two", "two"} {
			submit(t, p, name, func(context.Context) error { want(name); return nil })
			synctest.Wait()
			want("worker")
		}
	})
}

// labels returns the labels of the goroutines of the pool "labelled".
func labels(t *testing.T) string {
	var b strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, `"scope":"labelled"`) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return strings.Join(found, " ")
}
