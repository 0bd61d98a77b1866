// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"

	"github.com/go-quiesce/quiesce/internal/door"
)

var errNilServer = errors.New("drain: nil *http.Server")

// A Server serves an [http.Server] and, when it is drained, loses no request:
// what reached a handler is answered, and what is refused was refused before it
// began. It is used once: Listen, Serve, and then [Server.Drain], or
// [Server.Shutdown] for a program with nothing else to stop. ListenAndServe is
// the first two:
//
//	s := drain.NewServer(srv)
//	go s.ListenAndServe(context.Background())
//	<-signalled
//	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
//	defer cancel()
//	err := s.Shutdown(ctx, 5*time.Second)
//
// It listens on srv.Addr (":http" if empty, ":https" with TLS), and uses TLS if
// srv.TLSConfig holds certificates or a callback that returns them.
//
// It works on a copy of the exported fields of srv, made by Listen; later changes
// have no effect, nor have Serve, Shutdown, Close and SetKeepAlivesEnabled called
// on srv. Its hooks are called as ever, with the connections that the listener
// returned. [http.ServerContextKey] gives the copy. With TLS, NetConn of the
// *tls.Conn that hooks and handlers get is a wrapper, as is the connection that a
// handler hijacks; both have the methods of what they wrap.
//
// All methods are safe for concurrent use.
type Server struct {
	front    // its work: functions registered here that run
	user     *http.Server
	inner    http.Server // serves; never in Shutdown while HTTP/1 is
	books    books
	requests Gate // a list; never shut

	// Guarded by the mu of course.
	onAdvise []func()
	carrier  *carrier // of new HTTP/2 connections; nil if there were none
}

// NewServer returns a server for srv, which must not be used for serving by
// itself. It does nothing yet: a nil srv or a bad option fails Listen.
func NewServer(srv *http.Server, options ...Option) *Server {
	s := &Server{user: srv}
	s.front.init(options, s)
	s.books.signal = s.course.signal
	return s
}

func (s *Server) bind(ctx context.Context) (*door.Door, error) {
	if s.user == nil {
		return nil, errNilServer
	}
	addr := s.user.Addr
	switch {
	case addr != "":
	case servesTLS(s.user.TLSConfig):
		addr = ":https"
	default:
		addr = ":http"
	}
	return s.open(ctx, "tcp", addr, s.books.wrap)
}

// accept serves; net/http reports a new connection before it accepts the next.
func (s *Server) accept(ctx context.Context, d *door.Door) error {
	s.inner.BaseContext = func(net.Listener) context.Context { // called once
		if base := s.user.BaseContext; base != nil {
			ctx = base(d.Listener)
		}
		return s.context(ctx)
	}
	if servesTLS(s.inner.TLSConfig) {
		return s.inner.ServeTLS(d, "", "")
	}
	return s.inner.Serve(d)
}

// RegisterOnShutdown is [http.Server.RegisterOnShutdown] for functions that
// [Server.Drain] waits for: it runs each, once and on a goroutine of its own, when
// clients are advised to leave, and returns after the last of them. It does not
// run what is registered later than that. A panic in f is not recovered.
func (s *Server) RegisterOnShutdown(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onAdvise = append(s.onAdvise, f)
}

// runHooks starts the functions registered on shutdown: those of the user's server,
// and ours.
func (s *Server) runHooks(ctx context.Context) {
	s.runUserHooks(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.onAdvise {
		h, _ := s.work.Begin("function registered on shutdown")
		go func() {
			defer h.End()
			f()
		}()
	}
	s.work.Shut()
}

// Force closes everything at once: the listener, every connection, those that
// handlers hijacked too, and it ends the contexts of requests. It does not wait
// for handlers, and lets a [Server.Drain] return. It may be called at any time,
// also before Listen, which then fails, and again. After a Drain that returned
// nil there is nothing left for it to do.
func (s *Server) Force() {
	s.force()
	// The error could only be the listener's, which is closed already.
	_ = s.inner.Close()
	s.endCarrier()
	for _, r := range s.hijacked() {
		_ = r.Close()
	}
}

// wake gives hijacked connections, which no context ends, a deadline.
func (s *Server) wake() {
	for _, r := range s.hijacked() {
		_ = r.conn.SetDeadline(past)
	}
}

func (s *Server) hijacked() []*record {
	return slices.DeleteFunc(s.books.list(), func(r *record) bool {
		return http.ConnState(r.state.Load()) != http.StateHijacked
	})
}

// left describes what is open now.
func (s *Server) left() *OverrunError {
	e := &OverrunError{Addr: s.addr(), Requests: s.Requests(MaxHeld), Long: s.handle.longs.held()}
	for _, r := range s.books.list() {
		switch http.ConnState(r.state.Load()) {
		case http.StateActive:
			e.Busy = append(e.Busy, r.conn.RemoteAddr().String())
		case http.StateHijacked:
			e.Hijacked = append(e.Hijacked, r.conn.RemoteAddr().String())
		case http.StateNew, http.StateIdle:
			e.Idle++
		}
	}
	e.Long = append(e.Long, s.work.Holders(MaxHeld)...)
	slices.Sort(e.Busy)
	slices.Sort(e.Hijacked)
	return e
}

// Requests returns at most limit of the requests in flight, the oldest first; all
// of them if limit is negative, and none without [WithRequests].
func (s *Server) Requests(limit int) []Held { return s.requests.Holders(limit) }

// Counts counts the open connections. It takes time in proportion to them, and
// a lock that new ones need; requests do not wait for it.
func (s *Server) Counts() Counts {
	n := Counts{Long: s.handle.longs.count()}
	for _, r := range s.books.list() {
		active := http.ConnState(r.state.Load()) == http.StateActive
		switch is := r.classify(); {
		case is == waiting:
			n.Idle++
		case is == busy:
			n.Busy++
		case is == multi && active:
			n.HTTP2Busy++
		case is == multi:
			n.HTTP2Idle++
		case is == hijacked:
			n.Hijacked++
		}
	}
	return n
}
