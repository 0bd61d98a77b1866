// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A life is a server as one writes it by hand, step by step, so that each step can be
// broken by itself.
type life struct {
	*zoo
	srv      *http.Server
	ln       net.Listener
	signals  chan os.Signal
	leave    chan struct{} // closed when streams have to end
	unready  atomic.Bool
	unlive   atomic.Bool
	stopping atomic.Bool
	conns    sync.Map // net.Conn to connState
}

// A connState is what a connection is in, and since when.
type connState struct {
	http.ConnState
	since time.Time
}

// newLife listens and serves.
func (z *zoo) newLife(wrap func(*life, http.Handler) http.Handler) *life {
	l := &life{zoo: z, signals: make(chan os.Signal, 8), leave: make(chan struct{})}
	h := z.handler()
	if wrap != nil {
		h = wrap(l, h)
	}
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("/readyz", probe(&l.unready))
	mux.HandleFunc("/livez", probe(&l.unlive))
	l.srv = &http.Server{Handler: mux, Protocols: new(http.Protocols), BaseContext: func(net.Listener) context.Context {
		return context.WithValue(context.Background(), leavingKey{}, (<-chan struct{})(l.leave))
	}}
	l.srv.Protocols.SetHTTP1(true)
	l.srv.Protocols.SetUnencryptedHTTP2(true)
	l.srv.ConnState = func(c net.Conn, s http.ConnState) {
		if s == http.StateNew {
			_ = c.(*net.TCPConn).SetWriteBuffer(16 << 10) // who reads slowly is to be waited for
		}
		l.conns.Store(c, connState{s, time.Now()})
	}
	signal.Notify(l.signals, syscall.SIGTERM, syscall.SIGINT)
	ln, err := net.Listen("tcp", z.addr)
	if err != nil {
		log.Fatal(err)
	}
	l.ln = ln
	go func() { _ = l.srv.Serve(ln) }()
	return l
}

func probe(off *atomic.Bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if off.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
}

// await returns when the stop is asked for.
func (l *life) await() {
	<-l.signals
	l.stopping.Store(true)
}

// each calls f for each connection that is in state s.
func (l *life) each(s http.ConnState, f func(net.Conn)) {
	l.conns.Range(func(c, state any) bool {
		if state.(connState).ConnState == s {
			f(c.(net.Conn))
		}
		return true
	})
}

// silent reports whether somebody has connected and said nothing since, who is no probe.
func (l *life) silent() (found bool) {
	const probe = 10 * time.Millisecond
	l.conns.Range(func(_, state any) bool {
		s := state.(connState)
		found = found || s.ConnState == http.StateNew && time.Since(s.since) > probe
		return true
	})
	return found
}

// shutdown is Shutdown with a bound that is never reached.
func (l *life) shutdown(bound time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	if err := l.srv.Shutdown(ctx); err != nil {
		_ = l.srv.Close()
	}
}

// careful stops as well as a server can by hand: readiness off, all answers say that
// the connection ends, and when nobody comes any more the listener is closed. It needs
// a balancer that turns away.
func careful(l *life) int {
	l.await()
	l.leaveSlowly()
	l.shutdown(time.Second)
	return 0
}

// leaveSlowly returns when the balancer has turned away.
func (l *life) leaveSlowly() {
	l.unready.Store(true)
	close(l.leave)
	time.Sleep(l.delay)
	l.untilQuiet()
}

// untilQuiet waits until no request but those of probes has come for a while: on a busy
// machine some wait in the queue of the listener, and are reset if it is closed, and who
// has connected may need a while to ask: Shutdown cuts them. It counts how often it has
// looked: while the process gets no time nobody comes.
func (l *life) untilQuiet() {
	const enough, most = 40, time.Second
	last := l.count.began.Load()
	began := time.Now()
	for looks := 0; looks < enough && time.Since(began) < most; looks++ {
		time.Sleep(time.Millisecond)
		if n := l.count.began.Load(); n != last || l.silent() {
			last, looks = n, 0
		}
	}
}

// saysGoodbye makes every answer end its connection once the stop was asked for.
func saysGoodbye(l *life, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.stopping.Load() && r.ProtoMajor == 1 {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}
