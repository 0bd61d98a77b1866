// SPDX-License-Identifier: Apache-2.0

package quiescetest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// newApp is how a program might make its app: it knows nothing of tests.
func newApp() *quiesce.App {
	app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
	db := app.Add("db", quiesce.Component{Start: wait(time.Second), Stop: wait(100 * time.Millisecond)})
	app.Add("http", quiesce.Component{Start: quiesce.Nothing, Drain: wait(2 * time.Second)}, quiesce.Needs(db))
	return app
}

func wait(d time.Duration) func(context.Context) error {
	return func(context.Context) error { time.Sleep(d); return nil }
}

func TestStartWaitsUntilRunningAndSignalStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := newApp()
		begin := time.Now()
		r := quiescetest.Start(t, app)
		if took := time.Since(begin); !app.Ready() || took != time.Second {
			t.Errorf("Start returned after %v with the app %v, want 1s and running", took, app.State())
		}
		r.Signal(syscall.SIGTERM)
		report := r.Wait()
		if report.Code != 0 || !report.Clean || report.Took != 2100*time.Millisecond {
			t.Errorf("report: code %d, clean %v, took %v, want 0, true, 2.1s", report.Code, report.Clean, report.Took)
		}
		if len(report.Causes) != 1 || report.Causes[0].Signal != "SIGTERM" {
			t.Errorf("causes %v, want one by SIGTERM", report.Causes)
		}
		if err := r.Err(); err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestStartOutsideOfABubble(t *testing.T) {
	app := quiesce.New("shop")
	app.Add("db", quiesce.Component{Start: quiesce.Nothing, Stop: quiesce.Nothing})
	r := quiescetest.Start(t, app)
	r.Shutdown(nil)
	if report := r.Wait(); !report.Clean {
		t.Error(report.Text())
	}
}

func TestCleanupStopsTheApp(t *testing.T) {
	app := newApp()
	synctest.Test(t, func(t *testing.T) {
		app = newApp() // its channels belong to the bubble
		quiescetest.Start(t, app)
	})
	if app.State() != quiesce.StateStopped || !app.Report().Clean {
		t.Errorf("after the test the app is %v: %v", app.State(), app.Report())
	}
}

// A fakeT is a test that notes its failures. Its cleanups run when it is told.
type fakeT struct {
	testing.TB
	cleanups []func()
	failures []string
}

func (f *fakeT) Helper()          {}
func (f *fakeT) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }
func (f *fakeT) Errorf(s string, args ...any) {
	f.failures = append(f.failures, fmt.Sprintf(s, args...))
}

func (f *fakeT) Fatalf(s string, args ...any) {
	f.Errorf(s, args...)
	panic(f)
}

// run calls what would be a test, and then its cleanups.
func (f *fakeT) run(test func()) {
	func() {
		defer func() {
			if v := recover(); v != nil && v != any(f) {
				panic(v)
			}
		}()
		test()
	}()
	for i := len(f.cleanups) - 1; i >= 0; i-- {
		f.cleanups[i]()
	}
}

func TestFailures(t *testing.T) {
	broken := errors.New("it broke")
	failing := func(context.Context) error { return broken }
	for _, tt := range []struct {
		name string
		c    quiesce.Component
		opts []quiescetest.Option
		test func(*quiescetest.Runner)
		want string // in the one failure; "" for none
	}{
		{"start fails", quiesce.Component{Start: failing}, nil, nil, `start "shop": start "db" failed: it broke`},
		{"mistake", quiesce.Component{}, nil, nil, `component "db"`},
		{"stop fails", quiesce.Component{Stop: failing}, nil, nil, `stop "shop": not clean: stop "db" failed: it broke`},
		{"may fail", quiesce.Component{Stop: failing}, []quiescetest.Option{quiescetest.AllowUnclean()}, nil, ""},
		{"may fail after all", quiesce.Component{Stop: failing}, nil, (*quiescetest.Runner).AllowUnclean, ""},
		{"signal not taken", quiesce.Component{Stop: quiesce.Nothing}, nil, func(r *quiescetest.Runner) { r.Signal(syscall.SIGALRM) }, "not taken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeT{TB: t}
			f.run(func() {
				app := quiesce.New("shop")
				app.Add("db", tt.c)
				r := quiescetest.Start(f, app, tt.opts...)
				if tt.test != nil {
					tt.test(r)
				}
			})
			if len(f.failures) > 1 || (len(f.failures) == 1) != (tt.want != "") {
				t.Fatalf("failures %q, want %q", f.failures, tt.want)
			}
			if tt.want != "" && !strings.Contains(f.failures[0], tt.want) {
				t.Errorf("failure %q, want %q", f.failures[0], tt.want)
			}
		})
	}
}

func TestStartOfAnAppThatWasStopped(t *testing.T) {
	f := &fakeT{TB: t}
	f.run(func() {
		app := newApp()
		app.Shutdown(nil)
		quiescetest.Start(f, app)
	})
	if len(f.failures) != 1 {
		t.Errorf("failures %q, want one", f.failures)
	}
}

func TestCancelIsTheParentsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := quiescetest.Start(t, newApp())
		gone := errors.New("parent gone")
		r.Cancel(gone)
		causes := r.Wait().Causes
		if len(causes) != 1 || causes[0].Kind != quiesce.CauseParent || causes[0].Err != gone {
			t.Errorf("causes %v, want %v of the parent", causes, gone)
		}
	})
}
