// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// httpAdvise is the most that a drain spends on telling clients to leave
	// before it closes the listener, and how long a connection must have been
	// idle before it is closed. A quarter of the drain's time if that is less.
	httpAdvise = time.Second

	// httpHolders is how many connections an overrun drain names.
	httpHolders = 3
)

var (
	errHTTPNil     = errors.New("quiesce.HTTP: nil *http.Server")
	errHTTPOnNil   = errors.New("quiesce.HTTPOn: nil net.Listener")
	errHTTPStarted = errors.New("the HTTP component was started before")
	errHTTPCut     = errors.New("the server was closed")
)

// HTTP is the component that serves srv and, in a stop, loses no request: what
// reached a handler is answered, and what is refused was refused before it began.
//
// Start binds srv.Addr (":http" if empty, ":https" with TLS), so that a busy
// port fails the start. Run serves, with TLS if srv.TLSConfig holds
// certificates or a callback that returns them. A nil srv fails the start.
//
// Drain, which the app calls after the readiness delay, takes five steps:
//
//  1. It runs the functions of [http.Server.RegisterOnShutdown], once, and puts
//     "Connection: close" on the response to every request that begins from now
//     on; an HTTP/2 connection gets a GOAWAY with it.
//  2. It goes on accepting while a connection is waiting for its next request,
//     and so for its chance to be told, but for one second at most.
//  3. It empties the queue of connections that the kernel has accepted and
//     closes the listener. On Linux new ones are held off meanwhile, so that
//     none is accepted and then reset; MPTCP is not used for that reason.
//  4. It answers what still comes on open connections. One is closed only when it
//     has been idle for a second and nothing of a request has arrived. Idle
//     HTTP/2 connections get a GOAWAY when the last HTTP/1 connection is gone.
//  5. It returns when the last connection is closed; nothing polls.
//
// The second is a quarter of the drain's time where that is shorter. If its
// context ends first, Drain returns an error with the number of busy connections
// and the addresses of some. It does not close them: Force and Stop do, and then
// the contexts of their requests end.
//
// A client whose request was in flight when the drain began is told with its next
// one. If it keeps its connection and sends none, it is the idle one of step 4.
//
// HTTP copies the exported fields of srv in Start; later changes have no effect,
// nor have Serve, Shutdown, Close and SetKeepAlivesEnabled called on srv: stop the
// app instead. Its hooks are called as ever. Without a BaseContext requests
// inherit the values of Run's context, not its end. [http.ServerContextKey] gives
// the copy.
//
// What it does not do: a hijacked connection (a websocket) is its handler's from
// then on, neither waited for nor closed, and a handler that streams (server-sent
// events, long polls) holds the drain until it returns, since nothing ends its
// context. Both must be told. A function registered with RegisterOnShutdown can
// close a channel; earlier, when the readiness delay begins, so does the app:
//
//	select {
//	case <-app.Reached(quiesce.StateDraining):
//		return // the client reconnects elsewhere
//	case <-r.Context().Done():
//		return
//	case e := <-events:
//
// For hijacked connections add a component whose Drain closes them and waits.
//
// Unencrypted HTTP/2 connections are treated like HTTP/1 ones: an idle one is
// closed without a GOAWAY. A request whose header is not complete has not begun.
func HTTP(srv *http.Server) Component {
	return newHTTPServer(srv).component()
}

// HTTPOn is [HTTP] on a listener that is already bound: one on port 0 whose
// address is needed (ln.Addr), a Unix socket, a socket inherited from a service
// manager. srv.Addr is not used.
//
// The listener belongs to the component once its Start is called. Its queue is
// emptied before it is closed if it has a SetDeadline method, as those of
// package net have; new connections are not held off, since the socket may be
// shared with another process. A nil ln fails the start.
func HTTPOn(srv *http.Server, ln net.Listener) Component {
	s := newHTTPServer(srv)
	if ln == nil {
		s.bind = func(context.Context) (*httpDoor, error) { return nil, errHTTPOnNil }
	} else {
		s.bind = func(context.Context) (*httpDoor, error) { return newHTTPDoor(ln, false), nil }
	}
	return s.component()
}

// An httpServer runs a copy of the user's server. The copy is what makes an
// event-driven drain possible on an unmodified one: Shutdown runs the functions
// registered on shutdown each time it is called, and it drops requests, so it is
// called on the user's server (which serves nothing) when a drain begins, for
// the functions, and on the copy when the drain is over, for the rest.
type httpServer struct {
	user   *http.Server
	bind   func(context.Context) (*httpDoor, error)
	inner  http.Server
	conns  httpConns
	advise time.Duration

	// drained is closed when Drain returned, cut when Force or Stop was called.
	drained, cut chan struct{}

	// mu guards what follows; no function of the user is called under it.
	mu      sync.Mutex
	door    *httpDoor     // nil until Start
	serving chan struct{} // nil until Serve is called; closed when it returned
	shut    bool          // the door is closed or about to be
	isCut   bool
	left    httpLeft // what was open when Force or Stop was called in a drain
}

func newHTTPServer(srv *http.Server) *httpServer {
	s := &httpServer{
		user:    srv,
		advise:  httpAdvise,
		drained: make(chan struct{}),
		cut:     make(chan struct{}),
	}
	s.bind = s.listen
	s.conns.init()
	return s
}

