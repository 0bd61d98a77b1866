// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/internal/door"
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
// and drains them as [Server] does those of HTTP. It is used once, and in the same
// way.
//
// All methods are safe for concurrent use.
type Conns struct {
	front
	proto Protocol
	turns longs // one for each connection, from advise on

	// Guarded by the mu of course.
	advising bool
	sessions map[*session]struct{}

	grace time.Duration // what peers are given after Advise; set before advising
}

// NewConns returns a server for p. It does nothing yet: a p without Serve or a bad
// option fails Listen. Of the options of [NewServer] all but [WithRequests] can be
// used.
func NewConns(p Protocol, options ...Option) *Conns {
	s := &Conns{proto: p, sessions: map[*session]struct{}{}}
	if s.proto.Network == "" {
		s.proto.Network = "tcp"
	}
	if s.proto.Linger == 0 {
		s.proto.Linger = DefaultLinger
	}
	s.front.init(options, s)
	s.turns.init(s.cfg.pace, func() {})
	return s
}

func (s *Conns) bind(ctx context.Context) (*door.Door, error) {
	switch {
	case s.proto.Serve == nil:
		return nil, errNoServe
	case s.cfg.request != nil:
		return nil, errRequests
	}
	return s.open(ctx, s.proto.Network, s.proto.Addr, nil)
}

func (s *Conns) prepare() error { return nil }

func (s *Conns) accept(ctx context.Context, d *door.Door) error {
	ctx = s.context(ctx)
	var pause time.Duration
	for {
		c, err := d.Accept()
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
	if !closed(s.shut) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.shut:
		}
		return
	}
	time.Sleep(acceptPause)
}

// Force closes everything at once, as [Server.Force] does: the listener and every
// connection, and it ends their contexts. It does not wait for Serve functions.
func (s *Conns) Force() {
	s.force()
	s.turns.tellAll()
	for _, ss := range s.list() {
		_ = ss.conn.Close()
	}
}

// list returns the open connections.
func (s *Conns) list() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*session, 0, len(s.sessions))
	for ss := range s.sessions {
		out = append(out, ss)
	}
	return out
}

// Counts counts the open connections: those that wait in [Next] are Idle, the
// others Busy.
func (s *Conns) Counts() Counts {
	n := Counts{Long: s.handle.longs.count()}
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
func (s *Conns) left() *OverrunError {
	e := &OverrunError{Addr: s.addr(), Long: s.handle.longs.held()}
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
	return e
}
