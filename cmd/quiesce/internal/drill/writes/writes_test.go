// SPDX-License-Identifier: Apache-2.0

package writes_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/writes"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// A store survives the servers that use it.
type store struct {
	mu   sync.Mutex
	ids  map[string]bool
	took int
}

func newStore() *store { return &store{ids: map[string]bool{}} }

// put keeps an id, and returns how many were put before.
func (s *store) put(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids[id] = true
	s.took++
	return s.took - 1
}

func (s *store) remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ids, id)
}

func (s *store) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids[id]
}

// read answers 404 for what is not there.
func (s *store) read(w http.ResponseWriter, r *http.Request) {
	if !s.has(r.PathValue("id")) {
		w.WriteHeader(http.StatusNotFound)
	}
}

// list answers with all ids.
func (s *store) list(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.ids {
		fmt.Fprintf(w, "%q\n", id)
	}
}

// A write says what happens to the n-th write.
type write func(s *store, w http.ResponseWriter, id string, n int)

func keep(*store, http.ResponseWriter, string, int) {}

// Every third one is special.
func third(special write) write {
	return func(s *store, w http.ResponseWriter, id string, n int) {
		if n%3 == 2 {
			special(s, w, id, n)
		}
	}
}

func lose(s *store, _ http.ResponseWriter, id string, _ int) { s.remove(id) }

func cut(*store, http.ResponseWriter, string, int) { panic(http.ErrAbortHandler) }

func cutAndLose(s *store, w http.ResponseWriter, id string, n int) {
	lose(s, w, id, n)
	cut(s, w, id, n)
}

func refuse(_ *store, w http.ResponseWriter, _ string, _ int) {
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
}

func refuseAndLose(s *store, w http.ResponseWriter, id string, n int) {
	lose(s, w, id, n)
	refuse(s, w, id, n)
}

func fail(_ *store, w http.ResponseWriter, _ string, _ int) {
	w.WriteHeader(http.StatusInternalServerError)
}

func start(t *testing.T, s *store, write write) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", s.read)
	mux.HandleFunc("GET /orders", s.list)
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		id, _ := io.ReadAll(r.Body)
		write(s, w, string(id), s.put(string(id)))
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

var (
	post = load.Request{Method: http.MethodPost, Path: "/orders", Body: "{id}"}
	get  = load.Request{Path: "/orders/{id}"}
	list = load.Request{Path: "/orders"}
)

const enough = 60 // writes

// history writes to a server, and reads back from its successor.
func history(t *testing.T, write write, l *writes.Ledger) *record.Writes {
	t.Helper()
	s := newStore()
	load1(t, start(t, s, write), l)
	return l.ReadBack(t.Context(), start(t, s, keep), nil)
}

// load1 makes enough writes, some at a time.
func load1(t *testing.T, addr string, l *writes.Ledger) {
	t.Helper()
	one := l.Load(4, time.Millisecond)
	if one.Name != "write" {
		t.Errorf("the load is called %q", one.Name)
	}
	var made atomic.Int64
	done := make(chan struct{})
	note := one.Done
	one.Done = func(a *load.Attempt) {
		note(a)
		if made.Add(1) == enough {
			close(done)
		}
	}
	session, err := load.Start(t.Context(), load.Config{Addr: addr, Loads: []load.Load{one}})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	select {
	case <-done:
		session.Finish(t.Context())
	case <-t.Context().Done():
		t.Fatal("the writes were not made")
	}
}

func TestHistory(t *testing.T) {
	tests := []struct {
		name                      string
		write                     write
		acked, failed, unknown    bool // there are some
		missing, appeared, unread bool // there are some
		detail                    string
	}{
		{name: "correct", write: keep, acked: true},
		{name: "loses acknowledged ones", write: third(lose), acked: true, missing: true},
		{name: "keeps unknown ones", write: third(cut), acked: true, unknown: true, detail: "unknown ones are there"},
		{name: "loses unknown ones", write: third(cutAndLose), acked: true, unknown: true, detail: "0 of "},
		{name: "fails after it has written", write: third(fail), acked: true, unknown: true, detail: "unknown ones are there"},
		{name: "refuses", write: third(refuseAndLose), acked: true, failed: true},
		{name: "resurrects failed ones", write: third(refuse), acked: true, failed: true, appeared: true},
	}
	for _, tt := range tests {
		for name, read := range map[string]load.Request{"status": get, "body": list} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				l := writes.New(post, read, "t")
				l.ReadContains = name == "body"
				w := history(t, tt.write, l)
				got := []bool{w.Acknowledged > 0, w.Failed > 0, w.Unknown > 0, len(w.Missing) > 0, len(w.Appeared) > 0, w.Unread > 0}
				want := []bool{tt.acked, tt.failed, tt.unknown, tt.missing, tt.appeared, tt.unread}
				if !slices.Equal(got, want) || !strings.Contains(w.Detail, tt.detail) {
					t.Errorf("got %+v", w)
				}
				if n := w.Acknowledged + w.Failed + w.Unknown; n < enough {
					t.Errorf("%d writes are accounted for, %d were made", n, enough)
				}
			})
		}
	}
}

