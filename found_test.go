// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
)

// What the model test has found, each as the smallest program that shows it.

// found runs an app in a bubble until it has stopped, and returns its report.
// Hooks that hang do so on release.
func found(t *testing.T, opts []quiesce.Option, build func(app *quiesce.App, hang func(context.Context) error), then func(*quiesce.App)) (r *quiesce.Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		app := quiesce.New("found", opts...)
		build(app, func(context.Context) error { <-release; return nil })
		go func() {
			<-app.Reached(quiesce.StateRunning)
			then(app)
		}()
		if err := app.Run(t.Context()); err != nil {
			t.Logf("Run: %v", err)
		}
		r = app.Report()
	})
	if r.Watchdog {
		t.Errorf("the watchdog ended the stop after %v", r.Took)
	}
	return r
}

// hookOf finds a hook in a report.
func hookOf(t *testing.T, r *quiesce.Report, name string, k quiesce.HookKind) quiesce.HookReport {
	t.Helper()
	i := slices.IndexFunc(r.Hooks, func(h quiesce.HookReport) bool { return h.Component == name && h.Hook == k })
	if i < 0 {
		t.Fatalf("%v %q is not in the report", k, name)
	}
	return r.Hooks[i]
}

func shutdown(app *quiesce.App) { app.Shutdown(nil) }

func TestFoundHurryWhileSinksCatchUp(t *testing.T) {
	var r *quiesce.Report
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		stuck := quiesce.SinkFunc(func(quiesce.Record) { <-release })
		app := quiesce.New("found", quiesce.WithGracePeriod(10*time.Second), quiesce.WithSink(stuck))
		go func() {
			<-app.Reached(quiesce.StateRunning)
			app.Shutdown(nil)
			time.Sleep(time.Second)
			app.Hurry(nil)
		}()
		if err := app.Run(t.Context()); err != nil {
			t.Errorf("Run: %v", err)
		}
		r = app.Report()
	})
	if r.Watchdog || r.Code != 0 || r.Took > 2100*time.Millisecond {
		t.Errorf("watchdog %v, code %d, took %v; want a clean stop 1.1 s after the hurry", r.Watchdog, r.Code, r.Took)
	}
}

func TestFoundHurryWithoutForceGrace(t *testing.T) {
	r := found(t, []quiesce.Option{quiesce.WithForceGrace(0)},
		func(app *quiesce.App, hang func(context.Context) error) {
			app.Add("db", quiesce.Component{Stop: hang})
		},
		func(app *quiesce.App) {
			app.Shutdown(nil)
			time.Sleep(time.Second)
			app.Hurry(nil)
		})
	if h := hookOf(t, r, "db", quiesce.HookStop); h.Outcome != quiesce.Abandoned || r.Took >= 1100*time.Millisecond {
		t.Errorf("stop %v, took %v; want it abandoned within the window of 100ms, before the end of the stop", h.Outcome, r.Took)
	}
}

func TestFoundCalledOffStartAfterAnOverrun(t *testing.T) {
	r := found(t, []quiesce.Option{quiesce.WithGracePeriod(10 * time.Second)},
		func(app *quiesce.App, hang func(context.Context) error) {
			app.Add("limited", quiesce.Component{Start: hang}, quiesce.Limit(quiesce.PhaseStart, time.Second))
			app.Add("endless", quiesce.Component{Start: hang})
		},
		func(*quiesce.App) {})
	if h := hookOf(t, r, "endless", quiesce.HookStart); h.Outcome != quiesce.Abandoned || r.Took != 2*time.Second {
		t.Errorf("start %v, stop took %v; want it abandoned after a fifth of the grace period", h.Outcome, r.Took)
	}
}

func TestFoundLateHookKeepsReserves(t *testing.T) {
	r := found(t, []quiesce.Option{quiesce.WithGracePeriod(10 * time.Second)},
		func(app *quiesce.App, hang func(context.Context) error) {
			db := app.Add("db", quiesce.Component{Stop: quiesce.Nothing}, quiesce.Critical(time.Second))
			mid := app.Add("mid", quiesce.Component{Stop: hang}, quiesce.Needs(db))
			app.Add("top", quiesce.Component{Stop: func(context.Context) error {
				return app.OnFlush("late", quiesce.Nothing)
			}}, quiesce.Needs(mid))
		}, shutdown)
	if h := hookOf(t, r, "db", quiesce.HookStop); h.Outcome != quiesce.OK || h.Allowed < time.Second {
		t.Errorf("stop %v with %v, want ok with its reserve of 1s", h.Outcome, h.Allowed)
	}
}

func TestFoundHurryKeepsReservesOfALimitedPhase(t *testing.T) {
	r := found(t, []quiesce.Option{quiesce.WithGracePeriod(10 * time.Second), quiesce.WithPhaseLimit(quiesce.PhaseStop, 100*time.Millisecond)},
		func(app *quiesce.App, _ func(context.Context) error) {
			db := app.Add("db", quiesce.Component{Stop: quiesce.Nothing}, quiesce.Critical(50*time.Millisecond))
			app.Add("slow", quiesce.Component{Stop: func(context.Context) error {
				time.Sleep(190 * time.Millisecond) // of its 200: what its own reserve adds to the limit
				app.Hurry(errors.New("hurry"))
				return nil
			}}, quiesce.Needs(db))
		}, shutdown)
	if h := hookOf(t, r, "db", quiesce.HookStop); h.Outcome != quiesce.OK {
		t.Errorf("critical stop %v (%s), want ok", h.Outcome, h.Reason)
	}
}

func TestFoundShorterDeadlineInsideTheWindow(t *testing.T) {
	r := found(t, []quiesce.Option{
		quiesce.WithGracePeriod(10 * time.Second),
		quiesce.WithPhaseLimit(quiesce.PhaseAnnounce, 3*time.Second), quiesce.WithPhaseLimit(quiesce.PhaseDrain, 10*time.Millisecond),
	}, func(app *quiesce.App, hang func(context.Context) error) {
		app.Add("db", quiesce.Component{Start: hang}, quiesce.Limit(quiesce.PhaseDrain, time.Millisecond))
		if err := app.OnAnnounce("tell", func(context.Context) error {
			time.Sleep(1950 * time.Millisecond) // the Start's context ends at 1.9 s, its deadline is 2 s
			return nil
		}); err != nil {
			t.Error(err)
		}
		time.AfterFunc(time.Second, func() { app.Shutdown(nil) })
	}, func(*quiesce.App) {})
	if h := hookOf(t, r, "db", quiesce.HookStart); h.Outcome != quiesce.Abandoned || r.Took >= 2*time.Second {
		t.Errorf("start %v, took %v; want it abandoned when the drain phase is over", h.Outcome, r.Took)
	}
}
