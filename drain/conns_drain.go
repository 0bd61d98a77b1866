// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"time"

	"github.com/go-quiesce/quiesce/internal/door"
)

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
// Its deadline and later calls are as with [Server.Drain]. What ends shortly before
// the deadline are the contexts of connections, which get a deadline that has passed,
// so that what waits for the peer wakes up. If that had to be, or if ctx ends first,
// Drain returns an *[OverrunError]. It closes nothing: [Conns.Force] does.
func (s *Conns) Drain(ctx context.Context) error { return s.leave(ctx, false) }

func (s *Conns) drain(ctx context.Context, l *leg, handover bool) error {
	if handover {
		if err := s.shutDoor(ctx, (*door.Door).Leave); err != nil {
			return err
		}
	}
	s.advise(ctx, l)
	if !handover {
		if err := s.shutDoor(ctx, (*door.Door).Shut); err != nil {
			return err
		}
	}
	s.enter(StageDrain)
	s.work.Shut()
	return l.finish(ctx, l.look)
}

// advise gives every connection its place among those that wait for their turn;
// those that come later get it when they come.
func (s *Conns) advise(ctx context.Context, l *leg) {
	l.enter(StageAdvise)
	l.advise(ctx)
	l.giveTurns(&s.turns)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grace, s.advising = l.grace, true
	for ss := range s.sessions {
		ss.joinLocked()
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
