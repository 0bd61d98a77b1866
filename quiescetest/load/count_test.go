// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// Books are the servers' own: what they have begun and finished, by id, over all of
// them.
type books struct {
	mu              sync.Mutex
	begun, finished map[string]int
}

func newBooks() *books { return &books{begun: map[string]int{}, finished: map[string]int{}} }

func (b *books) begin(id string)  { b.note(b.begun, id) }
func (b *books) finish(id string) { b.note(b.finished, id) }

func (b *books) note(in map[string]int, id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	in[id]++
}

// A serving is a server that keeps books.
type serving struct {
	addr     string
	tls      *tls.Config // of its clients; nil: it speaks in clear
	close    func()      // ends it at once
	shutdown func()      // ends it as net/http does
	leave    func()      // ends answers that last
}

func (b *books) serveHTTP(t *testing.T, secure bool) *serving {
	leave := make(chan struct{})
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Id")
		b.begin(id)
		defer b.finish(id)
		if body, err := io.ReadAll(r.Body); err != nil || string(body) != id && r.Method == http.MethodPost {
			return
		}
		if r.Header.Get("Accept") == "text/event-stream" {
			io.WriteString(w, "data: hello\n\n")
			w.(http.Flusher).Flush()
			<-leave
		}
		io.WriteString(w, "hello")
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	out := &serving{leave: sync.OnceFunc(func() { close(leave) })}
	if secure {
		srv.EnableHTTP2 = true
		srv.StartTLS()
		out.tls = &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	} else {
		srv.Config.Protocols = new(http.Protocols)
		srv.Config.Protocols.SetHTTP1(true)
		srv.Config.Protocols.SetUnencryptedHTTP2(true)
		srv.Start()
	}
	out.addr = srv.Listener.Addr().String()
	out.close = func() {
		out.leave()
		srv.Config.Close()
		srv.Close() // waits for handlers
	}
	out.shutdown = func() {
		out.leave()
		if err := srv.Config.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(out.close)
	return out
}

// serveLines answers "ID" with "ok ID".
func (b *books) serveLines(t *testing.T) *serving {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var conns []net.Conn
	var all sync.WaitGroup
	all.Go(func() {
		for c, err := ln.Accept(); err == nil; c, err = ln.Accept() {
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			all.Go(func() {
				for in := bufio.NewScanner(c); in.Scan(); {
					b.begin(in.Text())
					b.finish(in.Text())
					fmt.Fprintf(c, "ok %s\n", in.Text())
				}
			})
		}
	})
	end := sync.OnceFunc(func() {
		ln.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	t.Cleanup(end)
	return &serving{addr: ln.Addr().String(), close: end, shutdown: end, leave: func() {}}
}

// The callers' own books.
type calls struct {
	mu   sync.Mutex
	all  map[string]call
	none int // attempts without an id
}

type call struct {
	outcome load.Outcome
	sent    bool
	times   int
}

func (c *calls) done(a *load.Attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.ID == "" {
		c.none++ // not sent, as is checked
		return
	}
	c.all[a.ID] = call{a.Outcome, a.Sent > 0, c.all[a.ID].times + 1}
}

// agree compares the books. What is safe to retry was not begun, what is OK was
// finished, and whatever the server has begun somebody asked for, once.
func agree(t *testing.T, s *load.Session, server *books, client *calls) {
	t.Helper()
	server.mu.Lock() // a handler of a connection that was cut may still run
	defer server.mu.Unlock()
	ok, attempts := 0, client.none
	for id, c := range client.all {
		attempts += c.times
		begun, finished := server.begun[id], server.finished[id]
		switch {
		case c.times != 1 || begun > 1:
			t.Errorf("%s: %d attempts, begun %d times; want one", id, c.times, begun)
		case c.outcome == load.OK && (finished != 1 || !c.sent):
			t.Errorf("%s: ok, sent %v, finished %d times", id, c.sent, finished)
		case c.outcome.Class() == load.SafeToRetry && begun > 0:
			t.Errorf("%s: %v is safe to retry, and was begun", id, c.outcome)
		case !c.sent && begun > 0:
			t.Errorf("%s: not sent, and was begun", id)
		}
		if c.outcome == load.OK {
			ok++
		}
	}
	for id := range server.begun {
		if _, asked := client.all[id]; !asked {
			t.Errorf("%s: begun, and nobody says to have asked", id)
		}
	}
	tally := s.Tallies()[0]
	records := 0
	for r := range s.Records(0) {
		records++
		if r.Done < r.Sent || r.Done < r.Due || r.Sent > 0 && r.Sent < r.Due {
			t.Errorf("due %v, sent %v, done %v", r.Due, r.Sent, r.Done)
		}
	}
	if tally.Attempts() != attempts || records != attempts || tally.Answered != ok || len(s.Failures()) != attempts-ok {
		t.Errorf("%d attempts, %d ok; tally %+v, %d records, %d failures", attempts, ok, tally, records, len(s.Failures()))
	}
	t.Logf("%+v", tally)
}

// ids returns ids that are all different.
func ids() func() string {
	var last atomic.Int64
	return func() string { return fmt.Sprintf("id-%d", last.Add(1)) }
}

// A way is one in which a server is asked.
type way struct {
	name   string
	secure bool
	kind   func(load.Request) load.Kind
	load   load.Load // its callers
}

var (
	few  = load.Load{Callers: 16}
	open = load.Load{Callers: 16, Rate: 4000}
	ways = []way{
		{"keep-alive", false, load.KeepAlive, few},
		{"open", false, load.KeepAlive, open},
		{"keep-alive, TLS", true, load.KeepAlive, few},
		{"naive", false, load.Naive, few},
		{"new connections", false, load.NewConnection, few},
		{"h2", false, load.HTTP2, load.Load{Callers: 16, Share: 8}},
		{"h2, TLS", true, load.HTTP2, load.Load{Callers: 16, Share: 8}},
		{"sse", false, load.SSE, few},
		{"lines", false, nil, few},
	}
)

// start starts a server that keeps books, and what is to ask it.
func (w way) start(t *testing.T, b *books) (*serving, func(c *calls) load.Load) {
	if w.kind == nil {
		return b.serveLines(t), func(c *calls) load.Load {
			out := w.load
			out.Kind, out.Done = load.Lines("{id}", "ok {id}"), c.done
			return out
		}
	}
	s := b.serveHTTP(t, w.secure)
	return s, func(c *calls) load.Load {
		r := load.Request{Path: "/{id}", Header: http.Header{"X-Id": {"{id}"}}, Body: "{id}", IDs: ids(), TLS: s.tls}
		if w.name == "sse" {
			r.Body = ""
		}
		out := w.load
		out.Kind, out.Done = w.kind(r), c.done
		return out
	}
}

// A server is stopped under load, in one way or another, and a second one takes over.
// It may be that requests are lost; none is unaccounted for.
func TestCountsAgree(t *testing.T) {
	for _, w := range ways {
		for _, how := range []string{"close", "shutdown", "nothing"} {
			t.Run(w.name+"/"+how, func(t *testing.T) {
				t.Parallel()
				server, client := newBooks(), &calls{all: map[string]call{}}
				a, asking := w.start(t, server)
				b, _ := w.start(t, server)
				s := begin(t, load.Config{Addr: a.addr, Loads: []load.Load{asking(client)}, Records: true, Failures: 1e6})
				served(t, s)
				var stop sync.WaitGroup
				switch how {
				case "close":
					stop.Go(a.close)
				case "shutdown":
					stop.Go(a.shutdown)
				default:
					a.leave()
				}
				s.Redirect(b.addr)
				s.Anew()
				served(t, s)
				b.leave()
				s.Finish(t.Context())
				stop.Wait()
				b.close()
				a.close()
				agree(t, s, server, client)
				if lost := s.Tallies()[0].Lost; how == "nothing" && lost > 0 {
					t.Errorf("%d lost of servers that were not stopped", lost)
				}
			})
		}
	}
}

// A session that is closed gives up what is in flight.
func TestCountsAgreeAfterClose(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			server, client := newBooks(), &calls{all: map[string]call{}}
			a, asking := w.start(t, server)
			s := begin(t, load.Config{Addr: a.addr, Loads: []load.Load{asking(client)}, Records: true, Failures: 1e6})
			served(t, s)
			s.Close()
			a.close()
			agree(t, s, server, client)
			tally := s.Tallies()[0]
			if left := tally.Attempts() - tally.Answered - tally.Outcomes[load.Abandoned]; left > 0 {
				t.Errorf("%d neither answered nor abandoned: %v", left, tally.Outcomes)
			}
		})
	}
}

