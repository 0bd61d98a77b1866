// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// Notice says that the server will be drained. Everything is served as before,
// so that those who send clients here can look away first; [Server.Ready] is
// false from now on. It is the first step of [Server.Drain] if it was not called.
func (s *Server) Notice() {
	s.mu.Lock()
	first := !closed(s.noticed)
	if first {
		close(s.noticed)
	}
	s.mu.Unlock()
	if first {
		s.enter(StageNotice)
	}
}

// Ready reports whether new clients should be sent here: the server serves, and
// [Server.Notice] was not called. It is what a readiness probe should answer.
func (s *Server) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.serving != nil && !s.shut && !closed(s.noticed) && !closed(s.serving)
}

// Stage returns the latest stage that was begun.
func (s *Server) Stage() Stage { return s.stage() }

func (s *Server) stage() Stage { return Stage(s.reached.Load()) }

// enter goes on to a later stage.
func (s *Server) enter(to Stage) {
	for {
		from := s.reached.Load()
		if from >= int32(to) {
			return
		}
		if s.reached.CompareAndSwap(from, int32(to)) {
			break
		}
	}
	m := Moment{Stage: to, At: time.Now(), Open: s.Counts()}
	s.mu.Lock()
	s.moments = append(s.moments, m)
	s.mu.Unlock()
	if s.cfg.stage != nil {
		s.cfg.stage(to)
	}
}

// A Moment is what was open when a stage began.
type Moment struct {
	Stage Stage     // which
	At    time.Time // when it began
	Open  Counts    // what was open then
}

// Moments returns what was open at the beginning of each stage so far, in the order
// of the stages: how the drain went, for a report.
func (s *Server) Moments() []Moment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(slices.Values(s.moments), func(a, b Moment) int { return cmp.Compare(a.Stage, b.Stage) })
}

// Shutdown is the whole end of a server: [Server.Notice], a wait of delay so
// that load balancers look away, [Server.Drain], and, if that returns an error,
// [Server.Force]. It returns Drain's error. The delay is not spent if the server
// does not serve.
//
// ctx bounds all of it. It must not be one that the signal ended already.
func (s *Server) Shutdown(ctx context.Context, delay time.Duration) error {
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

func (s *Server) lookAway(ctx context.Context, delay time.Duration) {
	s.mu.Lock()
	ended := s.serving
	s.mu.Unlock()
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ended: // nobody can come any more
	case <-s.cut:
	case <-ctx.Done():
	}
}

// Drain ends the server without losing a request. Call it when new clients have
// been sent elsewhere: before that, those who are told to leave come back.
//
//  1. It starts the functions of [http.Server.RegisterOnShutdown], once, and
//     does not wait for them, as net/http does not, and those of
//     [Server.RegisterOnShutdown]. It closes [Handle.Done], begins to give
//     [Long] work its turns, puts "Connection: close" on the response to every
//     HTTP/1 request that begins from now on, and tells HTTP/2 clients to begin
//     no more streams: with one GOAWAY now and one 50 ms later, between which
//     what was on its way is still served. A client that is farther away than
//     that may lose such a request, as with net/http.
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
//     too, and the last [Long] and its own functions have ended; nothing polls.
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
func (s *Server) Drain(ctx context.Context) error { return s.drainOnce(ctx, false) }

// Handover is [Server.Drain] for a server whose listening socket another process
// has too, and serves from: it closes the listener first of all and leaves the
// queue to the other. A Unix socket keeps its name in the file system. No delay
// is needed before it.
func (s *Server) Handover(ctx context.Context) error { return s.drainOnce(ctx, true) }

func (s *Server) drainOnce(ctx context.Context, handover bool) error {
	s.Notice()
	s.mu.Lock()
	first, started := !s.draining, s.door != nil
	s.draining = true
	if !started {
		s.shut = true
	}
	s.mu.Unlock()
	if !first {
		return s.joinDrain(ctx)
	}
	defer close(s.drained)
	if started {
		s.result = s.drain(ctx, handover)
	}
	return s.result
}

// joinDrain waits for the drain that another call began.
func (s *Server) joinDrain(ctx context.Context) error {
	select {
	case <-s.drained:
	case <-ctx.Done():
		if !closed(s.drained) {
			return s.overrun(context.Cause(ctx))
		}
	}
	return s.result
}

// drain does the steps in their order.
func (s *Server) drain(ctx context.Context, handover bool) error {
	d := s.newDrain(ctx)
	if handover {
		s.enter(StageDrain)
		if err := d.closeDoor(ctx, (*door).leave); err != nil {
			return d.overrun(err)
		}
	}
	s.enter(StageAdvise)
	d.advise(ctx)
	defer d.stopTurns()
	steps := []func(context.Context) error{d.tellWaiting, d.shutDoor, d.empty}
	if handover {
		steps = steps[2:]
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return d.overrun(err)
		}
	}
	_ = s.inner.Shutdown(ctx) // confirms: returns on its first sweep
	s.endCarrier()
	if d.cancelled != nil {
		return d.cancelled
	}
	return nil
}

// overrun says what was still open when the drain was ended by cause.
func (s *Server) overrun(cause error) error {
	left := s.left()
	if errors.Is(cause, ErrClosed) {
		s.mu.Lock()
		*left = *s.atCut
		s.mu.Unlock()
	}
	left.Err = cause
	return left
}

func (s *Server) addr() string {
	if a := s.Addr(); a != nil {
		return a.String()
	}
	return "nowhere"
}

// closed reports whether c is.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
