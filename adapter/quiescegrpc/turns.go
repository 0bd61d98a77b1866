// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"context"
	"errors"

	"github.com/go-quiesce/quiesce/drain"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// telling is the interceptor of [WithTurns].
func (s *Server) telling(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, h grpc.StreamHandler) error {
	if !s.cfg.hasTurns(info.FullMethod) {
		return h(srv, stream)
	}
	handle := s.advisor.Handle()
	long := handle.Long(info.FullMethod)
	defer long.End()
	ctx, cancel := context.WithCancelCause(stream.Context())
	defer cancel(nil)
	go func() {
		select {
		case <-long.Turn():
			cancel(turnCause(handle))
		case <-ctx.Done():
		}
	}()
	err := h(srv, &toldStream{stream, ctx, long.Turn()})
	if isCancelled(err) && errors.Is(context.Cause(ctx), drain.ErrDraining) {
		return errLeave
	}
	return err
}

// errLeave is what a client is told whose stream was ended: to try another server.
var errLeave = status.Error(codes.Unavailable, drain.ErrDraining.Error())

// turnCause also holds where a turn comes without a drain, when the server is closed.
func turnCause(h *drain.Handle) error {
	if cause := h.Cause(); cause != nil {
		return cause
	}
	return drain.ErrDraining
}

func isCancelled(err error) bool {
	return errors.Is(err, context.Canceled) || status.Code(err) == codes.Canceled
}

// A toldStream ends when its turn has come, as far as its handler can see.
type toldStream struct {
	grpc.ServerStream
	ctx  context.Context
	turn <-chan struct{}
}

// Context returns the context that ends with the turn.
func (s *toldStream) Context() context.Context { return s.ctx }

// RecvMsg leaves the call that waits below alone when the turn comes: it returns
// when the handler has, and whatever it received is lost. None is begun after it.
func (s *toldStream) RecvMsg(m any) error {
	select {
	case <-s.turn:
		return errLeave
	default:
	}
	received := make(chan error, 1)
	go func() { received <- s.ServerStream.RecvMsg(m) }()
	select {
	case err := <-received:
		return err
	case <-s.turn:
	}
	select {
	case err := <-received:
		return err
	default:
		return errLeave
	}
}
