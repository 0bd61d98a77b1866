// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"sync"
)

// health holds the readiness checks.
type health struct {
	mu     sync.Mutex
	checks map[string]func(context.Context) error
}

// Check registers a readiness check under a name: while it returns an error,
// or panics, [App.Readyz] says not ready. Checks are called by each request to
// Readyz, concurrently, with the request's context; they do not change
// [App.Ready] and do not stop anything. A second check of the same name
// replaces the first, a nil one removes it.
func (a *App) Check(name string, f func(context.Context) error) {
	h := &a.health
	h.mu.Lock()
	defer h.mu.Unlock()
	if f == nil {
		delete(h.checks, name)
		return
	}
	if h.checks == nil {
		h.checks = make(map[string]func(context.Context) error)
	}
	h.checks[name] = f
}

// Livez returns a handler that answers 200 until the app is stopped: from
// before the start, through every phase of the stop, until the outer components
// have stopped. It reads one atomic word and nothing else; a process that hangs
// in a stop must not be killed for it sooner than its grace period says.
func (a *App) Livez() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s := a.State()
		answer(w, s != StateStopped, s, nil)
	})
}

// Readyz returns a handler that answers 200 while [App.Ready] and every check
// agree, and 503 otherwise, with the state and the failing checks as JSON.
func (a *App) Readyz() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := a.State()
		if s != StateRunning {
			answer(w, false, s, nil)
			return
		}
		failing := a.health.run(r.Context())
		answer(w, len(failing) == 0 && a.Ready(), a.State(), failing)
	})
}

// Probes returns a handler with /livez and /readyz, to be served by an [Outer]
// component, so that probes are answered until the end.
func (a *App) Probes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/livez", a.Livez())
	mux.Handle("/readyz", a.Readyz())
	return mux
}

// run calls every check and returns the failing ones as "name: error", sorted.
func (h *health) run(ctx context.Context) []string {
	h.mu.Lock()
	checks := make(map[string]func(context.Context) error, len(h.checks))
	for name, f := range h.checks {
		checks[name] = f
	}
	h.mu.Unlock()
	results := make(chan string, len(checks))
	for name, f := range checks {
		go func() { runCheck(ctx, name, f, results) }()
	}
	var failing []string
	for range checks {
		select {
		case r := <-results:
			if r != "" {
				failing = append(failing, r)
			}
		case <-ctx.Done():
			return append(failing, "checks: "+context.Cause(ctx).Error())
		}
	}
	sort.Strings(failing)
	return failing
}

// runCheck calls one check, and answers even if it panics or calls Goexit.
func runCheck(ctx context.Context, name string, f func(context.Context) error, results chan<- string) {
	text := name + ": " + ErrExited.Error()
	defer func() {
		if v := recover(); v != nil {
			text = fmt.Sprintf("%s: panic: %v", name, v)
		}
		results <- text
	}()
	err := f(ctx)
	text = ""
	if err != nil {
		text = name + ": " + err.Error()
	}
}

// answer writes a probe's answer.
func answer(w http.ResponseWriter, ok bool, s State, failing []string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	json.NewEncoder(w).Encode(struct {
		OK      bool     `json:"ok"`
		State   State    `json:"state"`
		Failing []string `json:"failing,omitempty"`
	}{ok, s, failing})
}
