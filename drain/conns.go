// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// DefaultLinger is how long a peer is given to read what it was sent last; see
// [Protocol].
const DefaultLinger = 500 * time.Millisecond

var (
	errNoServe  = errors.New("drain: Protocol without Serve")
	errRequests = errors.New("drain: WithRequests is for HTTP")
)

// A Protocol is what [NewConns] serves. Only Serve must be set.
type Protocol struct {
	// Network is one of net.Listen whose connections are streams: "tcp" if empty,
	// "tcp4", "tcp6" or "unix". Addr is its address; for "tcp" an empty one is
	// any port. Neither is used with [WithListener].
	Network, Addr string

	// TLSConfig makes Serve and Advise get a *tls.Conn. It must hold certificates
	// or a callback that returns them.
	TLSConfig *tls.Config

	// Serve serves one connection, on a goroutine of its own, until it returns.
	// c is what the listener returned, a *net.TCPConn for example, or a *tls.Conn
	// around it, and is closed when Serve has returned. Serve may close it before.
	//
	// ctx ends shortly before a drain's deadline, with a cause that wraps
	// [ErrDraining], or when the server is closed, with [ErrClosed]. Reads and
	// writes under way end then too, but a deadline that Serve sets after that
	// lets it go on: look at ctx. [From] returns the server's handle for ctx. A
	// panic is not recovered.
	Serve func(ctx context.Context, c net.Conn)

	// Advise tells the peer to leave, in whatever way the protocol has for that,
	// when the connection has its turn in a drain: once, unless Serve has returned
	// before. Nil if the protocol has none. It must not wait for the peer: the
	// drain waits for it. See [CloseWrite] for protocols in which the server's end
	// of the stream says it.
	//
	// If Serve calls [Next], Advise runs while Serve is in there, and so between
	// two requests. Otherwise it runs beside Serve.
	Advise func(ctx context.Context, c net.Conn)

	// Linger is how long the peer is given to close the connection after Serve
	// returned: our end of the stream is closed, and what still comes is thrown
	// away. Closed at once, a connection on which something unread has arrived is
	// reset, and the peer may never see what it was sent before. 0 means
	// [DefaultLinger]; with a negative value the connection is closed at once.
	Linger time.Duration
}

// CloseWrite is an Advise for protocols in which the end of the stream says that
// nothing more comes: it closes our half of c, if it can be closed by halves.
// Serve goes on reading until the peer closes the other.
func CloseWrite(_ context.Context, c net.Conn) { _ = closeWrite(c) }

func closeWrite(c net.Conn) error {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Conns serves connections of a protocol of one's own, over TCP or Unix sockets,
// and drains them as [Server] does those of HTTP. It is used once: Listen, Serve,
// and then [Conns.Drain], or [Conns.Shutdown] for a program with nothing else to
// stop.
//
// All methods are safe for concurrent use.
type Conns struct {
	proto  Protocol
	course course
	turns  longs // one for each connection, from advise on

	// Guarded by the mu of course.
	door     *door         // nil until Listen
	path     string        // of a Unix socket that we made and have not removed
	serving  chan struct{} // nil until Serve is called; closed when it returned
	shut     bool          // the door is closed or about to be
	advising bool
	sessions map[*session]struct{}

	grace   time.Duration // what peers are given after Advise; set before advising
	closing chan struct{} // closed with shut
	close   func()        // closes closing
}

// NewConns returns a server for p. It does nothing yet: a p without Serve or a bad
// option fails Listen. Of the options of [NewServer] all but [WithRequests] can be
// used.
func NewConns(p Protocol, options ...Option) *Conns {
	s := &Conns{proto: p, sessions: map[*session]struct{}{}, closing: make(chan struct{})}
	if s.proto.Network == "" {
		s.proto.Network = "tcp"
	}
	if s.proto.Linger == 0 {
		s.proto.Linger = DefaultLinger
	}
	s.close = sync.OnceFunc(func() { close(s.closing) })
	s.course.init(options, s.left, s.wake)
	s.turns.init(s.course.cfg.pace, func() {})
	return s
}

// Listen binds the address, so that a busy one is known before anything else
// starts. Who connects from now on waits for Serve. It fails if it was called
// before, and with [ErrClosed] after Drain or Force.
//
// ctx bounds the call, not what comes after it.
func (s *Conns) Listen(ctx context.Context) error {
	switch {
	case s.proto.Serve == nil:
		return errNoServe
	case s.course.cfg.request != nil:
		return errRequests
	}
	door, path, err := s.bind(ctx)
	if err != nil {
		return err
	}
	if err := s.install(door, path); err != nil {
		door.Close()
		remove(path)
		return err
	}
	return nil
}

func (s *Conns) install(door *door, path string) error {
	s.course.mu.Lock()
	defer s.course.mu.Unlock()
	switch {
	case s.shut:
		return ErrClosed
	case s.door != nil:
		return errStarted
	}
	s.door, s.path = door, path
	return nil
}

// bind returns the listener and, if it made one, the name of a Unix socket.
func (s *Conns) bind(ctx context.Context) (d *door, path string, err error) {
	asIs := func(c net.Conn) net.Conn { return c }
	if given := s.course.cfg.listener; given != nil {
		if *given == nil {
			return nil, "", errNilListener
		}
		return newDoor(*given, s.course.cfg.own, asIs), "", nil
	}
	if ctx.Err() != nil { // which Listen looks at only if it has a name to resolve
		return nil, "", context.Cause(ctx)
	}
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // Go's default, but holdOff could do nothing with it
	ln, err := lc.Listen(ctx, s.proto.Network, s.proto.Addr)
	if err != nil {
		return nil, "", err // names the operation and the address
	}
	u, isUnix := ln.(*net.UnixListener)
	if isUnix {
		// We remove the name, before the queue is emptied: nobody finds the way any
		// more then. The listener would remove it when it is closed, which may be
		// when a successor has its socket there.
		u.SetUnlinkOnClose(false)
		if name := u.Addr().String(); name != "" && name[0] != '@' {
			path = name
		}
	}
	return newDoor(ln, !isUnix, asIs), path, nil
}

func remove(path string) {
	if path != "" {
		_ = os.Remove(path) // somebody else may have
	}
}

// Addr returns the address of the listener, nil before Listen.
func (s *Conns) Addr() net.Addr {
	s.course.mu.Lock()
	defer s.course.mu.Unlock()
	if s.door == nil {
		return nil
	}
	return s.door.Addr()
}

// Serve serves until the server was drained or closed, and returns nil then. An
// error that ends it before names the address. It returns nil at once if the
// server does not listen, serves already or was told to end.
//
// Connections inherit the values of ctx, not its end. When ctx ends everything is
// closed as by [Conns.Force]: do not give it the context that ends with a signal.
func (s *Conns) Serve(ctx context.Context) error {
	door := s.claim()
	if door == nil {
		return nil
	}
	forced := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(forced)
		s.Force()
	})
	defer func() {
		if !unhook() {
			<-forced
		}
	}()
	err := s.accept(s.course.context(ctx), door)
	s.course.mu.Lock()
	asked := s.shut
	s.course.mu.Unlock()
	if !asked {
		return fmt.Errorf("serve %s: %w", door.Addr(), err)
	}
	select {
	case <-s.course.drained:
	case <-s.course.cut:
	}
	return nil
}

