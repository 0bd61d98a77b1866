// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "a shop?.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStoreCreateTwice(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	for i, want := range []bool{true, false} {
		if isNew, err := s.Create(ctx, Order{"1", "teapot"}); err != nil || isNew != want {
			t.Errorf("call %d: new %v, error %v; want %v", i, isNew, err, want)
		}
	}
	if _, err := s.Create(ctx, Order{"1", "kettle"}); !errors.Is(err, ErrConflict) {
		t.Errorf("another order with the same id: %v, want ErrConflict", err)
	}
	if _, err := s.Get(ctx, "2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown order: %v, want ErrNotFound", err)
	}
}

func TestAPI(t *testing.T) {
	s := newStore(t)
	h := API(s, NewOutbox(s, Broker{}), NewEvents())
	for _, tt := range []struct {
		method, path, id, body string
		want                   int
	}{
		{"POST", "/orders", "1", "teapot", 201},
		{"POST", "/orders", "1", "teapot", 200},
		{"POST", "/orders", "1", "kettle", 409},
		{"POST", "/orders", "", "teapot", 400},
		{"POST", "/orders", "2", strings.Repeat("x", maxBodyBytes+1), 400},
		{"GET", "/orders/1", "", "", 200},
		{"GET", "/orders/2", "", "", 404},
		{"DELETE", "/orders/1", "", "", 405},
	} {
		r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
		r.Header.Set("Idempotency-Key", tt.id)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("%s %s as %q: %d %s, want %d", tt.method, tt.path, tt.id, w.Code, w.Body, tt.want)
		}
	}
	s.Close()
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest("GET", "/orders/1", nil)); w.Code != 500 {
		t.Errorf("with a closed database: %d, want 500", w.Code)
	}
}

// TestOutboxPublishesAtLeastOnce: a broker that fails in the middle of a batch
// gets the whole batch again.
func TestOutboxPublishesAtLeastOnce(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	for _, id := range []string{"1", "2", "3"} {
		if _, err := s.Create(ctx, Order{id, "teapot"}); err != nil {
			t.Fatal(err)
		}
	}
	var calls atomic.Int32
	broker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer broker.Close()
	b := NewOutbox(s, Broker{URL: broker.URL})
	if err := b.publishAll(ctx); err == nil {
		t.Error("no error from a broker that is away")
	}
	if left, err := s.Unpublished(ctx, 10); err != nil || len(left) != 3 {
		t.Errorf("unpublished %v, %v; want all 3", left, err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	// Outside an app the work context is the one given: nothing can be finished.
	if err := b.Run(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Run with an ended context: %v", err)
	}
	if err := b.publishAll(ctx); err != nil {
		t.Error(err)
	}
	if left, err := s.Unpublished(ctx, 10); err != nil || len(left) != 0 || calls.Load() != 5 {
		t.Errorf("unpublished %v, %v after %d calls; want none after 5", left, err, calls.Load())
	}
}

// TestEventsSlowStream: a stream that does not read holds up nobody.
func TestEventsSlowStream(t *testing.T) {
	e := NewEvents()
	s, leave := e.join()
	for range 2 * eventsBehind {
		e.Send(Order{ID: "1"})
	}
	if len(s) != eventsBehind {
		t.Errorf("%d events wait, want %d", len(s), eventsBehind)
	}
	leave()
	e.Send(Order{ID: "2"})
	if len(e.streams) != 0 {
		t.Errorf("%d streams after the last has left", len(e.streams))
	}
}
