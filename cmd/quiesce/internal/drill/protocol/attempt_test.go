// SPDX-License-Identifier: Apache-2.0

package protocol_test

import (
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// A run is a session with one caller. Attempts come from ended, in order.
type run struct {
	*load.Session
	ended chan load.Attempt
}

func start(t *testing.T, addr string, kind load.Kind, timeout time.Duration) *run {
	t.Helper()
	r := &run{ended: make(chan load.Attempt, 1000)}
	var err error
	r.Session, err = load.Start(t.Context(), load.Config{
		Addr: addr, Timeout: timeout,
		Loads: []load.Load{{Name: "probe", Kind: kind, Callers: 1, Done: func(a *load.Attempt) {
			select {
			case r.ended <- *a:
			default: // the first thousand say enough
			}
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// first returns the first attempt.
func (r *run) first(t *testing.T) load.Attempt {
	t.Helper()
	select {
	case a := <-r.ended:
		return a
	case <-t.Context().Done():
		t.Fatal("no attempt has ended")
		panic("unreachable")
	}
}

func (r *run) served(t *testing.T) {
	t.Helper()
	if err := r.Served(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, a load.Attempt, o load.Outcome) {
	t.Helper()
	if a.Outcome != o {
		t.Errorf("outcome = %v (%v), want %v", a.Outcome, a.Err, o)
	}
	if (a.Err == nil) != (o == load.OK) {
		t.Errorf("error = %v, with outcome %v", a.Err, a.Outcome)
	}
}
