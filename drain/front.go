// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-quiesce/quiesce/internal/door"
)

var (
	errNilListener = errors.New("drain: nil net.Listener")
	errStarted     = errors.New("the server was started before")
)

// A front is what [Server] and [Conns] have alike: a course, and the door by which
// clients come.
type front struct {
	course
	of keeper

	// Guarded by the mu of course.
	door    *door.Door    // nil until Listen
	serving chan struct{} // nil until Serve is called; closed when it returned
	shut    chan struct{} // closed when the door is closed or about to be
}

// A keeper is the server behind a front.
type keeper interface {
	bind(context.Context) (*door.Door, error)
	prepare() error                                         // for accept; mu is held
	accept(context.Context, *door.Door) error               // until the door is closed
	drain(ctx context.Context, l *leg, handover bool) error // the steps, up to one that fails
	left() *OverrunError                                    // what is open now
	wake()                                                  // see course
	Counts() Counts
	Drain(context.Context) error
	Force()
}

func (s *front) init(options []Option, of keeper) {
	s.of, s.shut = of, make(chan struct{})
	s.course.init(options, of.Counts, func() late { return of.left() }, of.wake)
}

// Listen binds the address, so that a busy one is known before anything else
// starts. Who connects from now on waits for Serve. It fails if it was called
// before, and with [ErrClosed] after Drain or Force.
//
// ctx bounds the call, not what comes after it.
func (s *front) Listen(ctx context.Context) error {
	d, err := s.of.bind(ctx)
	if err != nil {
		return err
	}
	if err := s.install(d); err != nil {
		d.Close()
		return err
	}
	return nil
}

// open makes a door of the listener that was given, or binds addr.
func (s *front) open(ctx context.Context, network, addr string, wrap func(net.Conn) net.Conn) (*door.Door, error) {
	switch given := s.cfg.listener; {
	case given == nil:
		return door.Bind(ctx, network, addr, wrap)
	case *given == nil:
		return nil, errNilListener
	default:
		return door.New(*given, s.cfg.own, wrap), nil
	}
}

// install makes the server ready to serve at d, unless it was told to end.
func (s *front) install(d *door.Door) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case closed(s.shut):
		return ErrClosed
	case s.door != nil:
		return errStarted
	}
	if err := s.of.prepare(); err != nil {
		return err
	}
	s.door = d
	return nil
}

// Addr returns the address of the listener, nil before Listen.
func (s *front) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.door == nil {
		return nil
	}
	return s.door.Addr()
}

// addr is Addr for errors.
func (s *front) addr() string {
	if a := s.Addr(); a != nil {
		return a.String()
	}
	return "nowhere"
}

// Serve serves until the server was drained or closed, and returns nil then. An
// error that ends it before names the address. It returns nil at once if the
// server does not listen, serves already or was told to end.
//
// What is served inherits the values of ctx, not its end, except in a [Server] whose
// http.Server has a BaseContext. When ctx ends everything is closed as by Force: do
// not give it the context that ends with a signal.
func (s *front) Serve(ctx context.Context) error {
	d := s.claim()
	if d == nil {
		return nil
	}
	forced := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(forced)
		s.of.Force()
	})
	defer func() {
		if !unhook() {
			<-forced
		}
	}()
	err := s.accept(ctx, d)
	if !closed(s.shut) {
		return fmt.Errorf("serve %s: %w", d.Addr(), err)
	}
	select {
	case <-s.drained:
	case <-s.cut:
	}
	return nil
}

// claim takes the door for the one who accepts; nil if it is taken, or closed.
func (s *front) claim() *door.Door {
	s.mu.Lock()
	defer s.mu.Unlock()
	if closed(s.shut) || s.door == nil || s.serving != nil {
		return nil
	}
	s.serving = make(chan struct{})
	return s.door
}

// accept returns when nobody can come any more.
func (s *front) accept(ctx context.Context, d *door.Door) error {
	defer close(s.serving)
	return s.of.accept(context.WithoutCancel(ctx), d)
}

// ListenAndServe is Listen and Serve. It returns nil if the server was told to end
// before it began.
func (s *front) ListenAndServe(ctx context.Context) error {
	if err := s.Listen(ctx); err != nil {
		if errors.Is(err, ErrClosed) {
			return nil
		}
		return err
	}
	return s.Serve(ctx)
}

// Notice says that the server will be drained. Everything is served as before,
// so that those who send clients here can look away first; Ready is false from now
// on. It is the first step of Drain if it was not called.
func (s *front) Notice() { s.notice() }

// Ready reports whether new clients should be sent here: the server serves, and
// Notice was not called. It is what a readiness probe should answer.
func (s *front) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.serving != nil && !closed(s.shut) && !closed(s.noticed) && !closed(s.serving)
}

// Shutdown is the whole end of a server: Notice, a wait of delay so that load
// balancers look away, Drain, and, if that returns an error, Force. It returns
// Drain's error. The delay is not spent if the server does not serve.
//
// ctx bounds all of it. It must not be one that the signal ended already.
func (s *front) Shutdown(ctx context.Context, delay time.Duration) error {
	ready := s.Ready()
	s.Notice()
	if ready {
		s.lookAway(ctx, delay)
	}
	err := s.of.Drain(ctx)
	if err != nil {
		s.of.Force()
	}
	return err
}

func (s *front) lookAway(ctx context.Context, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.serving: // nobody can come any more
	case <-s.cut:
	case <-ctx.Done():
	}
}

// Handover is Drain for a server whose listening socket another process has too,
// and serves from: it closes the listener first of all and leaves the queue to the
// other. A Unix socket keeps its name in the file system. No delay is needed before
// it.
func (s *front) Handover(ctx context.Context) error { return s.leave(ctx, true) }

// leave is Drain and Handover.
func (s *front) leave(ctx context.Context, handover bool) error {
	return s.once(ctx, func(ctx context.Context, l *leg) error {
		if !s.listens() {
			return nil
		}
		return s.of.drain(ctx, l, handover)
	})
}

// listens reports whether Listen was called; from now on it fails.
func (s *front) listens() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.door == nil {
		s.shutLocked()
	}
	return s.door != nil
}

func (s *front) shutLocked() {
	if !closed(s.shut) {
		close(s.shut)
	}
}

// shutDoor returns when nobody can come any more, and accept knows of everybody who
// came.
func (s *front) shutDoor(ctx context.Context, how func(*door.Door)) error {
	if d := s.claim(); d != nil { // a stop so early that Serve has not come yet
		go s.accept(ctx, d)
	}
	s.mu.Lock()
	s.shutLocked()
	d, serving := s.door, s.serving
	s.mu.Unlock()
	if serving == nil {
		return ErrClosed
	}
	how(d)
	select {
	case <-serving:
		d.Close() // if accepting had failed before, nobody has yet
		return nil
	case <-s.cut:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// force ends everything that the front knows of.
func (s *front) force() {
	s.mu.Lock()
	s.shutLocked()
	d := s.door
	s.mu.Unlock()
	s.course.force()
	if d != nil {
		d.Close()
	}
}
