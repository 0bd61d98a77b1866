// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"net/http"
	"slices"
	"time"
)

// brokenClients fail only with clients that do something special.
func brokenClients() []species {
	return []species{
		{
			Name: "waits-for-the-silent", About: "waits for connections that have said nothing", Finds: []string{"handshake"}, Also: killed, URL: overHTTP,
			Flags: slices.Concat(only("handshake", "4"), delayed, []string{"--grace", "1s"}),
			run: byHand(saysGoodbye, func(l *life) int {
				l.await()
				l.leaveSlowly()
				l.ln.Close()
				l.waitFor(http.StateNew)
				return 0
			}),
		},
		{
			Name: "cuts-bodies", About: "cuts requests whose bodies are half there", Finds: []string{"half-body"}, URL: overHTTP,
			Flags: slices.Concat(only("body", "12"), delayed), run: byHand(cutsBodies, careful),
		},
		{
			Name: "cuts-the-idle", About: "takes a request on a connection that was idle when the signal came, and closes it", URL: overHTTP,
			Finds: []string{"idle-connections"}, Also: anyLost, Flags: slices.Concat(only("idle", "12"), delayed),
			run: byHand(spoils(func(http.ResponseWriter) { panic(http.ErrAbortHandler) }), careful),
		},
		{
			Name: "stopped-clock", About: "takes a pause of its own for a dead client, and gives up what is in flight", URL: overHTTP,
			Finds: []string{"stop-continue"}, Also: append([]string{"readiness-first", "delay-served", "live-throughout"}, anyLost...), Flags: slices.Concat(only("stop_cont", "12"), delayed),
			run: byHand(saysGoodbye, func(l *life) int {
				go l.watchdog(15 * time.Millisecond)
				return careful(l)
			}),
		},
		{
			Name: "worker-in-the-group", About: "its worker process is ended by a signal to the group", Finds: []string{"process-group"}, Also: anyLost,
			URL: overHTTP, Flags: slices.Concat(only("group", "12"), delayed), run: withWorker,
		},
		{
			Name: "cuts-slow-readers", About: "cuts clients that read slowly", Finds: []string{"slow-client"}, Also: anyLost,
			URL: overBig, Flags: slices.Concat(only("slow_client", "6"), delayed, seldom),
			run: byHand(saysGoodbye, func(l *life) int {
				l.await()
				l.each(http.StateActive, func(c net.Conn) { _ = c.SetWriteDeadline(time.Now().Add(20 * time.Millisecond)) })
				l.leaveSlowly()
				l.shutdown(time.Second)
				return 0
			}),
		},
		{
			Name: "waits-for-never-readers", About: "waits for clients that never read, without a bound", Finds: []string{"never-reads"}, Also: killed,
			URL: overBig, Flags: slices.Concat(only("never_reads", "4"), delayed, seldom, []string{"--grace", "2s"}), run: byHand(saysGoodbye, patient),
		},
		{
			Name: "half-is-gone", About: "takes a client that has closed its half for one that has gone", Finds: []string{"half-open"}, URL: overHTTP,
			Flags: slices.Concat(only("half_open", "6"), delayed), run: byHand(halfIsGone, careful),
		},
	}
}

// waitFor waits until no connection is in state s.
func (l *life) waitFor(s http.ConnState) {
	for left := true; left; time.Sleep(time.Millisecond) {
		left = false
		l.each(s, func(net.Conn) { left = true })
	}
}

// watchdog closes all connections when the clock has jumped.
func (l *life) watchdog(jump time.Duration) {
	for last := time.Now(); ; time.Sleep(time.Millisecond) {
		now := time.Now()
		if now.Sub(last) > jump {
			l.conns.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		}
		last = now
	}
}

// cutsBodies gives bodies no time once the stop was asked for.
func cutsBodies(l *life, h http.Handler) http.Handler {
	return saysGoodbye(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		over := make(chan struct{})
		defer close(over)
		if r.ContentLength > 0 {
			go func() {
				select {
				case <-l.leave:
					_ = http.NewResponseController(w).SetReadDeadline(time.Now())
				case <-over:
				}
			}()
		}
		h.ServeHTTP(w, r)
	}))
}

// halfIsGone breaks requests off whose client seems to be gone, once the stop was asked
// for.
func halfIsGone(l *life, h http.Handler) http.Handler {
	return saysGoodbye(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.stopping.Load() {
			select {
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			case <-time.After(10 * time.Millisecond):
			}
		}
		h.ServeHTTP(w, r)
	}))
}
