// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// AssertStops calls f, which may block, on a goroutine of its own, and returns when f
// has. If that takes longer than within, it ends the test, as t.Fatal does, with where f
// and what it has started hang; f itself cannot be ended. 0 or less is no time at all.
//
//	quiescetest.AssertStops(t, time.Second, func() { err = srv.Shutdown(ctx) })
//
// What f has written is visible when AssertStops has returned. A panic in f crashes the
// tests, as in any goroutine. If f ends its goroutine, by t.FailNow for example, so does
// AssertStops. In a testing/synctest bubble within is virtual time, which stands still
// while f waits for a mutex or for the network.
//
// Goroutines that f leaves when it returns are no failure of it; [NoLeaks] sees them.
func AssertStops(t testing.TB, within time.Duration, f func()) {
	t.Helper()
	s := scope.New(testContext(t.Name()), t.Name(), scope.WithAges())
	task, err := s.Start(context.Background(), "AssertStops", func(context.Context) error {
		f()
		return nil
	})
	if err != nil {
		t.Fatalf("quiescetest: %v", err) // the scope is new and open
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-task.Done():
	case <-timer.C:
		if v := s.Inspect(); len(v.Groups) > 0 { // it has not ended meanwhile
			t.Fatalf("quiescetest: %s: still running after %v\n%s", t.Name(), within, v.Text())
		}
	}
	_ = s.Stop() // waits no longer
	if task.Outcome() == scope.Exited {
		runtime.Goexit()
	}
}
