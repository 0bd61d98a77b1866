// SPDX-License-Identifier: Apache-2.0

package quiescetest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/scope"
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

// In parallel tests too, each is asked only for its own goroutines.
func ExampleNoLeaks() {
	t.Parallel()
	ctx := quiescetest.NoLeaks(t)
	cache := scope.New(ctx, "cache")
	_ = cache.Go(ctx, "refresh", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	// The context ends with the test, and so does the task.
}

// For all tests of a package at once.
func ExampleRunNoLeaks() {
	testMain := func(m *testing.M) { // func TestMain
		os.Exit(quiescetest.RunNoLeaks(m,
			quiescetest.AllowGoroutine("example.com/mq.(*Pool).reap", "one for the process, stopped by nobody")))
	}
	_ = testMain
}

// After its end a scope has nothing left, neither tasks nor what these have started.
func ExampleNoLeaksIn() {
	s := scope.New(context.Background(), "import")
	_ = s.Go(context.Background(), "read", func(context.Context) error { return nil })
	s.Cancel(nil)
	quiescetest.NoLeaksIn(t, s)
}

// A server goes on, and yet each request must leave nothing.
func ExampleNoGrowth() {
	server := scope.New(context.Background(), "server")
	defer server.Stop()
	quiescetest.NoGrowth(t, server, 5, func() { get(server) })
}

// get stands for a request.
func get(server *scope.Scope) {
	_ = server.Go(context.Background(), "request", func(context.Context) error { return nil })
}

// A failure shows where Shutdown, and what it has started, hang.
func ExampleAssertStops() {
	var srv http.Server
	quiescetest.AssertStops(t, time.Second, func() { _ = srv.Shutdown(context.Background()) })
}

// A survey of production is told in the words of the tests.
func ExampleClassify() {
	s := scope.New(context.Background(), "shop")
	began := make(chan struct{})
	_ = s.Go(context.Background(), "poll", func(ctx context.Context) error { close(began); <-ctx.Done(); return ctx.Err() })
	<-began
	for _, leak := range quiescetest.Classify(s.Survey()) {
		fmt.Println(leak.Class, leak.Task)
	}
	_ = s.Stop()
	fmt.Println(len(quiescetest.Classify(s.Survey())))
	// Output:
	// idle poll
	// 0
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