func begin(t *testing.T, c load.Config) *load.Session {
	t.Helper()
	s, err := load.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func served(t *testing.T, s *load.Session) {
	t.Helper()
	if err := s.Served(t.Context()); err != nil {
		t.Fatalf("%v: %+v", err, s.Tallies())
	}
}

// What a session says when it makes no sense.
func TestCheck(t *testing.T) {
	good := load.Load{Name: "a", Kind: load.KeepAlive(load.Request{}), Callers: 1}
	with := func(change func(*load.Load)) []load.Load {
		l := good
		change(&l)
		return []load.Load{l}
	}
	for want, c := range map[string]load.Config{
		"empty Loads":         {},
		"negative RTT":        {Loads: []load.Load{good}, RTT: -1},
		`"a": nil Kind`:       {Loads: with(func(l *load.Load) { l.Kind = nil })},
		`"a": no Callers`:     {Loads: with(func(l *load.Load) { l.Callers = 0 })},
		`both Think and Rate`: {Loads: with(func(l *load.Load) { l.Think, l.Rate = 1, 1 })},
		`two are called "a"`:  {Loads: []load.Load{good, good}},
	} {
		if s, err := load.Start(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) || s != nil {
			t.Errorf("Start = %v, %v; want %q", s, err, want)
		}
	}
}
