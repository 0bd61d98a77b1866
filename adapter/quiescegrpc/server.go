// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/drain"
	"github.com/go-quiesce/quiesce/internal/door"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

var (
	errNilListener = errors.New("quiescegrpc: nil net.Listener")
	errStarted     = errors.New("the server was started before")
)

// A Server is a gRPC server that is stopped as [Server.Component] says. Services
// are registered with it as with a [grpc.Server]. All methods are safe for
// concurrent use, but services must be registered before it serves.
type Server struct {
	addr    string
	cfg     *config
	inner   *grpc.Server
	advisor *drain.Advisor
	calls   drain.Gate // a list; never shut
	moments drain.Moments
	ended   context.Context
	end     context.CancelCauseFunc // ends the contexts of all calls

	draining atomic.Bool
	changed  chan struct{} // holds one: a call ended during a drain

	cut   chan struct{} // closed by force
	force func()

	mu      sync.Mutex
	door    *listener // nil until listen; guarded by mu
	shut    bool      // guarded by mu
	serving bool      // guarded by mu

	served chan struct{} // closed when Serve of grpc-go has returned
}

// NewServer returns a server that will listen on a TCP address. It does nothing
// yet: a bad address fails the start.
//
// Calls are followed through a stats.Handler, for whose events grpc-go makes about
// twenty small allocations in a unary call that otherwise has 140.
func NewServer(addr string, options ...Option) *Server {
	cfg := newConfig(options)
	s := &Server{
		addr:    addr,
		cfg:     cfg,
		advisor: drain.NewAdvisor(cfg.advisor...),
		changed: make(chan struct{}, 1),
		cut:     make(chan struct{}),
		served:  make(chan struct{}),
	}
	s.ended, s.end = context.WithCancelCause(context.Background())
	s.force = sync.OnceFunc(s.forceOnce)
	ours := []grpc.ServerOption{grpc.StatsHandler(tracker{s}), grpc.ChainStreamInterceptor(s.telling)}
	s.inner = grpc.NewServer(append(append(ours, cfg.grpc...), grpc.WaitForHandlers(true))...)
	if cfg.health != nil {
		healthpb.RegisterHealthServer(s.inner, cfg.health)
	}
	return s
}

// RegisterService is [grpc.Server.RegisterService], which generated code calls.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, impl any) {
	s.inner.RegisterService(desc, impl)
}

// GetServiceInfo is [grpc.Server.GetServiceInfo], which the reflection service needs.
func (s *Server) GetServiceInfo() map[string]grpc.ServiceInfo { return s.inner.GetServiceInfo() }

// Addr returns the address of the listener, nil before the start.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.door == nil {
		return nil
	}
	return s.door.Addr()
}

// Calls returns at most limit of the calls in flight, the oldest first; all of
// them if limit is negative. A call is in flight from its headers to its status.
func (s *Server) Calls(limit int) []drain.Held { return s.calls.Holders(limit) }

// Component is the server as a part of an app. Each call returns the same hooks.
//
// Start binds the address, so that a busy port fails the start. Run serves.
// Announce says NOT_SERVING if there is a health service.
//
// Drain, which the app calls after the readiness delay, empties the queue of
// accepted connections and closes the listener (on Linux new ones are held off
// meanwhile, so that none is accepted and then reset), tells clients with the two GOAWAYs
// of [grpc.Server.GracefulStop] to begin calls elsewhere, and returns when the last
// call has ended and its client is gone; nothing polls. Long calls are told that
// the server is drained: see [WithTurns]. Clients are not waited for beyond a
// second, or a quarter of the time if that is less: neither one that has
// connected and does not speak HTTP/2 by then, for which GracefulStop and Stop
// alike wait two minutes, nor one without a call that does not leave, which takes
// GracefulStop six.
//
// Shortly before its deadline (a second, or a tenth of the time if that is more,
// but at most a quarter) Drain ends the contexts of the calls that are left, with
// a cause that wraps [drain.ErrDraining]; that also wakes a RecvMsg. If it comes to
// that, or its context ends, it returns a *[drain.HeldError] that names the calls.
//
// Stop closes what is open and waits, while its context lasts, for handlers; if
// some go on it returns a *[drain.HeldError] too. Force does the same without waiting.
// Calls that are cut off in either way end with Unavailable or Canceled, as it comes.
func (s *Server) Component() quiesce.Component {
	return quiesce.Component{
		Start:    s.listen,
		Run:      s.serve,
		Announce: quiesce.NoCtx(s.announce),
		Drain:    s.drain,
		Stop:     s.stop,
		Force:    s.force,
		Serves:   true,
		Moments:  &s.moments,
	}
}

func (s *Server) listen(ctx context.Context) error {
	d, err := s.bind(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.shut:
		err = drain.ErrClosed
	case s.door != nil:
		err = errStarted
	default:
		s.door = newListener(d)
		return nil
	}
	return errors.Join(err, d.Close())
}

func (s *Server) bind(ctx context.Context) (*door.Door, error) {
	switch given := s.cfg.listener; {
	case given == nil:
		return door.Bind(ctx, "tcp", s.addr, nil)
	case *given == nil:
		return nil, errNilListener
	default:
		return door.New(*given, false, nil), nil
	}
}

// serve returns nil if it was told to end, when that is done.
func (s *Server) serve(ctx context.Context) error {
	s.mu.Lock()
	d := s.door
	ready := d != nil && !s.serving && !s.shut
	s.serving = s.serving || ready
	s.mu.Unlock()
	if !ready {
		return nil
	}
	defer context.AfterFunc(ctx, s.force)()
	err := s.inner.Serve(d)
	close(s.served)
	if err == nil || errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return fmt.Errorf("serve %s: %w", d.Addr(), err)
}

func (s *Server) announce() error {
	s.note(drain.StageNotice)
	if s.cfg.health != nil {
		s.cfg.health.Shutdown()
	}
	return nil
}

// note records how many calls there are as a stage begins.
func (s *Server) note(stage drain.Stage) {
	s.moments.Note(stage, drain.Counts{Busy: s.calls.InFlight()})
}

// stop waits for what forceOnce began.
func (s *Server) stop(ctx context.Context) error {
	s.force()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.inner.Stop()
	}()
	select {
	case <-stopped:
		return nil
	case <-ctx.Done():
		return s.held(context.Cause(ctx))
	}
}

func (s *Server) forceOnce() {
	d := s.close()
	if s.calls.InFlight() > 0 {
		s.note(drain.StageForce)
	}
	close(s.cut)
	s.end(drain.ErrClosed)
	s.advisor.End()
	if d != nil {
		d.dropSilent(true)
	}
	go s.inner.Stop() // waits for handlers
}

// close lets nobody start the server any more, and returns the door if there is one.
func (s *Server) close() *listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = true
	return s.door
}

// held names the calls that are in flight.
func (s *Server) held(cause error) error {
	class := "grpc"
	if a := s.Addr(); a != nil {
		class += " " + a.String()
	}
	return &drain.HeldError{Class: class, InFlight: s.calls.InFlight(), Holders: s.Calls(drain.MaxHeld), Err: cause}
}