// ListenAndServe is [Conns.Listen] and [Conns.Serve]. It returns nil if the
// server was told to end before it began.
func (s *Conns) ListenAndServe(ctx context.Context) error {
	if err := s.Listen(ctx); err != nil {
		if errors.Is(err, ErrClosed) {
			return nil
		}
		return err
	}
	return s.Serve(ctx)
}

// claim takes the door for the one who accepts; nil if it is taken, or closed.
func (s *Conns) claim() *door {
	s.course.mu.Lock()
	defer s.course.mu.Unlock()
	if s.shut || s.door == nil || s.serving != nil {
		return nil
	}
	s.serving = make(chan struct{})
	return s.door
}

// accept returns when nobody can come any more.
func (s *Conns) accept(ctx context.Context, door *door) error {
	defer close(s.serving)
	var pause time.Duration
	for {
		c, err := door.Accept()
		switch {
		case err == nil:
			pause = 0
			s.admit(ctx, c)
		case !passing(err):
			return err
		default:
			pause = min(max(2*pause, acceptPause), acceptPauseMost)
			s.sleep(pause)
		}
	}
}

// Between two accepts when the first has failed for want of something, such as
// file descriptors: as net/http does.
const (
	acceptPause     = 5 * time.Millisecond
	acceptPauseMost = time.Second
)

// passing reports whether accepting may work again later.
func passing(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	//lint:ignore SA1019 deprecated as ill-defined, but it is what package net says of EMFILE
	return ok && !e.Timeout() && e.Temporary()
}

// sleep lasts no longer than the shortest pause once the door is to be closed.
func (s *Conns) sleep(d time.Duration) {
	if !closed(s.closing) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.closing:
		}
		return
	}
	time.Sleep(acceptPause)
}

// Force closes everything at once: the listener and every connection, and it ends
// their contexts. It does not wait for Serve functions, and lets a [Conns.Drain]
// return. It may be called at any time, also before Listen, which then fails, and
// again.
func (s *Conns) Force() {
	s.course.force()
	s.course.mu.Lock()
	s.shut = true
	door, path := s.door, s.path
	s.path = ""
	s.course.mu.Unlock()
	s.close()
	s.turns.tellAll()
	remove(path)
	if door != nil {
		door.Close()
	}
	for _, ss := range s.list() {
		_ = ss.conn.Close()
	}
}

// list returns the open connections.
func (s *Conns) list() []*session {
	s.course.mu.Lock()
	defer s.course.mu.Unlock()
	out := make([]*session, 0, len(s.sessions))
	for ss := range s.sessions {
		out = append(out, ss)
	}
	return out
}

// Counts counts the open connections: those that wait in [Next] are Idle, the
// others Busy.
func (s *Conns) Counts() Counts {
	n := Counts{Long: s.course.handle.longs.count()}
	for _, ss := range s.list() {
		if ss.isIdle() {
			n.Idle++
		} else {
			n.Busy++
		}
	}
	return n
}

// left describes what is open now.
func (s *Conns) left() func(error) error {
	e := OverrunError{Addr: "nowhere", Long: s.course.handle.longs.held()}
	if a := s.Addr(); a != nil {
		e.Addr = a.String()
	}
	at := now()
	for _, ss := range s.list() {
		if ss.isIdle() {
			e.Idle++
			continue
		}
		e.Busy = append(e.Busy, ss.peer())
		e.Requests = append(e.Requests, Held{Who: ss.peer(), Age: at - ss.since})
	}
	slices.Sort(e.Busy)
	slices.SortFunc(e.Requests, oldestFirst)
	e.Requests = e.Requests[:min(len(e.Requests), MaxHeld)]
	return func(cause error) error {
		e := e
		e.Err = cause
		return &e
	}
}
