// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// fasthttp, TestShutdownWithContextTimeoutThenShutdownAgain and TestShutdownReuse: a
// stop that ran out of time leaves the request that it waited for in peace: what that
// sees of the stop does not change, whatever is begun after. The same handlers can
// serve again, on another listener, and be stopped again. Theirs does so with the one
// server, and a second stop of it succeeds. Here a Server is used once: serving again
// is a new one's, and whoever drains the old one again is told how that went. To wait
// on with a new deadline is what a Gate can do: TestCloseGivesUpWithItsContext.
func TestServedAgainAfterATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, release := make(chan struct{}), make(chan struct{})
		mux := http.NewServeMux()
		mux.Handle("/", text("hello"))
		mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
			h := From(r.Context())
			told := h.Done()
			close(in)
			<-release
			if h != From(r.Context()) || told != h.Done() || !closed(told) || !errors.Is(h.Cause(), ErrDraining) {
				t.Errorf("the handle is another, or was not told: %v", h.Cause())
			}
		})
		srv := &http.Server{Handler: mux}
		old := newRig(t, srv)
		slow := old.dial()
		if err := slow.send("/slow"); err != nil {
			t.Fatal(err)
		}
		<-in
		ctx, cancel := contextFor(t, 10*time.Second)
		defer cancel()
		d := <-old.drainFor(ctx)
		if e, ok := errors.AsType[*OverrunError](d.err); !ok || len(e.Busy) != 1 || !errors.Is(d.err, context.DeadlineExceeded) {
			t.Errorf("Drain = %v, want an *OverrunError with one busy, and %v", d.err, context.DeadlineExceeded)
		}

		again := newRig(t, srv)
		c := again.dial()
		if told := again.mustGet(c, "/", "hello"); told || !again.Ready() {
			t.Errorf("served again: told %v, ready %v; want false, true", told, again.Ready())
		}
		close(release)
		if _, _, err := slow.receive(); err != nil {
			t.Errorf("the request that was waited for: %v", err)
		}
		if second := <-old.drainFor(t.Context()); second != (drained{0, d.err}) {
			t.Errorf("Drain again = %v after %v, want %v at once", second.err, second.took, d.err)
		}
		again.wantDrained(again.drainFor(t.Context()), adviseMost)
		again.wantEOF(c)
		again.end()
		old.end()
		old.wantEOF(slow)
	})
}
