// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// httpConns keeps the books on a server's connections, from its ConnState calls.
//
// Until the drain begins a call stores the state in the connection's record and
// nothing else: no lock, no clock. From then on each also counts, under mu. The
// flag and the states are sequentially consistent, so a change that does not see
// the flag is seen by the walk that follows setting it.
type httpConns struct {
	records     sync.Map // net.Conn to *httpConn
	draining    atomic.Bool
	changed     chan struct{} // holds one: a count changed
	readTimeout time.Duration // as the server's; set before it serves
	grace       time.Duration // set before draining

	mu   sync.Mutex
	n    httpCounts // guarded by mu, as are the records' marked fields
	next time.Time  // when expire has something to do; zero if never
}

type httpConn struct {
	conn  net.Conn
	state atomic.Int32 // an http.ConnState

	class   httpClass // what it is counted as
	since   time.Time // when it was first counted so, or last found not to be idle
	expired bool      // its read deadline was moved into the past
}

// A httpClass is what a drain has to know of a connection.
type httpClass int

const (
	httpGone    httpClass = iota // closed, hijacked, or not counted yet
	httpWaiting                  // HTTP/1, no request
	httpBusy                     // HTTP/1, in a request
	httpTwo                      // HTTP/2
)

type httpCounts struct{ waiting, busy, two int }

func (n httpCounts) open() int { return n.waiting + n.busy + n.two }

func (n *httpCounts) add(class httpClass, d int) {
	switch class {
	case httpWaiting:
		n.waiting += d
	case httpBusy:
		n.busy += d
	case httpTwo:
		n.two += d
	}
}

func (c *httpConns) init() { c.changed = make(chan struct{}, 1) }

// track is the server's ConnState hook.
func (c *httpConns) track(conn net.Conn, state http.ConnState) {
	var r *httpConn
	if v, ok := c.records.Load(conn); ok {
		r = v.(*httpConn)
		r.state.Store(int32(state))
	} else if state == http.StateNew { // the zero state
		r = &httpConn{conn: conn}
		c.records.Store(conn, r)
	} else {
		return // hijacked and forgotten
	}
	if state == http.StateClosed || state == http.StateHijacked {
		c.records.Delete(conn)
	}
	if c.draining.Load() {
		c.count(r)
	}
}

// beginDrain starts counting. A connection that has been idle for long counts as
// idle from now, so that each has the grace period to be told to leave.
func (c *httpConns) beginDrain(grace time.Duration) {
	c.grace = grace
	c.draining.Store(true)
	for _, v := range c.records.Range {
		c.count(v.(*httpConn))
	}
}

// count brings the books up to date with r's state.
func (c *httpConns) count(r *httpConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	class := r.classify()
	if class == r.class {
		return
	}
	c.n.add(r.class, -1)
	c.n.add(class, 1)
	r.class = class
	switch {
	case class == httpWaiting:
		r.since = time.Now()
		if c.next.IsZero() {
			c.next = r.since.Add(c.grace)
		}
	case class != httpGone && r.expired:
		c.revive(r)
	}
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func (r *httpConn) classify() httpClass {
	switch state := http.ConnState(r.state.Load()); {
	case state == http.StateClosed || state == http.StateHijacked:
		return httpGone
	case state == http.StateNew: // and if TLS, perhaps in its handshake
		return httpWaiting
	case r.class == httpTwo || r.isHTTP2():
		return httpTwo
	case state == http.StateIdle:
		return httpWaiting
	default:
		return httpBusy
	}
}

// isHTTP2 must not be called before the handshake is over: it would wait for it.
func (r *httpConn) isHTTP2() bool {
	tc, ok := r.conn.(*tls.Conn)
	return ok && tc.ConnectionState().NegotiatedProtocol == "h2"
}

// expire ends connections that have waited for the grace period, and returns
// when it should be called next; zero if nothing waits.
//
// It does not close them: a server that has just read a request would run it on
// the closed connection. It ends the server's wait for a request instead. A
// server that still waits closes the connection; one that has a whole header by
// now goes on, and count gives it the deadline back before the handler runs.
// What remains is HTTP/1's own gap: a request on its way as the server closes.
func (c *httpConns) expire(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next.IsZero() || now.Before(c.next) {
		return c.next
	}
	c.next = time.Time{}
	for _, v := range c.records.Range {
		r := v.(*httpConn)
		if r.class != httpWaiting || r.classify() != httpWaiting {
			continue
		}
		if !now.Before(r.since.Add(c.grace)) {
			c.expireOne(r)
			r.since = now // try again later: net/http may have reset the deadline
		}
		if due := r.since.Add(c.grace); c.next.IsZero() || due.Before(c.next) {
			c.next = due
		}
	}
	return c.next
}

func (c *httpConns) expireOne(r *httpConn) {
	if hasInput(r.conn) {
		return // a request the server has not looked at yet
	}
	r.expired = true
	_ = r.conn.SetReadDeadline(time.Unix(1, 0))
}

// revive undoes expireOne for a request that was already read. It runs in the
// ConnState call, which is before anything reads the body.
func (c *httpConns) revive(r *httpConn) {
	r.expired = false
	var deadline time.Time
	if c.readTimeout > 0 && r.class == httpBusy {
		deadline = time.Now().Add(c.readTimeout)
	}
	_ = r.conn.SetReadDeadline(deadline)
}

func (c *httpConns) counts() httpCounts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// httpLeft is what an unfinished drain left open.
type httpLeft struct {
	busy, idle int
	addrs      []string // of some busy ones
}

func (c *httpConns) left() httpLeft {
	var left httpLeft
	for _, v := range c.records.Range {
		r := v.(*httpConn)
		if http.ConnState(r.state.Load()) != http.StateActive {
			left.idle++
			continue
		}
		left.busy++
		left.addrs = append(left.addrs, r.conn.RemoteAddr().String())
	}
	slices.Sort(left.addrs)
	return left
}

func (l httpLeft) String() string {
	if l.busy == 0 {
		return fmt.Sprintf("no connection busy, %d idle", l.idle)
	}
	addrs := strings.Join(l.addrs[:min(len(l.addrs), httpHolders)], ", ")
	if more := len(l.addrs) - httpHolders; more > 0 {
		addrs += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%d busy (%s), %d idle", l.busy, addrs, l.idle)
}
