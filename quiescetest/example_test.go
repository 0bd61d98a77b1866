// SPDX-License-Identifier: Apache-2.0

package quiescetest_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// t is the test's own; an example has none, so these are only compiled.
var t *testing.T

// A stop by SIGTERM in virtual time: two seconds of draining take no time.
func ExampleStart() {
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("shop", quiesce.WithGracePeriod(10*time.Second))
		app.Add("http", quiesce.Component{Drain: func(context.Context) error {
			time.Sleep(2 * time.Second)
			return nil
		}})
		r := quiescetest.Start(t, app)
		r.Signal(syscall.SIGTERM)
		if report := r.Wait(); report.Code != 0 || report.Took != 2*time.Second {
			t.Error(report.Text())
		}
		fmt.Print(r.Recorder().Log())
	})
}

// An order asserted without sleeping: while the server drains, nothing has
// stopped the database.
func ExampleRecorder_Hold() {
	synctest.Test(t, func(t *testing.T) {
		stopped := false
		app := quiesce.New("shop")
		db := app.Add("db", quiesce.Component{Stop: quiesce.NoCtx(func() error { stopped = true; return nil })})
		app.Add("http", quiesce.Component{Drain: quiesce.Nothing}, quiesce.Needs(db))

		rec := quiescetest.NewRecorder()
		reached, release := rec.Hold(func(e quiesce.Event) bool {
			begun, ok := e.(quiesce.HookBegun)
			return ok && begun.Component == "http" && begun.Hook == quiesce.HookDrain
		})
		r := quiescetest.Start(t, app, quiescetest.WithRecorder(rec))
		r.Shutdown(nil)
		<-reached
		synctest.Wait() // everything that can happen has happened
		if stopped {
			t.Error("db was stopped while http drained")
		}
		release()
	})
}
