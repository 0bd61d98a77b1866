// SPDX-License-Identifier: Apache-2.0

package grpcdrops

import (
	"context"
	"crypto/tls"
	"math"
	"net"
	"sync/atomic"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	// redial is the time between attempts to connect. grpc-go's own, which grows
	// from a second, would be most of what is seen of a restart.
	redial = 10 * time.Millisecond

	// target is for those who resolve names, of whom there are none, and the
	// authority of calls.
	target = "passthrough:///localhost"
)

// A Call makes one call on cc, unary or a stream, in ctx, and returns how it ended:
// nil if as it should. A second call in the same ctx fails. It must end when ctx
// does, and runs on many goroutines at once.
type Call func(ctx context.Context, cc grpc.ClientConnInterface) error

// An Option changes what [Calls] makes.
type Option interface{ apply(*kind) }

type option func(*kind)

func (f option) apply(k *kind) { f(k) }

// WithTLS connects with TLS. An empty ServerName is "localhost"; NextProtos is set.
// A nil config is that of [credentials.NewTLS]. Without this option connections are
// in clear.
func WithTLS(config *tls.Config) Option {
	return option(func(k *kind) { k.credentials = credentials.NewTLS(config) })
}

// WithLong is for calls that last, streams that end with the server: the trial's
// Timeout bounds only the time until the server has sent headers. The Call says with
// [Answering] that it is being answered, unless it returns soon.
func WithLong() Option { return option(func(k *kind) { k.long = true }) }

// Answering says that a call that lasts has begun to be answered, so that its caller
// counts as served. ctx is that of the [Call], on whose goroutine it must be called.
func Answering(ctx context.Context) {
	if a := attemptOf(ctx); a != nil {
		a.answering()
	}
}

// Calls returns clients that make calls on one connection at a time, and neither
// wait for one to be ready (while a server cannot be reached calls fail) nor send a
// call again, whatever it was that ended the first attempt. A caller's next call
// connects anew if it must. Callers that share a client share the connection.
//
// A call is [load.OK] if it returns nil. Else it is
//
//   - [load.RPCStatus] if the server ended it: with a status, or with what the
//     Call did not like
//   - [load.GoAwayRetryable] if a GOAWAY or REFUSED_STREAM says that the server has
//     not begun it, or the connection ended before it was sent
//   - [load.Timeout] if it was not over after the trial's Timeout: see [WithLong]
//   - [load.Truncated] if it was cut off after the server's headers
//   - [load.GoAwayLost], [load.NoResponse] or [load.ResetAfterWrite] if it was cut
//     off before them: by the end of a connection after a GOAWAY, by one without, or
//     otherwise
//   - [load.ResetBeforeWrite], [load.Refused] and the like if nothing was sent
func Calls(call Call, options ...Option) load.Kind {
	k := &kind{call: call, credentials: insecure.NewCredentials()}
	for _, o := range options {
		o.apply(k)
	}
	return k
}

type kind struct {
	call        Call
	credentials credentials.TransportCredentials
	long        bool
}

// Client returns a client, which connects at its first call.
func (k *kind) Client(w *load.Wire) load.Client {
	l := &line{TransportCredentials: k.credentials, wire: w, last: new(atomic.Uint32)}
	l.last.Store(uint32(load.Refused))
	cc, err := grpc.NewClient(
		target,
		grpc.WithTransportCredentials(l),
		grpc.WithContextDialer(l.dial),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: redial, Multiplier: 1, MaxDelay: redial},
			MinConnectTimeout: w.Timeout(),
		}),
		grpc.WithStatsHandler(watcher{}),
		grpc.WithPerRPCCredentials(once{}),
		// A request that is not kept is not sent again, but then it is not said why.
		grpc.WithDefaultCallOptions(grpc.MaxRetryRPCBufferSize(math.MaxInt)),
	)
	if err != nil {
		panic("grpcdrops: " + err.Error()) // there is nothing in it that a user could get wrong
	}
	return &client{k, cc, l}
}

type client struct {
	*kind
	*grpc.ClientConn
	line *line
}

// Do makes one call.
func (c *client) Do(ctx context.Context, a *load.Attempt) {
	seen := &attempt{wire: c.line.wire, answering: a.Answering}
	ctx, cancel := c.bound(ctx, seen)
	defer cancel()
	err := c.call(context.WithValue(ctx, attemptKey{}, seen), c.ClientConn)
	a.Sent = time.Duration(seen.sent.Load())
	if err != nil {
		a.Fail(seen.outcome(err, ctx.Err() != nil, load.Outcome(c.line.last.Load())), err)
	}
}

// bound returns the context of a call, which ends when its time is over.
func (c *client) bound(ctx context.Context, seen *attempt) (context.Context, context.CancelFunc) {
	timeout := c.line.wire.Timeout()
	if !c.long {
		return context.WithTimeout(ctx, timeout)
	}
	ctx, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(timeout, func() {
		if !seen.begun.Load() {
			cancel()
		}
	})
	return ctx, func() {
		timer.Stop()
		cancel()
	}
}

// A line makes connections, and is the credentials that grpc-go puts on them.
type line struct {
	credentials.TransportCredentials
	wire *load.Wire
	last *atomic.Uint32 // the outcome of a call that was not sent: how the last of them ended
}

func (l *line) dial(ctx context.Context, _ string) (net.Conn, error) {
	c, err := l.wire.Dial(ctx)
	if err != nil {
		l.last.Store(uint32(load.DialOutcome(err)))
	}
	return c, err
}

// ClientHandshake looks for GOAWAYs inside of the TLS.
func (l *line) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	c, info, err := l.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err != nil {
		l.last.Store(uint32(load.TLSFailed))
		return nil, nil, err
	}
	l.last.Store(uint32(load.ResetBeforeWrite))
	return l.wire.CountGoAway(c), info, nil
}

// Clone is used by grpc-go for each connection.
func (l *line) Clone() credentials.TransportCredentials {
	return &line{l.TransportCredentials.Clone(), l.wire, l.last}
}