// All that were lost are named, and no others.
func TestMissingAreNamed(t *testing.T) {
	s := newStore()
	l := writes.New(post, get, "t")
	load1(t, start(t, s, keep), l)
	s.remove("t-2")
	s.remove("t-17")
	w := l.ReadBack(t.Context(), start(t, s, keep), nil)
	slices.Sort(w.Missing)
	if want := []string{"t-17", "t-2"}; !slices.Equal(w.Missing, want) {
		t.Errorf("missing %v, want %v", w.Missing, want)
	}
}

// In a list, an id is not the beginning of another.
func TestIDsAreWhole(t *testing.T) {
	s := newStore()
	l := writes.New(post, list, "t")
	l.ReadContains = true
	load1(t, start(t, s, keep), l)
	s.remove("t-1") // t-10 and others stay
	w := l.ReadBack(t.Context(), start(t, s, keep), nil)
	if want := []string{"t-1"}; !slices.Equal(w.Missing, want) {
		t.Errorf("missing %v, want %v", w.Missing, want)
	}
}

func TestUnread(t *testing.T) {
	l := writes.New(post, get, "t")
	load1(t, start(t, newStore(), keep), l)
	var asked atomic.Int64
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer broken.Close()
	w := l.ReadBack(t.Context(), broken.Listener.Addr().String(), nil)
	if w.Unread != w.Acknowledged || len(w.Missing) > 0 || !strings.Contains(w.Detail, "status 500") {
		t.Errorf("got %+v, want all unread", w)
	}
	if n := int(asked.Load()); n != 3*w.Acknowledged {
		t.Errorf("%d reads of %d writes, want three of each", n, w.Acknowledged)
	}

	over, cancel := context.WithCancel(t.Context())
	cancel()
	if w := l.ReadBack(over, broken.Listener.Addr().String(), nil); w.Unread != w.Acknowledged || !strings.Contains(w.Detail, context.Canceled.Error()) {
		t.Errorf("after the end of ctx: %+v", w)
	}
}

// A read that fails once is repeated.
func TestReadIsRepeated(t *testing.T) {
	s := newStore()
	l := writes.New(post, get, "t")
	load1(t, start(t, s, keep), l)
	var asked atomic.Int64
	shaky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
	}))
	defer shaky.Close()
	if w := l.ReadBack(t.Context(), shaky.Listener.Addr().String(), nil); w.Unread > 0 || len(w.Missing) > 0 {
		t.Errorf("got %+v, want all there", w)
	}
}

func TestReadTLS(t *testing.T) {
	s := newStore()
	l := writes.New(post, load.Request{
		Path: "/x", Body: "{id}", Host: "shop", Header: http.Header{"X-Order": {"{id}"}},
	}, "t")
	load1(t, start(t, s, keep), l)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.Host != "shop" || r.Header.Get("X-Order") != string(body) || !s.has(string(body)) {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer srv.Close()
	config := &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	if w := l.ReadBack(t.Context(), srv.Listener.Addr().String(), config); len(w.Missing) > 0 || w.Unread > 0 || w.Acknowledged < enough {
		t.Errorf("got %+v, want all there", w)
	}
}

// What was never written to a connection is not part of the history, or failed.
func TestNotSent(t *testing.T) {
	l := writes.New(post, get, "t")
	note := l.Load(1, 0).Done
	note(&load.Attempt{Outcome: load.Refused})
	note(&load.Attempt{Outcome: load.ResetBeforeWrite, ID: "t-1"})
	note(&load.Attempt{Outcome: load.Abandoned, ID: "t-2", Sent: time.Second, Err: errors.New("given up")})
	w := l.ReadBack(t.Context(), start(t, newStore(), keep), nil)
	if w.Acknowledged != 0 || w.Failed != 1 || w.Unknown != 1 || len(w.Appeared) > 0 {
		t.Errorf("got %+v, want 1 failed and 1 unknown", w)
	}
}
