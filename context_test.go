// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
)

type key struct{}

// play runs an app of one component in a bubble, asks it to stop after a
// second, and returns the report.
func playOne(t *testing.T, c quiesce.Component, opts ...quiesce.AddOption) (report *quiesce.Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
		app.Add("it", c, opts...)
		r := quiescetest.Start(t, app, quiescetest.AllowUnclean())
		time.Sleep(time.Second)
		r.Shutdown(errors.New("deploy"))
		report = r.Wait()
	})
	return report
}

// The causes of contexts: a Run's is the stop's own, an overrunning hook's says
// what it had; both can be told with errors.Is and AsType.
func TestContextCauses(t *testing.T) {
	var run, drain, work error
	playOne(t, quiesce.Component{
		Run: func(ctx context.Context) error {
			<-quiesce.WorkContext(ctx).Done()
			work = context.Cause(quiesce.WorkContext(ctx))
			<-ctx.Done()
			run = context.Cause(ctx)
			return ctx.Err()
		},
		Drain: func(ctx context.Context) error {
			<-ctx.Done()
			drain = context.Cause(ctx)
			time.Sleep(time.Millisecond) // still there when it is cut
			return nil
		},
	}, quiesce.Limit(quiesce.PhaseDrain, 2*time.Second))
	if run == nil || run.Error() != "deploy" {
		t.Errorf("Run's cause is %v, want that of the stop", run)
	}
	for what, err := range map[string]error{"drain": drain, "work": work} {
		o, ok := errors.AsType[*quiesce.OverrunError](err)
		if !ok || o.Component != "it" || o.Hook != quiesce.HookDrain || o.Allowed != 2*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the cause of %s is %v, want an overrun of drain after 2s", what, err)
		}
	}
}

// A hook's deadline is when its context ends, a window before it is abandoned.
// Start and Run have none: what they launch may outlive them.
func TestContextDeadlines(t *testing.T) {
	type seen struct {
		left time.Duration
		ok   bool
	}
	var mu sync.Mutex // Run is beside Drain
	got := make(map[string]seen)
	look := func(name string, f func(context.Context)) func(context.Context) error {
		return func(ctx context.Context) error {
			s := seen{}
			if at, ok := ctx.Deadline(); ok {
				s = seen{time.Until(at), ok}
			}
			mu.Lock()
			got[name] = s
			mu.Unlock()
			f(ctx)
			return nil
		}
	}
	nothing := func(context.Context) {}
	playOne(t, quiesce.Component{
		Start: look("start", nothing),
		Run:   look("run", func(ctx context.Context) { <-ctx.Done() }),
		Drain: look("drain", nothing),
		Stop:  look("stop", nothing),
	}, quiesce.Limit(quiesce.PhaseStart, time.Second), quiesce.Limit(quiesce.PhaseDrain, 2*time.Second), quiesce.Limit(quiesce.PhaseStop, 100*time.Millisecond))
	for name, want := range map[string]seen{
		"start": {}, "run": {}, "drain": {1900 * time.Millisecond, true}, "stop": {80 * time.Millisecond, true},
	} {
		if got[name] != want {
			t.Errorf("%s has %+v, want %+v", name, got[name], want)
		}
	}
}

// Start's context outlives its return: what it launched may keep it.
func TestStartContextOutlivesStart(t *testing.T) {
	var ctx context.Context
	report := playOne(t, quiesce.Component{
		Start: func(c context.Context) error { ctx = c; return nil },
		Drain: func(context.Context) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return nil
		},
	})
	if !report.Clean {
		t.Error(report.Text())
	}
}

// The context of a hook that has returned ends: nothing should lean on it.
func TestHookContextEndsWithTheHook(t *testing.T) {
	var ctx context.Context
	report := playOne(t, quiesce.Component{
		Drain: func(c context.Context) error { ctx = c; return nil },
		Stop: func(context.Context) error {
			<-ctx.Done()
			return nil
		},
	})
	if !report.Clean {
		t.Error(report.Text())
	}
}

