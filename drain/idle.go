// SPDX-License-Identifier: Apache-2.0

package drain

import "time"

func (b *books) enqueue(r *record, at time.Time) {
	r.since = at
	b.queue = append(b.queue, waiter{r, at})
}

// expire ends connections that have waited for the grace period, and returns
// when it should be called next; zero if nothing waits.
//
// It does not close them: a server that has just read a request would run it on
// the closed connection. It ends the server's wait for a request instead. A
// server that still waits closes the connection; one that has a whole header by
// now goes on, and countLocked gives it the deadline back before the handler
// runs. What remains is HTTP/1's own gap: a request on its way as the server
// closes.
//
// The lock is given up after each connection, so that handlers do not wait for
// ten thousand system calls.
func (b *books) expire(now time.Time) time.Time {
	for {
		next, more := b.expireNext(now)
		if !more {
			return next
		}
	}
}

func (b *books) expireNext(now time.Time) (next time.Time, more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) == 0 {
		b.queue = nil
		return time.Time{}, false
	}
	w := b.queue[0]
	if due := w.since.Add(b.grace); now.Before(due) {
		return due, false
	}
	b.queue = b.queue[1:]
	if w.r.activity == waiting && w.r.since.Equal(w.since) && w.r.classify() == waiting {
		b.expireLocked(w.r)
		b.enqueue(w.r, now) // try again later: net/http may have reset the deadline
	}
	return time.Time{}, true
}

func (b *books) expireLocked(r *record) {
	if hasInput(r.conn) {
		return // a request the server has not looked at yet
	}
	r.expired = true
	_ = r.conn.SetReadDeadline(time.Unix(1, 0))
}

// revive undoes expireLocked for a request that was already read. It runs in the
// ConnState call, which is before anything reads the body.
func (b *books) revive(r *record) {
	r.expired = false
	var deadline time.Time
	if b.readTimeout > 0 && r.activity == busy {
		deadline = time.Now().Add(b.readTimeout)
	}
	_ = r.conn.SetReadDeadline(deadline)
}
