// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"time"

	"github.com/go-quiesce/quiesce/internal/door"
)

// Drain ends the server without losing a request. Call it when new clients have
// been sent elsewhere: before that, those who are told to leave come back.
//
//  1. It starts the functions of [http.Server.RegisterOnShutdown], which must not be
//     called any more, and of [Server.RegisterOnShutdown], once. It closes [Handle.Done], begins to give
//     [Long] work its turns, puts "Connection: close" on the response to every
//     HTTP/1 request that begins from now on, and tells HTTP/2 clients to begin
//     no more streams: with one GOAWAY now and one 50 ms later, or when Drain
//     returns if that is sooner, between which what was on its way is still
//     served. A client that is farther away than that may lose such a request,
//     as with net/http.
//  2. It goes on accepting while a connection is waiting for its next request,
//     and so for its chance to be told, but for one second at most.
//  3. It empties the queue of connections that the kernel has accepted and
//     closes the listener. On Linux new ones are held off meanwhile, so that
//     none is accepted and then reset; MPTCP is not used for that reason.
//     HTTP/2 connections that came since are told now.
//  4. It answers what still comes on open connections. One is closed only when it
//     has been idle for a second and nothing of a request has arrived. A request
//     that was in flight before step 1 is told by its own response, if that
//     begins when the second is over and no connection is idle, or by the
//     response to the next one.
//  5. It returns when the last connection is closed, those that handlers hijacked
//     too, and the last [Long] and the functions of step 1 have ended. Nothing polls,
//     except for functions that were registered on the http.Server: net/http tells of
//     their end in no other way.
//
// The second is a quarter of the drain's time where that is shorter. HTTP/2
// connections go when their last stream has ended, and at the latest a second
// after that and the GOAWAY (net/http's own time for it).
//
// Shortly before the deadline of ctx (a second, or a tenth of the time if that is
// more, but at most a quarter) the contexts of the requests that are left end
// with a cause that wraps [ErrDraining], and hijacked connections get a deadline
// that has passed, so that what waits for their client wakes up. If something was
// in flight then, or ctx ends first, Drain returns an *[OverrunError]. It closes
// nothing that is in flight: [Server.Force] does.
//
// Later calls wait for the first, under their own ctx, and return what it did. A
// server that does not listen is drained at once, for ever.
func (s *Server) Drain(ctx context.Context) error { return s.leave(ctx, false) }

// A drainRun is one drain under way. It belongs to one goroutine.
type drainRun struct {
	*Server
	*leg
	tell time.Time  // when keep-alives may be switched off; zero if they are
	told []*carrier // have had the first GOAWAY
}

func (s *Server) drain(ctx context.Context, l *leg, handover bool) error {
	d := &drainRun{Server: s, leg: l}
	defer d.endGoAways()
	steps := []func(context.Context) error{d.advise, d.tellWaiting, d.shutDoor, d.empty}
	if handover {
		steps = []func(context.Context) error{d.leaveDoor, d.advise, d.empty}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	_ = s.inner.Shutdown(ctx) // confirms: returns on its first sweep
	s.endCarrier()
	return nil
}

// advise tells everybody who can be told now.
func (d *drainRun) advise(ctx context.Context) error {
	d.enter(StageAdvise)
	d.runHooks(ctx)
	d.tell = time.Now().Add(d.grace)
	d.books.beginDrain(d.grace)
	if d.books.meet() {
		d.goAway()
	}
	d.leg.advise(ctx)
	return nil
}

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
	c.second = time.AfterFunc(goAwayGap, c.goAway)
	d.told = append(d.told, c)
}

// endGoAways leaves nothing for later. If the drain was quicker than a GOAWAY, there
// is nobody left to get it, or no time for the gap.
func (d *drainRun) endGoAways() {
	for _, c := range d.told {
		c.second.Stop()
		c.goAway()
		<-c.served
	}
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
	return d.front.shutDoor(ctx, (*door.Door).Shut)
}

func (d *drainRun) leaveDoor(ctx context.Context) error {
	d.enter(StageDrain)
	return d.front.shutDoor(ctx, (*door.Door).Leave)
}

// empty waits until no connection is open, and ends those that have been idle
// for long enough.
func (d *drainRun) empty(ctx context.Context) error { return d.finish(ctx, d.look) }

func (d *drainRun) look(now time.Time) (open bool, next time.Time) {
	n := d.books.counts()
	if d.gone == nil && n.open()+d.handle.longs.count() == 0 {
		return false, time.Time{}
	}
	d.tellLate(n, now)
	if d.isLate(now) {
		if left := d.Server.left(); left.holds() {
			d.cancelLate(left)
		}
	}
	return true, earliest(now, d.books.expire(now), d.tell, d.cancelAt)
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
