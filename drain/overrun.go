// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"errors"
	"fmt"
	"strings"
)

// holdersNamed is how many holders of each kind the text of an error names.
const holdersNamed = 3

// An OverrunError says what was in flight when a drain had to end contexts or, if it
// had not come to that, when it gave up; and why it did. Drain, Handover and Shutdown
// of [Server] and [Conns] return it. What counts its work with a [Gate], such as a
// [Consumer], has a [HeldError] instead, for the same reasons.
type OverrunError struct {
	// Addr is the address that the server listened on.
	Addr string

	// Busy holds the remote addresses of connections that were being served: of a
	// [Server] those with a request in flight, of either protocol; of [Conns] all
	// that were not waiting in [Next].
	Busy []string

	// Hijacked holds those of connections that a handler of a [Server] took over and
	// has not closed.
	Hijacked []string

	// Idle counts connections without a request.
	Idle int

	// Requests is what kept Busy connections so, the oldest first, at most [MaxHeld]:
	// of a [Server] the requests, if it has [WithRequests]; of [Conns] the peers, and
	// how long they have been connected.
	Requests []Held

	// Long is the work that was registered with [Handle.Long], the oldest first,
	// and after it functions that [Server.RegisterOnShutdown] has begun.
	Long []Held

	// Err is why the drain gave up: the cause of its context's end,
	// [ErrCancelled] if everything ended once contexts had, or [ErrClosed] if Force
	// came.
	Err error
}

var (
	// ErrCancelled says that a drain ended in time, but only because the contexts
	// of what was in flight were ended shortly before the deadline. It is wrapped in
	// an [OverrunError] or a [HeldError], which says whose.
	ErrCancelled = errors.New("contexts were ended before the deadline")

	// ErrClosed says that Force was called: by Listen of [Server] and [Conns], and in
	// the error of a drain that was cut short. It is also the cause with which Force
	// ends contexts.
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

func (e *OverrunError) because(cause error) error {
	c := *e
	c.Err = cause
	return &c
}

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

// A Counts is how much a server has open. Of [Conns], Idle are the connections that
// wait in [Next] and Busy the others; of a [Consumer], Busy are messages; of a gRPC
// server, calls.
type Counts struct {
	Idle      int `json:"idle,omitempty"`       // HTTP/1, without a request; new ones and half-sent headers too
	Busy      int `json:"busy,omitempty"`       // HTTP/1, with a request
	HTTP2Idle int `json:"http2_idle,omitempty"` // HTTP/2, without a stream
	HTTP2Busy int `json:"http2_busy,omitempty"` // HTTP/2, with streams
	Hijacked  int `json:"hijacked,omitempty"`   // taken over by a handler and not closed
	Long      int `json:"long,omitempty"`       // work registered with [Handle.Long]; not a connection of its own
}

// String reads "2 busy, 5 idle", or "nothing".
func (n Counts) String() string {
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{
		{n.Busy, "busy"},
		{n.Idle, "idle"},
		{n.HTTP2Busy, "HTTP/2 busy"},
		{n.HTTP2Idle, "HTTP/2 idle"},
		{n.Hijacked, "hijacked"},
		{n.Long, "long"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if parts == nil {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}
