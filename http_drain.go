// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// drain is the component's Drain; HTTP documents its steps.
func (s *httpServer) drain(ctx context.Context) error {
	defer close(s.drained)
	s.mu.Lock()
	started := s.door != nil
	s.mu.Unlock()
	if !started {
		return nil
	}
	dead := deadContext()
	_ = s.user.Shutdown(dead) // for its functions: it serves nothing

	grace := s.advise
	if deadline, ok := ctx.Deadline(); ok {
		grace = min(grace, time.Until(deadline)/4)
	}
	s.conns.beginDrain(grace)
	for _, step := range []func(context.Context) error{s.tellWaiting, s.closeDoor, s.emptyHTTP1} {
		if err := step(ctx); err != nil {
			return s.overrun(err)
		}
	}
	// In Shutdown the server drops requests, but nobody is left to send one except
	// HTTP/2 clients, who get a GOAWAY from it that says which were not begun.
	_ = s.inner.Shutdown(dead)
	if err := s.emptyAll(ctx); err != nil {
		return s.overrun(err)
	}
	return s.inner.Shutdown(ctx) // confirms: returns on its first sweep
}

// deadContext makes Shutdown do everything but wait.
func deadContext() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// tellWaiting gives connections that wait for a request the chance to send it
// and be told, until none waits. Busy ones are told by their own response, or
// wait later: they need not hold the door open.
func (s *httpServer) tellWaiting(ctx context.Context) error {
	end := time.Now().Add(s.conns.grace)
	timer := time.NewTimer(s.conns.grace)
	defer timer.Stop()
	for s.conns.counts().waiting > 0 && time.Now().Before(end) {
		if err := s.await(ctx, timer.C); err != nil {
			return err
		}
	}
	return nil
}

// closeDoor returns when no connection can come any more, with every accepted
// one on the books: net/http reports a new connection before it accepts the next.
func (s *httpServer) closeDoor(ctx context.Context) error {
	if door := s.open(ctx); door != nil { // a stop so early that Run has not come yet
		go s.serve(context.WithoutCancel(ctx), door)
	}
	s.mu.Lock()
	s.shut = true
	door, serving := s.door, s.serving
	s.mu.Unlock()
	if serving == nil {
		return errHTTPCut
	}
	door.shut()
	select {
	case <-serving:
		return nil
	case <-s.cut:
		return errHTTPCut
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// emptyHTTP1 waits until no HTTP/1 connection is open, ending those that have
// been idle for long enough.
func (s *httpServer) emptyHTTP1(ctx context.Context) error {
	timer := time.NewTimer(s.conns.grace)
	defer timer.Stop()
	for n := s.conns.counts(); n.waiting+n.busy > 0; n = s.conns.counts() {
		if next := s.conns.expire(time.Now()); !next.IsZero() {
			timer.Reset(time.Until(next))
		}
		if err := s.await(ctx, timer.C); err != nil {
			return err
		}
	}
	return nil
}

func (s *httpServer) emptyAll(ctx context.Context) error {
	for s.conns.counts().open() > 0 {
		if err := s.await(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// await waits for a change on the books, or for timer.
func (s *httpServer) await(ctx context.Context, timer <-chan time.Time) error {
	select {
	case <-s.conns.changed:
		return nil
	case <-timer:
		return nil
	case <-s.cut:
		return errHTTPCut
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// overrun says what was still open when the drain was ended by cause.
func (s *httpServer) overrun(cause error) error {
	left := s.conns.left()
	if errors.Is(cause, errHTTPCut) {
		s.mu.Lock()
		left = s.left
		s.mu.Unlock()
	}
	return fmt.Errorf("drain %s: %v: %w", s.door.Addr(), left, cause)
}
