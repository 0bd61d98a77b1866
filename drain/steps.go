// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"net/http"
	"time"
)

// A drainRun is one drain under way. It belongs to one goroutine.
type drainRun struct {
	*Server
	grace     time.Duration
	tell      time.Time     // when keep-alives may be switched off; zero if they are
	cancelAt  time.Time     // when contexts end; zero if never, or they have
	half      time.Time     // when every Long has had its turn
	cancelled *OverrunError // what was in flight when they were ended
	turns     chan struct{} // ends the goroutine that gives turns
}

// newDrain divides the time there is.
func (s *Server) newDrain(ctx context.Context) *drainRun {
	d := &drainRun{Server: s, grace: s.most, turns: make(chan struct{})}
	d.cancelAt, d.half = s.handle.schedule(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		d.grace = max(0, min(d.grace, time.Until(deadline)/4))
	}
	return d
}

// advise tells everybody who can be told now.
func (d *drainRun) advise(ctx context.Context) {
	d.runHooks()
	var why error
	if d.cfg.cause != nil {
		why = d.cfg.cause(ctx)
	}
	d.tell = time.Now().Add(d.grace)
	d.books.beginDrain(d.grace)
	if d.books.meet() {
		d.goAway()
	}
	d.handle.advise(draining(why), d.cancelAt)
	go d.handle.longs.giveTurns(d.turns, d.half)
}

func (d *drainRun) stopTurns() { close(d.turns) }

// goAway sends a GOAWAY to HTTP/2 connections that have not had one: first the
// one that lets them finish what they have sent, then net/http's.
func (d *drainRun) goAway() {
	c := d.takeCarrier() // who comes now goes to another, and is told next time
	if c == nil {
		return
	}
	for _, r := range d.books.list() {
		if f := r.framed.Load(); f != nil {
			go f.warn()
		}
	}
	time.AfterFunc(goAwayGap, func() { _ = c.srv.Shutdown(dead()) })
}

// dead makes Shutdown do everything but wait.
func dead() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// tellWaiting gives connections that wait for a request the chance to send it
// and be told, until none waits. Busy ones are told by their own response, or
// wait later: they need not hold the door open.
func (d *drainRun) tellWaiting(ctx context.Context) error {
	timer := time.NewTimer(d.grace)
	defer timer.Stop()
	for d.books.counts()[waiting] > 0 && time.Now().Before(d.tell) {
		if err := d.await(ctx, timer.C); err != nil {
			return err
		}
	}
	return nil
}

func (d *drainRun) shutDoor(ctx context.Context) error {
	d.enter(StageDrain)
	return d.closeDoor(ctx, (*door).shut)
}

// closeDoor returns when no connection can come any more, with every accepted
// one on the books: net/http reports a new connection before it accepts the next.
func (d *drainRun) closeDoor(ctx context.Context, how func(*door)) error {
	if door := d.open(ctx); door != nil { // a stop so early that Serve has not come yet
		go d.serve(context.WithoutCancel(ctx), door)
	}
	d.mu.Lock()
	d.shut = true
	door, serving := d.door, d.serving
	d.mu.Unlock()
	if serving == nil {
		return ErrClosed
	}
	how(door)
	select {
	case <-serving:
		return nil
	case <-d.cut:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// empty waits until no connection is open, and ends those that have been idle
// for long enough.
func (d *drainRun) empty(ctx context.Context) error {
	timer := time.NewTimer(d.grace)
	defer timer.Stop()
	for {
		n := d.books.counts()
		if n.open()+d.handle.longs.count()+d.hooks.InFlight() == 0 {
			return nil
		}
		now := time.Now()
		d.tellLate(n, now)
		d.cancelLate(now)
		if next := earliest(now, d.books.expire(now), d.tell, d.cancelAt); !next.IsZero() {
			timer.Reset(next.Sub(now))
		}
		if err := d.await(ctx, timer.C); err != nil {
			return err
		}
	}
}

// tellLate tells those that nobody could tell at advise: HTTP/2 connections that
// came since, and requests that were in flight.
//
// Keep-alives switched off put "Connection: close" on every response that has
// not begun. But net/http closes idle connections with it, and one whose
// response has begun as soon as that is complete, so that the next request may
// be on its way. So it comes when no connection is idle, and when all requests
// in flight are old: clients that ask again at once were told by then.
func (d *drainRun) tellLate(n tally, now time.Time) {
	if d.books.meet() {
		d.goAway()
	}
	if !d.tell.IsZero() && n[waiting] == 0 && !now.Before(d.tell) {
		d.inner.SetKeepAlivesEnabled(false)
		d.tell = time.Time{}
	}
}

// cancelLate ends the contexts of requests when it is time.
func (d *drainRun) cancelLate(now time.Time) {
	if d.cancelAt.IsZero() || now.Before(d.cancelAt) {
		return
	}
	left := d.left()
	if !left.holds() {
		return
	}
	d.cancelAt = time.Time{}
	left.Err = ErrCancelled
	d.cancelled = left
	d.enter(StageCancel)
	d.cancelRequests(d.handle.Cause())
	d.handle.longs.tellAll()
	for _, r := range d.books.list() {
		if http.ConnState(r.state.Load()) == http.StateHijacked {
			_ = r.conn.SetDeadline(now)
		}
	}
}

// overrun is the server's, of the time when contexts were ended if they were:
// who ended with them is to be named as well.
func (d *drainRun) overrun(cause error) error {
	if d.cancelled == nil {
		return d.Server.overrun(cause)
	}
	d.cancelled.Err = cause
	return d.cancelled
}

// await waits for a change on the books, or for timer.
func (d *drainRun) await(ctx context.Context, timer <-chan time.Time) error {
	select {
	case <-d.books.changed:
		return nil
	case <-timer:
		return nil
	case <-d.cut:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// earliest returns the first of times after now, zero if there is none.
func earliest(now time.Time, times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if t.After(now) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
