// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"context"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
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

// newTestWire leads to addr.
func newTestWire(t *testing.T, addr string, rtt, timeout time.Duration) *Wire {
	w := &Wire{
		run: t.Context(), addr: new(atomic.Pointer[string]), delay: rtt / 2, timeout: timeout,
		count: new(counters), lines: new(sync.WaitGroup),
	}
	t.Cleanup(w.lines.Wait)
	w.addr.Store(&addr)
	return w
}

// do makes one request.
func do(t *testing.T, c Client) Outcome {
	t.Helper()
	return c.Do(t.Context())
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
		next := b.Addr().String()
		w.addr.Store(&next)
	}
	if n := w.count.reconnects.Load(); n != 1 {
		t.Errorf("%d reconnects, want 1", n)
	}
}

// The end of Dial's context does not end the connection; that of the trial does.
func TestConnectionEndsWithTheTrial(t *testing.T) {
	for _, rtt := range rtts {
		t.Run(rtt.String(), func(t *testing.T) {
			hold := make(chan struct{})
			s := serve(t, func(int, *net.TCPConn) { <-hold })
			defer close(hold)
			w := newTestWire(t, s.Addr().String(), rtt, time.Minute)
			trial, giveUp := context.WithCancel(t.Context())
			w.run = trial
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
			giveUp()
			if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
				t.Errorf("Read after the trial was given up = %v, want that of a closed connection", err)
			}
		})
	}
}