func (s *httpServer) component() Component {
	return Component{Start: s.start, Run: s.run, Drain: s.drain, Stop: s.stop, Force: s.force, Serves: true}
}

func (s *httpServer) start(ctx context.Context) error {
	if s.user == nil {
		return errHTTPNil
	}
	door, err := s.bind(ctx)
	if err != nil {
		return err
	}
	if err := s.install(door); err != nil {
		door.Close()
		return err
	}
	return nil
}

// install makes the server ready to serve on door, unless Force came first.
func (s *httpServer) install(door *httpDoor) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.isCut:
		return errHTTPCut
	case s.door != nil:
		return errHTTPStarted
	}
	s.door = door
	s.configure()
	return nil
}

func (s *httpServer) listen(ctx context.Context) (*httpDoor, error) {
	addr := s.user.Addr
	switch {
	case addr != "":
	case servesTLS(s.user.TLSConfig):
		addr = ":https"
	default:
		addr = ":http"
	}
	if ctx.Err() != nil { // which Listen looks at only if it has a name to resolve
		return nil, context.Cause(ctx)
	}
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // Go's default, but holdOff could do nothing with it
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err // names the operation and the address
	}
	return newHTTPDoor(ln, true), nil
}

// servesTLS is the rule by which ServeTLS does without certificate files.
func servesTLS(c *tls.Config) bool {
	return c != nil && (len(c.Certificates) > 0 || c.GetCertificate != nil || c.GetConfigForClient != nil)
}

// configure copies every exported field of the user's server. What net/http
// changes while it serves (the TLS configuration, the map) is cloned.
func (s *httpServer) configure() {
	in, user := &s.inner, s.user
	in.Addr = user.Addr
	in.DisableGeneralOptionsHandler = user.DisableGeneralOptionsHandler
	in.TLSConfig = user.TLSConfig.Clone()
	in.ReadTimeout = user.ReadTimeout
	in.ReadHeaderTimeout = user.ReadHeaderTimeout
	in.WriteTimeout = user.WriteTimeout
	in.IdleTimeout = user.IdleTimeout
	in.MaxHeaderBytes = user.MaxHeaderBytes
	in.TLSNextProto = maps.Clone(user.TLSNextProto)
	in.ErrorLog = user.ErrorLog
	in.ConnContext = user.ConnContext
	in.HTTP2 = user.HTTP2
	in.Protocols = user.Protocols
	in.Handler = s.advised(user.Handler)
	in.ConnState = s.hooked(user.ConnState)
	s.conns.readTimeout = user.ReadTimeout
}

// advised tells the clients of h to leave while the server drains. It sets the
// header before h runs and hands on the ResponseWriter itself, so that h finds
// every optional method on it; the price is that a request already in h is told
// only with its next one. net/http turns the header into a GOAWAY on HTTP/2, one
// a connection. A protocol switch has a use of its own for the header.
func (s *httpServer) advised(h http.Handler) http.Handler {
	if h == nil {
		h = http.DefaultServeMux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.conns.draining.Load() && r.Header["Upgrade"] == nil {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}

// hooked puts the bookkeeping in front of the user's hook.
func (s *httpServer) hooked(hook func(net.Conn, http.ConnState)) func(net.Conn, http.ConnState) {
	if hook == nil {
		return s.conns.track
	}
	return func(c net.Conn, state http.ConnState) {
		s.conns.track(c, state)
		hook(c, state)
	}
}

// run serves until the drain is over. Whatever the drain left open is closed
// when ctx ends, so that run always returns then.
func (s *httpServer) run(ctx context.Context) error {
	door := s.open(ctx)
	if door == nil {
		return nil
	}
	err := s.serve(ctx, door)
	s.mu.Lock()
	asked := s.shut
	s.mu.Unlock()
	if !asked {
		return fmt.Errorf("serve %s: %w", door.Addr(), err)
	}
	select {
	case <-s.drained:
	case <-s.cut:
	case <-ctx.Done():
		s.force()
	}
	return nil
}

// open claims the door for Serve; nil if it is taken, or being closed.
func (s *httpServer) open(ctx context.Context) *httpDoor {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut || s.door == nil || s.serving != nil {
		return nil
	}
	base, values, ln := s.user.BaseContext, context.WithoutCancel(ctx), s.door.Listener
	s.inner.BaseContext = func(net.Listener) context.Context {
		if base == nil {
			return values
		}
		return base(ln)
	}
	s.serving = make(chan struct{})
	return s.door
}

func (s *httpServer) serve(ctx context.Context, door *httpDoor) error {
	defer close(s.serving)
	forced := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(forced)
		s.force()
	})
	defer func() {
		if !unhook() {
			<-forced
		}
	}()
	if servesTLS(s.inner.TLSConfig) {
		return s.inner.ServeTLS(door, "", "")
	}
	return s.inner.Serve(door)
}

func (s *httpServer) stop(context.Context) error {
	s.force()
	return nil
}

// force closes everything at once. It waits for nobody: Close holds a lock for
// as long as it takes to close the connections.
func (s *httpServer) force() {
	left := s.conns.left()
	s.mu.Lock()
	s.shut = true
	door := s.door
	if !s.isCut {
		s.isCut, s.left = true, left
		close(s.cut)
	}
	s.mu.Unlock()
	if door != nil {
		door.Close()
	}
	// The error could only be the listener's, which is closed already.
	_ = s.inner.Close()
}
