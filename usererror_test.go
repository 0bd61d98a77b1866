// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
)

// An error is user code too.

type panickingError struct{}

func (panickingError) Error() string { panic("no text") }

// hangingError hangs until its channel is closed when it is asked for its text.
type hangingError chan struct{}

func (e hangingError) Error() string { <-e; return "late" }

func TestErrorThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("shop")
		app.Add("db", quiesce.Component{Stop: func(context.Context) error { return panickingError{} }})
		go func() {
			<-app.Reached(quiesce.StateRunning)
			app.Shutdown(panickingError{})
		}()
		_ = app.Run(t.Context())
		r := app.Report()
		if len(r.Hooks) != 1 || r.Hooks[0].Outcome != quiesce.Failed || !strings.Contains(r.Hooks[0].Error, "panickingError") {
			t.Errorf("hooks %+v, want one that failed, and the type of its error", r.Hooks)
		}
		if !strings.Contains(r.Causes[0].Text, "panickingError") || r.Code != quiesce.CodeUnclean {
			t.Errorf("cause %q, code %d", r.Causes[0].Text, r.Code)
		}
	})
}

func TestErrorThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := make(hangingError)
		defer close(hangs)
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second), quiesce.WithSink(quiesce.SinkFunc(func(quiesce.Record) {})))
		app.Add("db", quiesce.Component{Stop: func(context.Context) error { return hangs }}, quiesce.Limit(quiesce.PhaseStop, time.Second))
		app.Add("worker", quiesce.Component{Run: func(context.Context) error { return hangs }}, quiesce.Limit(quiesce.PhaseDrain, time.Second))
		go func() {
			<-app.Reached(quiesce.StateRunning)
			go app.Shutdown(hangs) // hangs itself: it is the caller's error
			time.Sleep(time.Second)
			app.Shutdown(nil)
		}()
		_ = app.Run(t.Context())
		r := app.Report()
		for _, h := range r.Hooks {
			if h.Outcome != quiesce.Abandoned {
				t.Errorf("%v %q %v, want it abandoned", h.Hook, h.Component, h.Outcome)
			}
		}
		if len(r.Hooks) != 2 || r.Took != 2*time.Second {
			t.Errorf("%d hooks, took %v; want two that each took their second", len(r.Hooks), r.Took)
		}
	})
}
