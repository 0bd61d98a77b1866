// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// clientLimit bounds what a client waits for, so that a claim that is wrong
// about a server fails instead of hanging.
const clientLimit = 30 * time.Second

// A site is an http.Server that listens on a loopback port.
type site struct {
	*http.Server
	addr  string
	ended chan error // gets what ListenAndServe returned

	mu     sync.Mutex
	more   *sync.Cond
	states map[http.ConnState]int // guarded by mu: how often each was reached
}

// newSite returns a server that listens, and closes it with the trial.
func newSite(x *claim.Trial, h http.Handler) *site {
	s := &site{Server: &http.Server{Addr: "127.0.0.1:0", Handler: h}}
	s.start(x, s.ListenAndServe)
	return s
}

// newSiteOn is newSite with a listener.
func newSiteOn(x *claim.Trial, l net.Listener, h http.Handler) *site {
	s := &site{Server: &http.Server{Handler: h}}
	s.start(x, func() error { return s.Serve(l) })
	return s
}

func (s *site) start(x *claim.Trial, serve func() error) {
	x.Helper()
	s.ended = make(chan error, 1)
	s.more = sync.NewCond(&s.mu)
	s.states = map[http.ConnState]int{}
	listens := make(chan string, 1)
	s.BaseContext = func(l net.Listener) context.Context {
		listens <- l.Addr().String()
		return context.Background()
	}
	s.ConnState = s.changed
	go func() { s.ended <- serve() }()
	x.Cleanup(func() { s.Close() })
	select {
	case s.addr = <-listens:
	case err := <-s.ended:
		x.Fatal(err)
	}
}

func (s *site) changed(_ net.Conn, state http.ConnState) {
	s.mu.Lock()
	s.states[state]++
	s.mu.Unlock()
	s.more.Broadcast()
}

// reached waits until connections have been in a state n times.
func (s *site) reached(state http.ConnState, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.states[state] < n {
		s.more.Wait()
	}
}

// shutdown calls Shutdown and returns when that has closed the listener. The
// channel gets what it returns.
func (s *site) shutdown(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(ctx) }()
	s.ended <- <-s.ended // Serve returns as soon as the listener is closed
	return done
}

// A client is one connection, without the second tries that http.Client makes.
type client struct {
	net.Conn
	in *bufio.Reader
}

// dial returns a connection that closes with the trial.
func (s *site) dial(x *claim.Trial) *client {
	x.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		x.Fatal(err)
	}
	x.Cleanup(func() { c.Close() })
	return newClient(c)
}

func newClient(c net.Conn) *client {
	_ = c.SetDeadline(time.Now().Add(clientLimit))
	return &client{c, bufio.NewReader(c)}
}

const request = "GET / HTTP/1.1\r\nHost: contract\r\n\r\n"

// send writes text. A connection that is closed shows when reading.
func (c *client) send(text string) { _, _ = io.WriteString(c, text) }

// answer reads a response. It reports whether that came whole, and whether it
// says that the connection will be closed.
func (c *client) answer() (ok, closing bool) {
	r, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return false, false
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return false, false
	}
	return r.StatusCode == http.StatusOK, r.Close
}

// closed waits for the next byte, and reports that the connection ended instead.
func (c *client) closed() bool {
	_, err := c.in.ReadByte()
	if e, ok := err.(net.Error); ok && e.Timeout() {
		return false
	}
	return err != nil
}

// idle returns a connection on which a request has been answered, and of which
// the server knows that it is idle. It must be the first of the site's.
func (s *site) idle(x *claim.Trial) *client {
	x.Helper()
	c := s.dial(x)
	c.send(request)
	if ok, _ := c.answer(); !ok {
		x.Fatal("no answer")
	}
	s.reached(http.StateIdle, 1)
	return c
}

// A gate holds up whoever waits for it until it is opened: by the trial, when
// that is over, or after clientLimit, so that something that was said not to
// wait, and does, is seen to have waited.
type gate struct {
	opened <-chan struct{}
	open   func()
}

func newGate(x *claim.Trial) gate {
	c := make(chan struct{})
	g := gate{c, sync.OnceFunc(func() { close(c) })}
	late := time.AfterFunc(clientLimit, g.open)
	x.Cleanup(func() {
		late.Stop()
		g.open()
	})
	return g
}

// A held handler keeps its requests until its gate is opened.
type held struct {
	gate
	begun   chan *http.Request
	running atomic.Int32 // requests in the handler
}

func newHeld(x *claim.Trial) *held {
	return &held{gate: newGate(x), begun: make(chan *http.Request, 1)}
}

// ServeHTTP answers 500 if the request's context has ended meanwhile.
func (h *held) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.running.Add(1)
	defer h.running.Add(-1)
	h.begun <- r
	<-h.opened
	if r.Context().Err() != nil {
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// inFlight returns a client whose request is in its handler, and that request.
func inFlight(x *claim.Trial, s *site, h *held) (*client, *http.Request) {
	x.Helper()
	c := s.dial(x)
	c.send(request)
	return c, <-h.begun
}

// ok is a handler that answers at once.
func ok(http.ResponseWriter, *http.Request) {}

// ended returns a context that has ended.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
