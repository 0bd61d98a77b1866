// SPDX-License-Identifier: Apache-2.0

package grpcdrops

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/go-quiesce/quiesce/quiescetest/load"
	"google.golang.org/grpc/stats"
)

// An attempt is what is seen of a call.
type attempt struct {
	wire      *load.Wire
	answering func()       // says that the answer has begun
	sent      atomic.Int64 // when its headers were given to a connection, since the wire began; 0: they were not
	begun     atomic.Bool  // the server has sent headers
	ended     atomic.Bool  // the server has sent a status
	refused   atomic.Bool  // the server has not begun it: grpc-go is about to send it again
}

type attemptKey struct{}

func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// outcome classes a call that returned err. late says that its time was over;
// unsent is for one of which nothing was sent. What ended a connection grpc-go
// tells by texts only; those are v1.85's, and the tests would notice others.
func (a *attempt) outcome(err error, late bool, unsent load.Outcome) load.Outcome {
	text := err.Error()
	switch {
	case a.refused.Load():
		return load.GoAwayRetryable
	case late && a.sent.Load() > 0:
		return load.Timeout
	case late:
		return load.Refused
	case a.sent.Load() == 0:
		return unsent
	case a.ended.Load():
		return load.RPCStatus
	case a.begun.Load():
		return load.Truncated
	case strings.Contains(text, "received prior goaway"):
		return load.GoAwayLost
	case strings.Contains(text, "EOF"):
		return load.NoResponse
	default:
		return load.ResetAfterWrite
	}
}

// A watcher follows attempts. What grpc-go sends again begins again.
type watcher struct{}

// TagRPC has nothing to add: the call's context has the attempt.
func (watcher) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleRPC notes how far an attempt has come.
func (watcher) HandleRPC(ctx context.Context, s stats.RPCStats) {
	a := attemptOf(ctx)
	if a == nil {
		return
	}
	switch s.(type) {
	case *stats.Begin:
		a.refused.Store(a.sent.Load() > 0)
	case *stats.OutHeader:
		a.sent.CompareAndSwap(0, int64(a.wire.Now()))
	case *stats.InHeader:
		a.begun.Store(true)
	case *stats.InTrailer:
		a.ended.Store(true)
	}
}

// TagConn has nothing to add.
func (watcher) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn does nothing: the wire counts connections.
func (watcher) HandleConn(context.Context, stats.ConnStats) {}

// once fails every attempt but the first. grpc-go asks it for further headers just
// before it sends the first of a call, and takes its error for an answer. No option
// of grpc-go does that: [google.golang.org/grpc.WithDisableRetry] is about retries
// that a service config asks for.
type once struct{}

var errAgain = errors.New("a second attempt, which a client that never retries does not make")

// GetRequestMetadata returns no headers.
func (once) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	if a := attemptOf(ctx); a != nil && a.refused.Load() {
		return nil, errAgain
	}
	return nil, nil
}

// RequireTransportSecurity says that there is nothing to protect.
func (once) RequireTransportSecurity() bool { return false }
