// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"net/http"
	"slices"
	"time"
)

// brokenStops lose requests, or tell the wrong thing while they stop.
func brokenStops() []species {
	return slices.Concat(brokenInFlight(), brokenAnswers(), brokenProbes(), brokenWrites())
}

// brokenInFlight lose what is in flight.
func brokenInFlight() []species {
	return []species{
		{
			Name: "exits-at-once", About: "exits on the signal, whatever is in flight", Finds: lost, Also: unclean, URL: overHTTP,
			run: byHand(nil, func(l *life) int { l.await(); return 0 }),
		},
		{
			Name: "main-returns", About: "main returns when Serve does, while Shutdown still waits for handlers", Finds: lost, Also: unclean, URL: overHTTP,
			run: byHand(nil, func(l *life) int {
				l.await()
				go l.shutdown(time.Second)
				for { // Serve has returned when the listener is closed
					c, err := net.Dial("tcp", l.ln.Addr().String())
					if err != nil {
						return 0
					}
					c.Close()
				}
			}),
		},
		{
			Name: "close-not-shutdown", About: "calls Close where Shutdown is meant", Finds: lost, Also: unclean, URL: overHTTP,
			run: byHand(nil, func(l *life) int { l.await(); _ = l.srv.Close(); return 0 }),
		},
		{
			Name: "plain-shutdown", About: "net/http's Shutdown and nothing else: it cuts connections whose next request has arrived",
			Finds: lost, Also: unclean, URL: overHTTP, Flags: []string{"--connections", "64", "--rounds", "30"},
			run: byHand(nil, func(l *life) int { l.await(); l.shutdown(3 * time.Second); return 0 }),
		},
		{
			Name: "closes-the-idle", About: "closes idle connections at once, whatever is on its way there", URL: overHTTP,
			Finds: lost, Also: unclean, Flags: slices.Concat(delayed, []string{"--rate", "3000", "--rounds", "12"}),
			run: byHand(nil, func(l *life) int {
				l.await()
				go l.closeIdle()
				l.leaveSlowly()
				l.shutdown(time.Second)
				return 0
			}),
		},
		{
			Name: "slow-handlers-cut", About: "gives requests in flight no time", Finds: lost, Also: unclean, URL: overHTTP,
			run: byHand(slow, func(l *life) int { l.await(); l.shutdown(time.Millisecond); return 0 }),
		},
	}
}

// brokenAnswers do not answer well once the stop was asked for.
func brokenAnswers() []species {
	return []species{
		{
			Name: "drops-the-last", About: "reads requests after the signal and closes the connection without an answer", Finds: lost, Also: unclean, URL: overHTTP,
			run: byHand(spoils(func(http.ResponseWriter) { panic(http.ErrAbortHandler) }), aWhile),
		},
		{
			Name: "truncates", About: "breaks off answers after the signal", Finds: lost, Also: unclean, URL: overHTTP,
			run: byHand(spoils(func(w http.ResponseWriter) {
				w.Header().Set("Content-Length", "100")
				_, _ = w.Write([]byte("he"))
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}), aWhile),
		},
		{
			Name: "says-500", About: "answers 500 after the signal", Finds: lost, Also: unclean, URL: overHTTP,
			run: byHand(spoils(func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) }), aWhile),
		},
		{
			Name: "says-503", About: "answers 503 after the signal, and does not say when to come again", Finds: lost, Also: unclean, URL: overHTTP,
			run: byHand(spoils(func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }), aWhile),
		},
		{
			Name: "resets-the-new", About: "accepts connections after the signal and resets them", URL: overHTTP,
			Finds: []string{"requests-new", "refusals-clean"}, Also: lost,
			run: func(z *zoo) int {
				l := z.newLife(saysGoodbye)
				l.srv.ConnState = func(c net.Conn, s http.ConnState) {
					if s == http.StateNew && l.stopping.Load() {
						_ = c.(*net.TCPConn).SetLinger(0)
						c.Close()
					}
				}
				return aWhile(l)
			},
		},
	}
}

// brokenProbes tell the wrong thing, or at the wrong time.
func brokenProbes() []species {
	return []species{
		{
			Name: "readiness-late", About: "closes the listener while it says that it is ready", URL: overHTTP, Flags: delayed,
			Finds: []string{"readiness-first"}, Also: append([]string{"delay-served"}, anyLost...),
			run: byHand(saysGoodbye, func(l *life) int { l.await(); l.shutdown(3 * time.Second); return 0 }),
		},
		{
			Name: "refuses-at-once", About: "refuses connections as soon as readiness is off", URL: overHTTP, Flags: delayed,
			Finds: []string{"delay-served"}, Also: append([]string{"readiness-first"}, anyLost...),
			run: byHand(saysGoodbye, func(l *life) int {
				l.await()
				l.unready.Store(true)
				time.Sleep(30 * time.Millisecond) // the probe sees it, if the machine has time for it
				l.shutdown(3 * time.Second)
				return 0
			}),
		},
		{
			Name: "liveness-off", About: "its liveness probe fails while it is drained", URL: overHTTP, Flags: delayed,
			Finds: []string{"live-throughout"},
			run: byHand(saysGoodbye, func(l *life) int {
				go func() { <-l.leave; l.unlive.Store(true) }()
				return careful(l)
			}),
		},
		{
			Name: "rolling-gap", About: "refuses connections before the balancer has turned away", URL: overHTTP, Flags: append([]string{"--rolling"}, delayed...),
			Finds: []string{"served-throughout"}, Also: append([]string{"readiness-first", "delay-served"}, anyLost...),
			run: byHand(saysGoodbye, func(l *life) int {
				l.await()
				l.unready.Store(true)
				l.shutdown(3 * time.Second)
				return 0
			}),
		},
	}
}

// brokenWrites do not keep what they have acknowledged, or keep what they have not.
func brokenWrites() []species {
	return []species{
		{
			Name: "loses-writes", About: "acknowledges writes that it keeps in memory", Finds: []string{"writes-survive"}, URL: overHTTP, Flags: writing,
			run: func(z *zoo) int {
				z.items.beLazy(50 * time.Millisecond)
				return correct(z)
			},
		},
		{
			Name: "keeps-the-refused", About: "refuses writes with Retry-After and has kept them", Finds: []string{"writes-survive"}, URL: overHTTP,
			Flags: slices.Concat(writing, delayed),
			run:   byHand(keepsTheRefused, careful),
		},
	}
}

// aWhile goes on serving after the signal.
func aWhile(l *life) int {
	l.await()
	time.Sleep(50 * time.Millisecond)
	l.shutdown(3 * time.Second)
	return 0
}

// closeIdle closes idle connections over and over.
func (l *life) closeIdle() {
	for ; ; time.Sleep(time.Millisecond) {
		l.each(http.StateIdle, func(c net.Conn) { c.Close() })
	}
}

// spoils makes f answer once the stop was asked for.
func spoils(f func(http.ResponseWriter)) func(*life, http.Handler) http.Handler {
	return func(l *life, h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if l.stopping.Load() {
				f(w)
				return
			}
			h.ServeHTTP(w, r)
		})
	}
}

// slow takes 50 ms for each request.
func slow(l *life, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		saysGoodbye(l, h).ServeHTTP(w, r)
	})
}

func keepsTheRefused(l *life, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.stopping.Load() && r.Method == http.MethodPut {
			body := make([]byte, 1<<10)
			n, _ := r.Body.Read(body)
			_ = l.items.put(r.URL.Path[len("/items/"):], body[:n])
			w.Header().Set("Retry-After", "1")
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		saysGoodbye(l, h).ServeHTTP(w, r)
	})
}
