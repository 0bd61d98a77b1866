// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"runtime"
	"time"
)

// A turn is one call of a handler.
type turn struct {
	route   *Route
	d       Delivery
	timer   *time.Timer // makes it late; nil if inline
	start   time.Time   // if inline
	offered bool        // to the route's own thread, which has not begun; guarded by kind.mu
	late    bool        // nobody waits for it any more; guarded by kind.mu
}

// holdsLocked reports whether the round must wait for t, which may be nil.
func (t *turn) holdsLocked() bool {
	return t != nil && t.route.turn == t && !t.late
}

// begin is called by the kind's goroutine. It returns before an ordinary
// handler does, and after an inline one.
func (t *turn) begin() {
	r := t.route
	if r.inline {
		t.start = time.Now()
		t.run()
		return
	}
	t.timer = time.AfterFunc(r.timeout, t.overrun)
	if !r.ownThread {
		go t.run()
		return
	}
	r.kind.mu.Lock()
	defer r.kind.mu.Unlock()
	t.offered = true
	if !r.thread {
		r.thread = true
		r.kind.mux.running.Add(1)
		go r.ownThreadLoop()
	}
	r.handed.Broadcast()
}

func (t *turn) run() {
	r, returned := t.route, false
	defer t.end()
	defer r.kind.mux.caught(t.d.Signal, r.name, &returned)
	r.f(t.d)
	returned = true
}

// end frees the route for its next turn.
func (t *turn) end() {
	r := t.route
	if t.timer != nil {
		t.timer.Stop()
	} else if time.Since(t.start) > r.timeout {
		t.report() // an inline handler can only be found out afterwards
	}
	r.kind.mu.Lock()
	r.turn = nil
	r.kind.mu.Unlock()
	r.kind.wake()
}

// overrun lets the next handler have its turn. It may have lost against end.
func (t *turn) overrun() {
	r := t.route
	r.kind.mu.Lock()
	t.late = r.turn == t
	late := t.late
	r.kind.mu.Unlock()
	if late {
		t.report()
		r.kind.wake()
	}
}

func (t *turn) report() {
	r := t.route
	r.kind.mux.fault(Fault{Signal: t.d.Signal, Handler: r.name, Kind: Overran, Limit: r.timeout})
}

// ownThreadLoop makes a route's calls on one thread, which is never unlocked
// and so ends with the goroutine. After a Goexit another takes over.
func (r *Route) ownThreadLoop() {
	runtime.LockOSThread()
	ended := false
	defer func() {
		if !ended {
			go r.ownThreadLoop()
			return
		}
		r.kind.mux.running.Done()
	}()
	for t := r.await(); t != nil; t = r.await() {
		t.run()
	}
	ended = true
}

// await returns the turn that was handed to the route's thread, or nil when
// there will be none.
func (r *Route) await() *turn {
	r.kind.mu.Lock()
	defer r.kind.mu.Unlock()
	for r.turn == nil || !r.turn.offered {
		if r.removed || r.kind.over {
			r.thread = false
			return nil
		}
		r.handed.Wait()
	}
	r.turn.offered = false
	return r.turn
}
