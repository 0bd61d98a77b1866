// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"context"
	"os"
	"sync/atomic"
	"testing"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/internal/seam"
	"github.com/go-quiesce/quiesce/sigmux"
)

// An Option changes how [Start] and [Run] run an app. The set is sealed.
type Option interface{ apply(*Runner) }

type optionFunc func(*Runner)

func (f optionFunc) apply(r *Runner) { f(r) }

// WithRecorder has rec record the app's events, so that before-callbacks and
// holds can be in place before the app runs. Without it the runner makes one.
func WithRecorder(rec *Recorder) Option {
	return optionFunc(func(r *Runner) { r.recorder = rec })
}

// WithSignals has the app listen to src, so that a test can make it look as if
// signals were ignored by whoever started the process. Without it the runner
// makes one.
func WithSignals(src *sigmux.Fake) Option {
	return optionFunc(func(r *Runner) { r.signals = src })
}

// AllowUnclean says that the stop need not be clean; see [Runner.AllowUnclean].
func AllowUnclean() Option {
	return optionFunc((*Runner).AllowUnclean)
}

// A Runner runs one app under a test. Its methods are safe for concurrent use.
type Runner struct {
	t        testing.TB
	app      *quiesce.App
	recorder *Recorder
	signals  *sigmux.Fake
	cancel   context.CancelCauseFunc
	unclean  atomic.Bool

	done chan struct{} // closed when Run has returned
	err  error         // what it returned; valid after done
}

// Start is [Run], and waits until the app is running, or had been. If it does
// not get there, because a Start failed or the app was put together wrongly,
// the test fails at once with the error. A Start that hangs, hangs the test.
func Start(t testing.TB, app *quiesce.App, opts ...Option) *Runner {
	t.Helper()
	r := Run(t, app, opts...)
	_, ok := r.recorder.Await(func(e quiesce.Event) bool {
		s, ok := e.(quiesce.StateChanged)
		return ok && s.To == quiesce.StateRunning
	})
	if !ok {
		r.AllowUnclean() // one failure is enough
		t.Fatalf("start %q: %v", app.Name(), r.Err())
	}
	return r
}

// Run runs the app, which must not have run, on a goroutine of its own, and
// returns at once. The app takes its signals from the runner from now on,
// whatever source it was made with.
//
// When the test is over, what is held by the recorder is released, the app is
// stopped unless it is already, and waited for; the test fails if the report is
// not clean and nobody has allowed that. Hooks that hang must be released
// after that, by a cleanup registered before the runner's, or a synctest
// bubble reports them as a deadlock.
func Run(t testing.TB, app *quiesce.App, opts ...Option) *Runner {
	t.Helper()
	r := &Runner{t: t, app: app, done: make(chan struct{})}
	for _, o := range opts {
		o.apply(r)
	}
	if r.recorder == nil {
		r.recorder = NewRecorder()
	}
	if r.signals == nil {
		r.signals = sigmux.NewFake()
	}
	r.recorder.needs = app.Extend(seam.Kit{},
		quiesce.WithSignals(r.signals), quiesce.WithSink(r.recorder), quiesce.WithBefore(seam.Before{Call: r.recorder.before}))
	ctx, cancel := context.WithCancelCause(testContext(t.Name()))
	r.cancel = cancel
	go func() {
		defer close(r.done)
		r.err = app.Run(ctx)
		r.recorder.ended()
	}()
	t.Cleanup(r.end)
	return r
}

// end stops the app when the test is over.
func (r *Runner) end() {
	r.t.Helper()
	r.recorder.releaseAll()
	if r.app.State() < quiesce.StateDraining {
		r.app.Shutdown(nil)
	}
	report := r.Wait()
	r.cancel(nil)
	if !report.Clean && !r.unclean.Load() {
		r.t.Errorf("stop %q: not clean: %v\n%s", r.app.Name(), r.err, report.Text())
	}
}

// Signal makes sig arrive. It returns before the app has seen it: wait for what
// it leads to with [Recorder.Await], or in a bubble with synctest.Wait. A
// signal that the app does not take would have killed the process, or done
// nothing, and fails the test.
func (r *Runner) Signal(sig os.Signal) {
	r.t.Helper()
	if !r.signals.Send(sig) {
		r.t.Errorf("signal %q: %v is not taken", r.app.Name(), sig)
	}
}

// Shutdown asks the app to stop; see [quiesce.App.Shutdown].
func (r *Runner) Shutdown(cause error) { r.app.Shutdown(cause) }

// Cancel ends the context that the app's Run was given, with a cause; nil
// stands for context.Canceled.
func (r *Runner) Cancel(cause error) { r.cancel(cause) }

// Wait waits until the app's Run has returned, and returns the final report. It
// asks for nothing: an app that nobody stops is waited for until the test's
// timeout.
func (r *Runner) Wait() *quiesce.Report {
	<-r.done
	return r.app.Report()
}

// Err waits as Wait does, and returns what Run returned.
func (r *Runner) Err() error {
	<-r.done
	return r.err
}

// AllowUnclean keeps an unclean report from failing the test when it is over.
func (r *Runner) AllowUnclean() { r.unclean.Store(true) }

// Recorder returns the recorder of the app's events.
func (r *Runner) Recorder() *Recorder { return r.recorder }
