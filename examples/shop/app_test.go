// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/examples/shop/internal/orders"
)

// A shop is the app under test, with a broker that notes what it receives.
type shop struct {
	*quiesce.App
	config  *orders.Config
	url     string
	probes  string
	ended   chan error
	mu      sync.Mutex
	brokers map[string]int // by order id; guarded by mu
}

// open starts a shop and waits until it is ready.
func open(t *testing.T) *shop {
	t.Helper()
	s := &shop{ended: make(chan error, 1), brokers: make(map[string]int)}
	broker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var o orders.Order
		if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
			t.Errorf("broker: %v", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.brokers[o.ID]++
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(broker.Close)
	s.config = &orders.Config{
		Addr: "127.0.0.1:0", Admin: "127.0.0.1:0", DB: filepath.Join(t.TempDir(), "shop.db"), Broker: broker.URL,
		ReportDir: t.TempDir(), Grace: 20 * time.Second, Delay: 0,
	}
	out, in := io.Pipe()
	app, err := newApp(s.config, in)
	if err != nil {
		t.Fatal(err)
	}
	s.App = app
	go func() { s.ended <- app.Run(t.Context()) }()
	var line struct{ Addr, Admin string }
	if err := json.NewDecoder(out).Decode(&line); err != nil {
		t.Fatal(err)
	}
	s.url, s.probes = "http://"+line.Addr, "http://"+line.Admin
	<-app.Reached(quiesce.StateRunning)
	return s
}

// call makes a request and returns the status and the body.
func call(t *testing.T, method, url, id, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Idempotency-Key", id)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestShopStopsWithEverythingDone(t *testing.T) {
	s := open(t)
	resp, err := http.Get(s.url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if code, body := call(t, http.MethodGet, s.probes+"/readyz", "", ""); code != http.StatusOK {
		t.Errorf("readyz: %d %s", code, body)
	}
	for _, id := range []string{"1", "2", "3"} {
		if code, body := call(t, http.MethodPost, s.url+"/orders", id, "teapot "+id); code != http.StatusCreated {
			t.Fatalf("order %s: %d %s", id, code, body)
		}
	}
	if code, body := call(t, http.MethodGet, s.url+"/orders/2", "", ""); code != http.StatusOK || !strings.Contains(body, "teapot 2") {
		t.Errorf("get: %d %s", code, body)
	}
	http.DefaultClient.CloseIdleConnections() // or the drain would give them a second to leave

	s.Shutdown(nil)
	if err := <-s.ended; err != nil {
		t.Errorf("Run: %v\n%s", err, s.Report().Text())
	}
	if r := s.Report(); !r.Clean || r.Code != 0 {
		t.Errorf("not a clean stop:\n%s", r.Text())
	}
	checkStream(t, resp.Body)
	s.checkStore(t, "1", "2", "3")
}

// checkStream reads the stream to its end, which must be a proper one.
func checkStream(t *testing.T, body io.Reader) {
	t.Helper()
	var events []string
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			events = append(events, name)
		}
	}
	if err := lines.Err(); err != nil {
		t.Errorf("stream: %v", err)
	}
	if n := len(events); n == 0 || events[n-1] != "bye" {
		t.Errorf("events %q, want bye at the end", events)
	}
}

// checkStore looks into the file after the stop.
func (s *shop) checkStore(t *testing.T, ids ...string) {
	t.Helper()
	store, err := orders.Open(s.config.DB)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if left, err := store.Unpublished(t.Context(), 10); err != nil || len(left) > 0 {
		t.Errorf("unpublished after the stop: %v, %v", left, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if o, err := store.Get(t.Context(), id); err != nil || o.Body != "teapot "+id {
			t.Errorf("stored %+v, %v; want order %s", o, err, id)
		}
		if s.brokers[id] != 1 {
			t.Errorf("order %s reached the broker %d times, want once", id, s.brokers[id])
		}
	}
}

// TestShopBusyPort: a port that somebody has is told before anything starts.
func TestShopBusyPort(t *testing.T) {
	s := open(t)
	defer func() { s.Shutdown(nil); <-s.ended }()
	c := *s.config
	c.Addr = strings.TrimPrefix(s.url, "http://")
	if _, err := newApp(&c, io.Discard); err == nil || !strings.Contains(err.Error(), c.Addr) {
		t.Errorf("error %v, want one that names %s", err, c.Addr)
	}
}

func TestShopPlanFits(t *testing.T) {
	app, err := newApp(&orders.Config{Addr: "127.0.0.1:0", Admin: "127.0.0.1:0", DB: "unused.db", Grace: time.Second}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := app.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if text := plan.Text(); !strings.Contains(text, "outbox") {
		t.Errorf("the plan lacks the outbox:\n%s", text)
	}
}
