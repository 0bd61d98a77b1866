// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"net/http"
	"runtime"
	"runtime/pprof"
	"testing"
	"testing/synctest"
	"time"
)

// If this fails, package net/http has changed, and functions registered on the user's
// server are not waited for any more.
func TestUserHooksAreFound(t *testing.T) {
	srv := &http.Server{}
	if n := len(hookNames(srv)); n != 0 {
		t.Errorf("%d functions, want none", n)
	}
	var s slowHook
	srv.RegisterOnShutdown(func() {})
	srv.RegisterOnShutdown(s.run)
	srv.RegisterOnShutdown(generic[int])
	if n := len(hookNames(srv)); n != 3 {
		t.Errorf("%d functions, want 3: %v", n, hookNames(srv))
	}
}

type slowHook struct{ takes time.Duration }

func (s *slowHook) run() { time.Sleep(s.takes) }

func generic[T any]() { time.Sleep(10 * time.Second) }

// Drain waits for the functions that were registered on the user's server, but not for
// what they have started.
func TestDrainAwaitsUserHooks(t *testing.T) {
	for name, hook := range map[string]func(){
		"function": func() { time.Sleep(10 * time.Second) },
		"method":   (&slowHook{10 * time.Second}).run,
		"generic":  generic[string],
		"starter": func() {
			go time.Sleep(time.Hour)
			time.Sleep(10 * time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := &http.Server{}
				srv.RegisterOnShutdown(func() {})
				srv.RegisterOnShutdown(hook)
				r := newRig(t, srv)
				began := time.Now()
				if err := r.Drain(t.Context()); err != nil {
					t.Errorf("Drain = %v", err)
				}
				if took := time.Since(began); took < 10*time.Second || took > 10*time.Second+maxLook {
					t.Errorf("Drain took %v, want 10s", took)
				}
				r.end()
				time.Sleep(time.Hour) // what was started
			})
		})
	}
}

// One that was started and has not begun is one that runs.
func TestUserHookBeforeItBegins(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that it does not begin before we rest
	hook := (&slowHook{}).run
	srv := &http.Server{}
	srv.RegisterOnShutdown(hook)
	for range 100 { // in case we have to rest all the same
		pprof.Do(t.Context(), pprof.Labels(hookLabel, "test"), func(context.Context) { go hook() })
		if hooksRun("test", hookNames(srv)) {
			return
		}
	}
	t.Error("not found before it began")
}

// Force does not wait for them.
func TestForceDuringUserHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := &http.Server{}
		srv.RegisterOnShutdown(func() { time.Sleep(10 * time.Second) })
		r := newRig(t, srv)
		done := r.drainFor(t.Context())
		time.Sleep(time.Second)
		r.Force()
		if end := <-done; end.err == nil || end.took != time.Second {
			t.Errorf("Drain = %v after %v, want an error after 1s", end.err, end.took)
		}
		r.end()
		time.Sleep(10 * time.Second)
	})
}
