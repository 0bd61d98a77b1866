// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"
)

// A script is a server that does on each connection what it is told.
type script struct {
	net.Listener
	conns sync.WaitGroup
}

// serve runs f on each connection, which it closes afterwards, with n counting
// from 1.
func serve(t *testing.T, f func(n int, c *net.TCPConn)) *script {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{Listener: ln}
	s.conns.Go(func() {
		for n := 1; ; n++ {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.conns.Go(func() {
				defer c.Close()
				f(n, c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		s.conns.Wait()
	})
	return s
}

// reset makes the close of c a reset.
func reset(c *net.TCPConn) { _ = c.SetLinger(0) }

// newTestWire leads to addr, in a session without callers.
func newTestWire(t *testing.T, addr string, rtt, timeout time.Duration) *Wire {
	s := newSession(t.Context(), Config{Addr: addr, RTT: rtt, Timeout: timeout})
	t.Cleanup(s.Close)
	return &Wire{session: s}
}

// do makes one request.
func do(t *testing.T, c Client) Outcome {
	t.Helper()
	return try(t, c).Outcome
}

// try makes one request.
func try(t *testing.T, c Client) Attempt {
	t.Helper()
	var a Attempt
	c.Do(t.Context(), &a)
	if (a.Outcome == OK) != (a.Err == nil) {
		t.Errorf("outcome = %v with error %v", a.Outcome, a.Err)
	}
	if none := a.Outcome == Refused || a.Outcome == TLSFailed || a.Outcome == ResetBeforeWrite; (a.Sent == 0) != none {
		t.Errorf("outcome = %v, sent at %v", a.Outcome, a.Sent)
	}
	return a
}

// eventually waits for what the kernel or another goroutine is about to do.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// rtts are the round trips that what a client sees must not depend on.
var rtts = []time.Duration{0, 2 * time.Millisecond}

func TestDialFollowsTheAddress(t *testing.T) {
	first, second := make(chan struct{}, 1), make(chan struct{}, 1)
	a := serve(t, func(int, *net.TCPConn) { first <- struct{}{} })
	b := serve(t, func(int, *net.TCPConn) { second <- struct{}{} })
	w := newTestWire(t, a.Addr().String(), 0, time.Minute)
	for _, got := range []chan struct{}{first, second} {
		c, err := w.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		<-got
		w.session.Redirect(b.Addr().String())
	}
	if n := w.count.reconnects.Load(); n != 1 {
		t.Errorf("%d reconnects, want 1", n)
	}
}

// The end of Dial's context does not end the connection; that of the session does.
func TestConnectionEndsWithTheSession(t *testing.T) {
	for _, rtt := range rtts {
		t.Run(rtt.String(), func(t *testing.T) {
			hold := make(chan struct{})
			s := serve(t, func(int, *net.TCPConn) { <-hold })
			defer close(hold)
			w := newTestWire(t, s.Addr().String(), rtt, time.Minute)
			ctx, cancel := context.WithCancel(t.Context())
			c, err := w.Dial(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			cancel()
			if _, err := c.Write([]byte("x")); err != nil {
				t.Errorf("Write after Dial's context ended = %v", err)
			}
			w.session.giveUp()
			if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
				t.Errorf("Read after the session was given up = %v, want that of a closed connection", err)
			}
		})
	}
}
