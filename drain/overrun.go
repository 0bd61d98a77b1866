// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// holdersNamed is how many holders of each kind the text of an error names.
const holdersNamed = 3

// An OverrunError says what was in flight when a drain had to end the contexts
// of requests or, if it had not come to that, when it gave up; and why it did.
// [Server.Drain] and [Server.Shutdown] return it.
type OverrunError struct {
	// Addr is the address that the server listened on.
	Addr string

	// Busy holds the remote addresses of connections with a request in flight, of
	// either protocol; of a [Conns] those that are being served. Hijacked those of connections that a handler took over
	// and has not closed.
	Busy, Hijacked []string

	// Idle counts connections without a request.
	Idle int

	// Requests are those in flight, the oldest first, at most [MaxHeld] of them.
	// Empty without [WithRequests].
	Requests []Held

	// Long is the work that was registered with [Handle.Long], the oldest first,
	// and after it functions that [Server.RegisterOnShutdown] has begun.
	Long []Held

	// Err is why the drain gave up: the cause of its context's end,
	// [ErrCancelled] if everything ended once the contexts of requests had, or
	// [ErrClosed] if [Server.Force] came.
	Err error
}

var (
	// ErrCancelled says that a drain ended in time, but only because the contexts
	// of requests were ended shortly before the deadline: see [OverrunError].
	ErrCancelled = errors.New("contexts of requests were ended before the deadline")

	// ErrClosed says that [Server.Force] was called: by [Server.Listen], and in
	// an [OverrunError] by a drain that it cut short.
	ErrClosed = errors.New("the server was closed")
)

// Error reads `drain [::]:80: 2 busy (192.0.2.1:4711, 192.0.2.7:502), 1 idle: …`.
func (e *OverrunError) Error() string {
	what := []string{e.busy(), fmt.Sprintf("%d idle", e.Idle)}
	if n := len(e.Hijacked); n > 0 {
		what = append(what, fmt.Sprintf("%d hijacked (%s)", n, some(e.Hijacked, n)))
	}
	if n := len(e.Long); n > 0 {
		what = append(what, fmt.Sprintf("%d long (%s)", n, some(texts(e.Long), n)))
	}
	return fmt.Sprintf("drain %s: %s: %v", e.Addr, strings.Join(what, ", "), e.Err)
}

// Unwrap returns Err.
func (e *OverrunError) Unwrap() error { return e.Err }

func (e *OverrunError) busy() string {
	n := len(e.Busy)
	switch {
	case n == 0:
		return "no connection busy"
	case len(e.Requests) > 0:
		return fmt.Sprintf("%d busy (%s)", n, some(texts(e.Requests), max(n, len(e.Requests))))
	default:
		return fmt.Sprintf("%d busy (%s)", n, some(e.Busy, n))
	}
}

// holds reports whether anything was in flight: idle connections alone are no
// reason to end a context.
func (e *OverrunError) holds() bool {
	return len(e.Busy)+len(e.Hijacked)+len(e.Long) > 0
}

func texts(held []Held) []string {
	out := make([]string, len(held))
	for i, h := range held {
		out[i] = h.String()
	}
	return out
}

// some names the first few of n.
func some(names []string, n int) string {
	shown := names[:min(len(names), holdersNamed)]
	out := strings.Join(shown, ", ")
	if more := n - len(shown); more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}

// left describes what is open now.
func (s *Server) left() *OverrunError {
	e := &OverrunError{Addr: s.addr(), Requests: s.requests.Holders(MaxHeld), Long: s.handle.longs.held()}
	for _, r := range s.books.list() {
		switch http.ConnState(r.state.Load()) {
		case http.StateActive:
			e.Busy = append(e.Busy, r.conn.RemoteAddr().String())
		case http.StateHijacked:
			e.Hijacked = append(e.Hijacked, r.conn.RemoteAddr().String())
		case http.StateNew, http.StateIdle:
			e.Idle++
		}
	}
	e.Long = append(e.Long, s.hooks.Holders(MaxHeld)...)
	slices.Sort(e.Busy)
	slices.Sort(e.Hijacked)
	return e
}

// Requests returns at most limit of the requests in flight, the oldest first; all
// of them if limit is negative, and none without [WithRequests].
func (s *Server) Requests(limit int) []Held { return s.requests.Holders(limit) }

// A Counts is how many connections a [Server] has open.
type Counts struct {
	Idle      int // HTTP/1, without a request; new ones and half-sent headers too
	Busy      int // HTTP/1, with a request
	HTTP2Idle int // HTTP/2, without a stream
	HTTP2Busy int // HTTP/2, with streams
	Hijacked  int // taken over by a handler and not closed
	Long      int // work registered with [Handle.Long]; not a connection of its own
}

// Counts counts the open connections. It takes time in proportion to them, and
// a lock that new ones need; requests do not wait for it.
func (s *Server) Counts() Counts {
	n := Counts{Long: s.handle.longs.count()}
	for _, r := range s.books.list() {
		active := http.ConnState(r.state.Load()) == http.StateActive
		switch is := r.classify(); {
		case is == waiting:
			n.Idle++
		case is == busy:
			n.Busy++
		case is == multi && active:
			n.HTTP2Busy++
		case is == multi:
			n.HTTP2Idle++
		case is == hijacked:
			n.Hijacked++
		}
	}
	return n
}