// Values given to Run, and those of contexts derived from Run's, are seen
// through every context.
func TestContextValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("shop")
		var inRun, inWork, derived, inStop any
		app.Add("it", quiesce.Component{
			Run: func(ctx context.Context) error {
				inRun, inWork = ctx.Value(key{}), quiesce.WorkContext(ctx).Value(key{})
				derived = quiesce.WorkContext(context.WithValue(ctx, key{}, "own")).Value(key{})
				<-ctx.Done()
				return nil
			},
			Stop: func(ctx context.Context) error { inStop = ctx.Value(key{}); return nil },
		})
		ctx := context.WithValue(t.Context(), key{}, "given")
		time.AfterFunc(time.Second, func() { app.Shutdown(nil) })
		if err := app.Run(ctx); err != nil {
			t.Error(err)
		}
		if got := []any{inRun, inWork, derived, inStop}; !slices.Equal(got, []any{"given", "given", "own", "given"}) {
			t.Errorf("values %v", got)
		}
	})
}

// WorkContext of a context that is derived from Run's does not end with that
// one, and ends with the work.
func TestWorkContextOfADerivedContext(t *testing.T) {
	report := playOne(t, quiesce.Component{
		Run: func(ctx context.Context) error {
			derived, cancel := context.WithCancel(ctx)
			work := quiesce.WorkContext(derived)
			below, stop := context.WithCancel(work)
			defer stop()
			cancel()
			<-ctx.Done()
			if work.Err() != nil || below.Err() != nil || context.Cause(work) != nil {
				return errors.New("the work context ended with Run's")
			}
			<-below.Done()
			if !errors.Is(context.Cause(below), context.DeadlineExceeded) || context.Cause(work) != context.Cause(below) {
				return errors.New("the work context has no cause")
			}
			return nil
		},
	}, quiesce.Limit(quiesce.PhaseDrain, time.Second))
	if !report.Clean {
		t.Error(report.Text())
	}
}

func TestWorkContextOutsideOfARunIsTheSame(t *testing.T) {
	if got := quiesce.WorkContext(t.Context()); got != t.Context() {
		t.Errorf("WorkContext of any context is %v", got)
	}
	report := playOne(t, quiesce.Component{Drain: func(ctx context.Context) error {
		if quiesce.WorkContext(ctx) != ctx {
			return errors.New("another context")
		}
		return nil
	}})
	if !report.Clean {
		t.Error(report.Text())
	}
}

func TestOutsideOfHooks(t *testing.T) {
	if err := quiesce.StopCause(t.Context()); err != nil {
		t.Errorf("StopCause is %v", err)
	}
	if names := quiesce.StillRunning(t.Context()); names != nil {
		t.Errorf("StillRunning is %v", names)
	}
}

// Contexts derived from a hook's cost no goroutine.
func TestDerivedContextsCostNoGoroutine(t *testing.T) {
	const many = 100
	var grown int
	report := playOne(t, quiesce.Component{Run: func(ctx context.Context) error {
		work := quiesce.WorkContext(context.WithValue(ctx, key{}, 1))
		before := runtime.NumGoroutine()
		for range many {
			_, cancel := context.WithCancel(ctx)
			defer cancel()
			_, cancel = context.WithTimeout(quiesce.WorkContext(ctx), time.Hour)
			defer cancel()
			_, cancel = context.WithCancel(work)
			defer cancel()
		}
		grown = runtime.NumGoroutine() - before
		<-ctx.Done()
		return ctx.Err()
	}})
	if grown > many/2 { // others come and go meanwhile
		t.Errorf("%d derived contexts made %d goroutines", 3*many, grown)
	}
	if !report.Clean {
		t.Error(report.Text())
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("it broke")
		app := quiesce.New("shop")
		other := quiesce.New("other")
		other.Shutdown(nil)
		var own, derived, others error
		app.Add("db", quiesce.Component{
			Start: func(ctx context.Context) error {
				own, others = app.Wait(ctx), other.Wait(ctx)
				c, cancel := context.WithCancel(ctx)
				defer cancel()
				derived = app.Wait(c)
				return nil
			},
			Stop: quiesce.NoCtx(func() error { return broken }),
		})
		r := quiescetest.Start(t, app, quiescetest.AllowUnclean())
		if own != quiesce.ErrReentrant || derived != quiesce.ErrReentrant || others != nil {
			t.Errorf("Wait in a hook returned %v, %v and for another app %v", own, derived, others)
		}
		impatient := errors.New("impatient")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, impatient)
		defer cancel()
		if err := app.Wait(ctx); err != impatient {
			t.Errorf("Wait returned %v, want its context's cause", err)
		}
		r.Shutdown(nil)
		if err := app.Wait(t.Context()); !errors.Is(err, broken) || err.Error() != r.Err().Error() {
			t.Errorf("Wait returned %v, want what Run returned: %v", err, r.Err())
		}
	})
}
