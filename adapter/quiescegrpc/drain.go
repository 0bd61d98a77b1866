// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"context"
	"time"

	"github.com/go-quiesce/quiesce/drain"
)

// patience is the most that clients are waited for that owe nothing but their
// leave. A quarter of the drain's time if that is less.
const patience = time.Second

// A drainRun is one drain under way. It belongs to one goroutine.
type drainRun struct {
	*Server
	patience  time.Duration
	cancelAt  time.Time     // when contexts end; zero if never, or they have
	leaveAt   time.Time     // when clients without a call are given up; zero while there are calls
	over      chan struct{} // closed when GracefulStop has returned
	cancelled error         // what was in flight when contexts were ended
}

func (s *Server) drain(ctx context.Context) error {
	door, served := s.startDrain(ctx)
	defer s.advisor.End()
	if door == nil {
		return nil
	}
	d := &drainRun{Server: s, patience: patience, over: make(chan struct{})}
	if deadline, ok := ctx.Deadline(); ok {
		d.patience = max(0, min(d.patience, time.Until(deadline)/4))
		d.cancelAt, _ = s.advisor.Handle().Deadline()
	}
	if served {
		if err := d.shutDoor(ctx, door); err != nil {
			return s.held(err)
		}
	}
	s.note(drain.StageDrain)
	go func() {
		defer close(d.over)
		s.inner.GracefulStop()
	}()
	return d.empty(ctx)
}

// startDrain tells the calls, and returns the door if there is one, and whether
// somebody accepts at it.
func (s *Server) startDrain(ctx context.Context) (d *listener, served bool) {
	if s.cfg.health != nil {
		s.cfg.health.Shutdown() // again, if it was announced
	}
	s.note(drain.StageAdvise)
	s.draining.Store(true)
	s.mu.Lock()
	s.shut = true
	d, served = s.door, s.serving
	s.mu.Unlock()
	s.advisor.Advise(ctx)
	return d, served
}

// shutDoor returns when everybody who came through the door speaks HTTP/2, so
// that GracefulStop can tell him, or was given up.
func (d *drainRun) shutDoor(ctx context.Context, door *listener) error {
	timer := time.NewTimer(d.patience)
	defer timer.Stop()
	door.shut()
	emptied := door.emptied
	for emptied != nil || door.countSilent() > 0 {
		select {
		case <-emptied:
			emptied = nil
		case <-door.changed:
		case <-d.served:
			return nil
		case <-timer.C:
			door.dropSilent(false)
			return nil
		case <-d.cut:
			return drain.ErrClosed
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// empty waits for GracefulStop, and does at their time the things that it does not.
func (d *drainRun) empty(ctx context.Context) error {
	timer := time.NewTimer(d.patience)
	defer timer.Stop()
	for {
		if next := d.act(time.Now()); !next.IsZero() {
			timer.Reset(time.Until(next))
		}
		select {
		case <-d.over:
			return d.result()
		case <-d.changed:
		case <-timer.C:
		case <-d.cut:
			return d.held(drain.ErrClosed)
		case <-ctx.Done():
			if d.calls.InFlight() == 0 {
				return d.cancelled // only clients are left, and nothing is owed to them
			}
			return d.held(context.Cause(ctx))
		}
	}
}

func (d *drainRun) result() error {
	select {
	case <-d.cut: // by which GracefulStop has returned
		return d.held(drain.ErrClosed)
	default:
		return d.cancelled
	}
}

// act does what is due, and returns when to look again, zero for never.
func (d *drainRun) act(now time.Time) time.Time {
	if d.calls.InFlight() == 0 {
		if d.leaveAt.IsZero() {
			d.leaveAt = now.Add(d.patience)
		}
		if now.Before(d.leaveAt) {
			return d.leaveAt
		}
		go d.inner.Stop() // GracefulStop returns then
		return time.Time{}
	}
	d.leaveAt = time.Time{}
	if d.cancelAt.IsZero() || now.Before(d.cancelAt) {
		return d.cancelAt
	}
	d.cancelAt = time.Time{}
	d.note(drain.StageCancel)
	d.cancelled = d.held(drain.ErrCancelled)
	d.advisor.End()
	d.end(d.advisor.Handle().Cause())
	return time.Time{}
}
