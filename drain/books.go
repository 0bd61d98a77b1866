// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// books are kept on a server's connections, from its ConnState calls.
//
// Until the drain begins a call stores the state in the connection's record and
// nothing else: no lock, no clock. Only the first and the last of a connection
// take mu, for the list. From then on each also counts, under mu. The flag and
// the states are sequentially consistent, so a change that does not see the flag
// is seen by the walk that follows setting it.
type books struct {
	draining    atomic.Bool
	signal      func()        // a count changed; set before it serves
	readTimeout time.Duration // as the server's; set before it serves
	grace       time.Duration // set before draining
	odd         sync.Map      // *tls.Conn that the listener returned, to *record

	mu    sync.Mutex
	first *record // of those that are open; guarded by mu, as what follows
	n     tally
	queue []waiter // in the order of their time
	unmet bool     // HTTP/2 connections came that were not told yet
}

// A waiter is a connection that had no request at a certain time.
type waiter struct {
	r     *record
	since time.Time
}

// An activity is what a drain has to know of a connection.
type activity int

const (
	gone     activity = iota // closed, or not counted yet
	waiting                  // HTTP/1 without a request, or nothing said yet
	busy                     // HTTP/1, in a request
	multi                    // HTTP/2
	hijacked                 // a handler's own
	activities
)

// A tally counts connections by activity. What is gone stays zero.
type tally [activities]int

func (n *tally) open() int { return n[waiting] + n[busy] + n[multi] + n[hijacked] }

// track is the server's ConnState hook.
func (b *books) track(c net.Conn, state http.ConnState) {
	r := b.recordOf(c)
	if r == nil {
		if state != http.StateNew {
			return // hijacked from under TLS that is not ours, and forgotten
		}
		r = &record{conn: c, books: b}
		b.odd.Store(c, r)
	}
	r.state.Store(int32(state))
	switch state {
	case http.StateNew:
		b.open(r)
	case http.StateHijacked, http.StateClosed:
		if _, ours := b.odd.LoadAndDelete(unframe(c)); ours {
			r.closed.Store(true)
		}
		b.settle(r)
		return
	}
	if b.draining.Load() {
		b.count(r)
	}
}

// recordOf returns the record of a connection that net/http speaks of.
func (b *books) recordOf(c net.Conn) *record {
	c = unframe(c)
	if w, ok := c.(wrapped); ok {
		return w.info()
	}
	if t, ok := c.(*tls.Conn); ok {
		if w, ok := t.NetConn().(wrapped); ok {
			return w.info()
		}
	}
	r, _ := b.odd.Load(c)
	found, _ := r.(*record)
	return found
}

// speaksMulti notes that a carrier takes over, for the first time or again: it is
// to be told of a drain.
func (b *books) speaksMulti(f *framed) {
	if r := b.speaks(f.Conn, f); r != nil && b.draining.Load() {
		b.mu.Lock()
		b.unmet = true
		b.mu.Unlock()
		b.signal()
	}
}

// speaks notes that HTTP/2 or the like takes over on c; on f, if not nil.
func (b *books) speaks(c net.Conn, f *framed) *record {
	r := b.recordOf(c)
	if r != nil {
		r.framed.Store(f)
		r.multi.Store(true)
		if b.draining.Load() {
			b.count(r)
		}
	}
	return r
}

func (b *books) open(r *record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r.listed = true
	if r.next = b.first; r.next != nil {
		r.next.prev = r
	}
	b.first = r
}

// settle counts r and takes it off the list if it is gone.
func (b *books) settle(r *record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.draining.Load() {
		b.countLocked(r)
	}
	if !r.listed || !r.isGone() {
		return
	}
	r.listed = false
	if r.prev == nil {
		b.first = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	}
	r.prev, r.next = nil, nil
}

// list returns the open connections.
func (b *books) list() []*record {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []*record
	for r := b.first; r != nil; r = r.next {
		out = append(out, r)
	}
	return out
}

// beginDrain starts counting. A connection that has been idle for long counts as
// idle from now, so that each has the grace period to be told to leave.
func (b *books) beginDrain(grace time.Duration) {
	b.grace = grace
	b.draining.Store(true)
	for _, r := range b.list() {
		b.count(r)
	}
}

// count brings the books up to date with r's state.
func (b *books) count(r *record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.countLocked(r)
}

func (b *books) countLocked(r *record) {
	is := r.classify()
	if is == multi && !r.met {
		r.met, b.unmet = true, true
		b.signal()
	}
	if is == r.activity {
		return
	}
	b.n[r.activity]--
	b.n[is]++
	b.n[gone] = 0
	r.activity = is
	switch {
	case is == waiting:
		b.enqueue(r, time.Now())
	case is != gone && r.expired:
		b.revive(r)
	}
	b.signal()
}

// classify takes a connection whose HTTP/2 preface has not arrived for one that
// waits: until then net/http reports nothing and tells it nothing.
func (r *record) classify() activity {
	switch state := http.ConnState(r.state.Load()); {
	case r.isGone():
		return gone
	case state == http.StateHijacked:
		return hijacked
	case state == http.StateNew:
		return waiting
	case r.multi.Load():
		return multi
	case state == http.StateIdle:
		return waiting
	default:
		return busy
	}
}

func (b *books) counts() tally {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

// meet reports whether HTTP/2 connections came since it was last asked.
func (b *books) meet() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	came := b.unmet
	b.unmet = false
	return came
}
