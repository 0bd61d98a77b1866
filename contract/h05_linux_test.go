// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// h05 is about requests that are on their way when idle connections close.
func h05() claim.Claim {
	return claim.Claim{
		ID:   "H05",
		Told: "Shutdown closes idle keep-alive connections at once, so no request can be lost.",
		Trial: func(x *claim.Trial) {
			s := newSite(x, http.HandlerFunc(ok))
			c := s.idle(x)
			err := s.Shutdown(x.Context())
			x.Told(err == nil && c.closed(), "idle connections are closed when Shutdown returns")
			halfSent(x)
			arrivedUnread(x)
			firstOfConnection(x)
			inTheWild(x)
		},
		So:      "Say `Connection: close` on every answer for a while before you close anything, so that clients leave between two requests, and close a connection only when nothing has arrived on it. Clients must expect a connection to close whenever it is idle (RFC 9112, 9.5).",
		Covered: []string{"quiesce.HTTP"},
		Vet:     "a Shutdown right after the signal, with no time in which clients are told",
	}
}

// halfSent: whatever the server has read of it, the connection is still idle.
func halfSent(x *claim.Trial) {
	s := newSite(x, http.HandlerFunc(ok))
	c := s.idle(x)
	c.send(request[:len(request)/2])
	err := s.Shutdown(x.Context())
	c.send(request[len(request)/2:])
	answered, _ := c.answer()
	x.Told(answered, "a request whose header has come in half is answered")
	x.Fact(err == nil && !answered, "A kept connection counts as idle until the header of its next request has been read whole: one that has come in half is cut, and Shutdown returns nil (net/http/server.go, conn.serve).")
}

// arrivedUnread holds up the server's goroutine where the scheduler may, too.
func arrivedUnread(x *claim.Trial) {
	var served atomic.Int32
	late := newLateListener(x)
	s := newSiteOn(x, late, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	c := s.idle(x)
	late.hold.Store(true)
	c.send(request)
	<-late.arrived
	err := s.Shutdown(x.Context())
	answered, _ := c.answer()
	late.open()
	x.Told(answered, "a request that the server has received whole is answered")
	x.Fact(err == nil && !answered && served.Load() == 1, "So is one that has arrived whole, if the goroutine of its connection has not been scheduled yet: no handler sees it, and the client sees the connection end and cannot know.")
}

// A lateListener hands over what its connections receive only when the gate is
// open, once hold is set.
type lateListener struct {
	net.Listener
	gate
	hold    atomic.Bool
	arrived chan struct{}
}

func newLateListener(x *claim.Trial) *lateListener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		x.Fatal(err)
	}
	return &lateListener{Listener: l, gate: newGate(x), arrived: make(chan struct{}, 1)}
}

func (l *lateListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &lateConn{c, l}, err
}

type lateConn struct {
	net.Conn
	l *lateListener
}

func (c *lateConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.l.hold.Load() {
		c.l.arrived <- struct{}{}
		<-c.l.opened
	}
	return n, err
}

// firstOfConnection: the connection was accepted before Shutdown was called.
func firstOfConnection(x *claim.Trial) {
	var served atomic.Int32
	s := newSite(x, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	c := s.dial(x)
	s.reached(http.StateNew, 1)
	ctx, cancel := context.WithTimeout(x.Context(), clientLimit)
	defer cancel()
	done := s.shutdown(ctx)
	c.send(request)
	answered, _ := c.answer()
	err := <-done
	x.Told(answered, "the first request on a connection that was accepted before is answered")
	x.Fact(err == nil && !answered && served.Load() == 0, "While Shutdown waits, a request that comes on a new connection that it has not closed is read and dropped without an answer.")
}

// inTheWild: clients that send one request after the other, and no tricks.
func inTheWild(x *claim.Trial) {
	const clients, each = 32, 5 // each client gets that many answers before Shutdown
	var served, answered, lost, told atomic.Int32
	s := newSite(x, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	var warm, over sync.WaitGroup
	warm.Add(clients)
	for range clients {
		c := s.dial(x)
		over.Go(func() {
			for n := 1; ; n++ {
				c.send(request)
				ok, closing := c.answer()
				if !ok {
					lost.Add(1)
					return
				}
				answered.Add(1)
				if closing {
					told.Add(1)
					return
				}
				if n == each {
					warm.Done()
				}
			}
		})
	}
	warm.Wait()
	ctx, cancel := context.WithTimeout(x.Context(), clientLimit)
	defer cancel()
	err := s.Shutdown(ctx)
	over.Wait()
	x.Measured(err == nil && lost.Load()+told.Load() == clients && served.Load() == answered.Load(),
		"Without tricks, under clients that send one request after the other: a request whose handler has begun is answered; each client either learns from its last answer that the connection closes, or loses a request that no handler saw.",
		"%d clients: %d lost one, %d were told", clients, lost.Load(), told.Load())
}
