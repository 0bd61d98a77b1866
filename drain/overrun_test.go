// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A drain that overruns names who holds it, gives contexts their end a second
// before its own, and closes nothing.
func TestDrainOverrunNamesHolders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			if !errors.Is(context.Cause(r.Context()), ErrDraining) {
				t.Errorf("cause of the request's end = %v, want %v", context.Cause(r.Context()), ErrDraining)
			}
			time.Sleep(time.Hour)
		})})
		for range 5 {
			if err := r.dial().send("/slow"); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		cause := errors.New("no time left")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, cause)
		defer cancel()
		done := r.drainFor(ctx)
		time.Sleep(9*time.Second - time.Nanosecond)
		synctest.Wait()
		if got := r.Stage(); got != StageDrain {
			t.Errorf("stage before the last second = %v, want %v", got, StageDrain)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if got := r.Stage(); got != StageCancel {
			t.Errorf("stage in the last second = %v, want %v", got, StageCancel)
		}
		d := <-done
		if d.took != 10*time.Second || !errors.Is(d.err, cause) {
			t.Fatalf("Drain = %v after %v, want %v after 10s", d.err, d.took, cause)
		}
		want := "drain 192.0.2.1:80: 5 busy (pipe, pipe, pipe and 2 more), 0 idle: no time left"
		if d.err.Error() != want {
			t.Errorf("Drain = %q, want %q", d.err, want)
		}
		if e, ok := errors.AsType[*OverrunError](d.err); !ok || len(e.Busy) != 5 {
			t.Errorf("Drain = %#v, want an *OverrunError with 5 busy", d.err)
		}
		r.end()
		time.Sleep(time.Hour) // the handlers end
	})
}

// Requests that ended only because their contexts did are named too. So is one
// whose client does not read the response, which no context ends.
func TestDrainNamesCancelled(t *testing.T) {
	for _, tt := range []struct {
		name  string
		reads bool
		took  time.Duration
		want  error
	}{
		{"handler", true, 7 * time.Second, ErrCancelled},
		{"slow reader", false, 8 * time.Second, context.DeadlineExceeded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, &http.Server{Handler: slowHandler(nil)}, WithRequests(nil))
				c := r.dial()
				if err := c.send("/slow"); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
				defer cancel()
				done := r.drainFor(ctx)
				if tt.reads {
					if _, told, err := c.receive(); err != nil || !told {
						t.Errorf("told = %v, %v; want true, nil", told, err)
					}
				}
				d := <-done
				want := "drain 192.0.2.1:80: 1 busy (GET /slow from pipe for 7s), 0 idle: " + tt.want.Error()
				if d.took != tt.took || !errors.Is(d.err, tt.want) || d.err.Error() != want {
					t.Errorf("Drain = %v after %v, want %s after %v", d.err, d.took, want, tt.took)
				}
				r.end()
			})
		})
	}
}

// Force beside a drain: the drain says what it cost.
func TestForceEndsDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &http.Server{Handler: slowHandler(nil)})
		c := r.dial()
		if err := c.send("/slow"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		done := r.drainFor(t.Context())
		time.Sleep(3 * time.Second)
		r.Force()
		r.wantEOF(c)
		d := <-done
		if d.err == nil || d.took != 3*time.Second || !strings.Contains(d.err.Error(), ": 1 busy (pipe), 0 idle: ") {
			t.Errorf("Drain = %v after %v, want an error naming one connection after 3s", d.err, d.took)
		}
		r.end()
	})
}
