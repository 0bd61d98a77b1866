// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// adviseMost is the most that a drain spends on telling clients to leave before
// it closes the listener, and how long a connection must have been idle before
// it is closed. A quarter of the drain's time if that is less.
const adviseMost = time.Second

var (
	errNilServer   = errors.New("drain: nil *http.Server")
	errNilListener = errors.New("drain: nil net.Listener")
	errStarted     = errors.New("the server was started before")
)

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
// It works on a copy of the exported fields of srv, made by Listen; later changes
// have no effect, nor have Serve, Shutdown, Close and SetKeepAlivesEnabled called
// on srv. Its hooks are called as ever, with the connections that the listener
// returned. [http.ServerContextKey] gives the copy. With TLS, NetConn of the
// *tls.Conn that hooks and handlers get is a wrapper, as is the connection that a
// handler hijacks; both have the methods of what they wrap.
//
// All methods are safe for concurrent use.
type Server struct {
	user     *http.Server
	cfg      config
	inner    http.Server // serves; never in Shutdown while HTTP/1 is
	books    books
	handle   Handle
	requests Gate // a list; never shut
	hooks    Gate // functions registered here that run; never shut
	most     time.Duration
	reached  atomic.Int32 // a Stage

	// noticed is closed by Notice, drained when Drain is over, cut by Force.
	noticed, drained, cut chan struct{}

	// mu guards what follows; no function of the user is called under it.
	mu       sync.Mutex
	door     *door         // nil until Listen
	serving  chan struct{} // nil until Serve is called; closed when it returned
	shut     bool          // the door is closed or about to be
	draining bool          // Drain was called
	result   error         // Drain's, when drained is closed
	onAdvise []func()
	moments  []Moment
	isCut    bool
	atCut    *OverrunError           // what was open when Force was called
	cancel   context.CancelCauseFunc // of every request; nil until net/http serves
	carrier  *carrier                // of new HTTP/2 connections; nil if there were none
}

// NewServer returns a server for srv, which must not be used for serving by
// itself. It does nothing yet: a nil srv or a bad option fails Listen.
func NewServer(srv *http.Server, options ...Option) *Server {
	s := &Server{
		user:    srv,
		cfg:     config{pace: pace{window: defaultWindow, gap: defaultGap}},
		most:    adviseMost,
		noticed: make(chan struct{}),
		drained: make(chan struct{}),
		cut:     make(chan struct{}),
	}
	for _, o := range options {
		o.apply(&s.cfg)
	}
	s.books.init()
	s.handle.init(s.cfg.pace, s.books.signal)
	return s
}

// Listen binds srv.Addr (":http" if empty, ":https" with TLS), so that a busy
// port is known before anything else starts. Whoever connects from now on waits
// for Serve. It fails if it was called before, and with [ErrClosed] after Drain
// or Force.
//
// ctx bounds the call, not what comes after it.
func (s *Server) Listen(ctx context.Context) error {
	if s.user == nil {
		return errNilServer
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

// install makes the server ready to serve at door, unless Force came first.
func (s *Server) install(door *door) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.shut:
		return ErrClosed
	case s.door != nil:
		return errStarted
	}
	if err := s.configure(); err != nil {
		return err
	}
	s.door = door
	return nil
}

func (s *Server) bind(ctx context.Context) (*door, error) {
	if given := s.cfg.listener; given != nil {
		if *given == nil {
			return nil, errNilListener
		}
		return newDoor(*given, s.cfg.own, s.books.wrap), nil
	}
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
	return newDoor(ln, true, s.books.wrap), nil
}

// Addr returns the address of the listener, nil before Listen.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.door == nil {
		return nil
	}
	return s.door.Addr()
}

// Serve serves until the server was drained or closed, and returns nil then. TLS
// is used if srv.TLSConfig holds certificates or a callback that returns them.
// An error that ends it before names the address. It returns nil at once if the
// server does not listen, serves already or was told to end.
//
// Without a BaseContext requests inherit the values of ctx, not its end. When
// ctx ends everything is closed as by [Server.Force]: do not give it the context
// that ends with a signal.
func (s *Server) Serve(ctx context.Context) error {
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
		s.Force()
	}
	return nil
}

// ListenAndServe is [Server.Listen] and [Server.Serve]. It returns nil if the
// server was told to end before it began.
func (s *Server) ListenAndServe(ctx context.Context) error {
	if err := s.Listen(ctx); err != nil {
		if errors.Is(err, ErrClosed) {
			return nil
		}
		return err
	}
	return s.Serve(ctx)
}

// open claims the door for Serve; nil if it is taken, or being closed.
func (s *Server) open(ctx context.Context) *door {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut || s.door == nil || s.serving != nil {
		return nil
	}
	s.inner.BaseContext = s.baseContext(context.WithoutCancel(ctx), s.door.Listener)
	s.serving = make(chan struct{})
	return s.door
}

// baseContext makes the user's context, or values if there is none, one that
// knows the handle and can be ended: once for all requests.
func (s *Server) baseContext(values context.Context, ln net.Listener) func(net.Listener) context.Context {
	return func(net.Listener) context.Context {
		ctx := values
		if base := s.user.BaseContext; base != nil {
			ctx = base(ln)
		}
		ctx, cancel := context.WithCancelCause(context.WithValue(ctx, handleKey{}, &s.handle))
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cancel = cancel
		return ctx
	}
}

// cancelRequests ends the contexts of all requests.
func (s *Server) cancelRequests(cause error) {
	s.mu.Lock()
	cancel := s.cancel
	s.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
}

func (s *Server) serve(ctx context.Context, door *door) error {
	defer close(s.serving)
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
	if servesTLS(s.inner.TLSConfig) {
		return s.inner.ServeTLS(door, "", "")
	}
	return s.inner.Serve(door)
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

// runHooks starts the functions registered on shutdown: those of the user's
// server, which serves nothing, by its Shutdown, and ours.
func (s *Server) runHooks() {
	_ = s.user.Shutdown(dead())
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.onAdvise {
		h, _ := s.hooks.Begin("function registered on shutdown")
		go func() {
			defer s.books.signal()
			defer h.End()
			f()
		}()
	}
}

// Force closes everything at once: the listener, every connection, those that
// handlers hijacked too, and it ends the contexts of requests. It does not wait
// for handlers, and lets a [Server.Drain] return. It may be called at any time,
// also before Listen, which then fails, and again. After a Drain that returned
// nil there is nothing left for it to do.
func (s *Server) Force() {
	left := s.left()
	s.mu.Lock()
	s.shut = true
	door := s.door
	if !s.isCut {
		s.isCut, s.atCut = true, left
		close(s.cut)
	}
	s.mu.Unlock()
	if !closed(s.drained) || s.result != nil {
		s.enter(StageForce)
	}
	s.cancelRequests(ErrClosed)
	s.handle.longs.tellAll()
	if door != nil {
		door.Close()
	}
	// The error could only be the listener's, which is closed already.
	_ = s.inner.Close()
	s.endCarrier()
	for _, r := range s.books.list() {
		if http.ConnState(r.state.Load()) == http.StateHijacked {
			_ = r.Close()
		}
	}
}
