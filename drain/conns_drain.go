// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"time"
)

// Notice says that the server will be drained, as [Server.Notice] does.
func (s *Conns) Notice() { s.course.notice() }

// Ready reports whether new clients should be sent here: the server serves, and
// [Conns.Notice] was not called.
func (s *Conns) Ready() bool {
	s.course.mu.Lock()
	defer s.course.mu.Unlock()
	return s.serving != nil && !s.shut && !closed(s.course.noticed) && !closed(s.serving)
}

// Stage returns the latest stage that was begun.
func (s *Conns) Stage() Stage { return s.course.stage() }

// Shutdown is the whole end of a server: [Conns.Notice], a wait of delay so that
// load balancers look away, [Conns.Drain], and, if that returns an error,
// [Conns.Force]. It returns Drain's error. The delay is not spent if the server
// does not serve.
//
// ctx bounds all of it. It must not be one that the signal ended already.
func (s *Conns) Shutdown(ctx context.Context, delay time.Duration) error {
	ready := s.Ready()
	s.Notice()
	if ready {
		s.lookAway(ctx, delay)
	}
	err := s.Drain(ctx)
	if err != nil {
		s.Force()
	}
	return err
}

func (s *Conns) lookAway(ctx context.Context, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.serving: // nobody can come any more
	case <-s.course.cut:
	case <-ctx.Done():
	}
}

// Drain ends the server and breaks off nothing. Call it when new clients have
// been sent elsewhere.
//
//  1. It closes [Handle.Done] and begins to give connections their turns, at the
//     pace of [WithPace]: at its turn, a connection's peer is told by Advise.
//     Work that Serve registered with [Handle.Long] has turns of its own.
//  2. It empties the queue of connections that the kernel has accepted and closes
//     the listener. What comes of it is served, and told too. Nobody who comes
//     meanwhile is accepted and then reset: new connections over TCP are held off
//     on Linux, and the name of a Unix socket is gone. Not so for a listener of
//     [WithListener], which others may have too.
//  3. It waits until Serve has returned for every connection and the peers have
//     had their [Protocol].Linger; nothing polls. Connections whose Serve is in
//     [Next] are ended, and Next says when.
//
// Shortly before the deadline of ctx (a second, or a tenth of the time if that is
// more, but at most a quarter) the contexts of connections that are left end with
// a cause that wraps [ErrDraining], and they get a deadline that has passed, so
// that what waits for the peer wakes up. If that had to be, or if ctx ends first,
// Drain returns an *[OverrunError], in which Busy and Requests hold the peers and
// how long they have been connected, except those that are only Idle, in Next. It
// closes nothing: [Conns.Force] does.
//
// Later calls wait for the first, under their own ctx, and return what it did. A
// server that does not listen is drained at once, for ever.
func (s *Conns) Drain(ctx context.Context) error {
	return s.course.once(ctx, func(ctx context.Context) error { return s.drain(ctx, false) })
}

// Handover is [Conns.Drain] for a server whose listening socket another process
// has too, and serves from: it closes the listener first of all and leaves the
// queue to the other. A Unix socket keeps its name in the file system. No delay
// is needed before it.
func (s *Conns) Handover(ctx context.Context) error {
	return s.course.once(ctx, func(ctx context.Context) error { return s.drain(ctx, true) })
}

func (s *Conns) drain(ctx context.Context, handover bool) error {
	l := s.course.begin(ctx)
	defer l.over()
	if door := s.claim(); door != nil { // a stop so early that Serve has not come yet
		go s.accept(s.course.context(ctx), door)
	}
	if handover {
		if err := s.shutDoor(ctx, (*door).leave, false); err != nil {
			return l.overrun(err)
		}
	}
	s.advise(ctx, l)
	if !handover {
		if err := s.shutDoor(ctx, (*door).shut, true); err != nil {
			return l.overrun(err)
		}
	}
	s.course.enter(StageDrain)
	s.course.work.Shut()
	return l.finish(ctx)
}

// advise gives every connection its place among those that wait for their turn;
// those that come later get it when they come.
func (s *Conns) advise(ctx context.Context, l *leg) {
	l.advise(ctx)
	l.giveTurns(&s.turns)
	s.course.mu.Lock()
	defer s.course.mu.Unlock()
	s.grace, s.advising = l.grace, true
	for ss := range s.sessions {
		ss.joinLocked()
	}
}

// shutDoor returns when no connection can come any more, with every accepted one
// among the sessions. A door that is left to others keeps its name.
func (s *Conns) shutDoor(ctx context.Context, how func(*door), nameless bool) error {
	s.course.mu.Lock()
	s.shut = true
	door, serving, path := s.door, s.serving, s.path
	s.path = ""
	s.course.mu.Unlock()
	switch {
	case door == nil:
		return nil
	case serving == nil:
		return ErrClosed
	}
	if nameless {
		remove(path)
	}
	s.close()
	how(door)
	select {
	case <-serving:
		door.Close() // if accepting had failed before, nobody has yet
		return nil
	case <-s.course.cut:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wake ends reads and writes. The contexts have ended before, so that whoever sets
// a deadline after this can know.
func (s *Conns) wake() {
	for _, ss := range s.list() {
		_ = ss.conn.SetDeadline(past)
	}
}

// past is a deadline that has passed on every clock.
var past = time.Unix(1, 0)
