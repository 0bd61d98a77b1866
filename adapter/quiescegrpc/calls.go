// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"context"
	"net"

	"github.com/go-quiesce/quiesce/drain"
	"google.golang.org/grpc/stats"
)

// A tracker counts calls, and gives them their contexts. grpc-go tells a
// stats.Handler of a call before it reads the request, and in a deferred function,
// so that a panic or a Goexit of the handler ends it too. An interceptor of unary
// calls runs only when the request is complete: a drain would believe that
// nothing is in flight while one is being sent.
type tracker struct{ *Server }

// A connection is what a tracker knows of one. It is the context of its calls.
type connection struct {
	context.Context
	from    string
	release func()
}

// A call is one in flight, and its context.
type call struct {
	context.Context
	name string
	held drain.Holder
}

type (
	connectionKey struct{}
	callKey       struct{}
)

// Value returns the connection itself under its key.
func (c *connection) Value(key any) any {
	if key == (connectionKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// Value returns the call itself under its key.
func (c *call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// TagConn gives a connection the context that its calls inherit: they find the
// handle in it, and a drain can end all of them, which also wakes those that wait
// for a message, without a context of our own for each.
func (t tracker) TagConn(ctx context.Context, info *stats.ConnTagInfo) context.Context {
	t.greeted(info.RemoteAddr)
	ctx, cancel := context.WithCancelCause(t.advisor.Context(ctx))
	unhook := context.AfterFunc(t.ended, func() { cancel(context.Cause(t.ended)) })
	return &connection{
		Context: ctx,
		from:    " from " + info.RemoteAddr.String(),
		release: func() {
			unhook()
			cancel(nil)
		},
	}
}

// HandleConn lets go of a connection that is closed.
func (tracker) HandleConn(ctx context.Context, s stats.ConnStats) {
	if _, over := s.(*stats.ConnEnd); over {
		if c, ok := ctx.Value(connectionKey{}).(*connection); ok {
			c.release()
		}
	}
}

// TagRPC names a call.
func (tracker) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	name := info.FullMethodName
	if c, ok := ctx.Value(connectionKey{}).(*connection); ok {
		name += c.from
	}
	return &call{Context: ctx, name: name}
}

// HandleRPC counts a call from its begin, which one of an unknown method has not,
// to its end.
func (t tracker) HandleRPC(ctx context.Context, s stats.RPCStats) {
	switch s.(type) {
	case *stats.Begin:
		if c := callOf(ctx); c != nil {
			c.held, _ = t.calls.Begin(c.name)
		}
	case *stats.End:
		if c := callOf(ctx); c != nil {
			c.held.End()
			t.callEnded()
		}
	}
}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// callEnded wakes a drain. Either it sees the end of the call when it counts, or
// its flag is seen here.
func (s *Server) callEnded() {
	if !s.draining.Load() {
		return
	}
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// greeted says that the connection from addr speaks HTTP/2.
func (s *Server) greeted(addr net.Addr) {
	s.mu.Lock()
	d := s.door
	s.mu.Unlock()
	if d != nil {
		d.greeted(addr)
	}
}
