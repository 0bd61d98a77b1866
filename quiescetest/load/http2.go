// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// HTTP2 returns clients that speak HTTP/2, in clear with prior knowledge unless
// r.TLS is set. They use net/http's, one connection at a time and without its
// pool, so that nothing is retried. When the connection takes no more requests,
// as after a GOAWAY, the next request makes a new one; what is in flight stays
// where it is, and the connection is closed after it.
func HTTP2(r Request) Kind { return kind2{r} }

type kind2 struct{ request Request }

func (k kind2) Client(w *Wire) Client {
	c := &client2{request: k.request, wire: w}
	c.transport.Protocols = new(http.Protocols)
	c.transport.Protocols.SetUnencryptedHTTP2(true)
	// With these it takes what it gets for HTTP/2 in clear, whatever the scheme,
	// and lets us look at the frames.
	c.transport.DialContext = c.dial
	c.transport.DialTLSContext = c.dial
	return c
}

type client2 struct {
	request   Request
	wire      *Wire
	transport http.Transport

	mu     sync.Mutex  // held while one connects and the others wait for it
	conns  []conn2     // the last takes requests, if it can
	dialed *goAwayConn // the last; guarded by mu
}

// A conn2 is a connection, and what carries it.
type conn2 struct {
	*http.ClientConn
	wire *goAwayConn
}

func (c *client2) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, conn := range c.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

func (c *client2) Do(ctx context.Context, a *Attempt) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(c.wire.Timeout(), func() { cancel(context.DeadlineExceeded) })
	defer late.Stop()
	const tries = 3 // in case connections end as soon as they are made
	for range tries {
		conn, fresh, err := c.reserve(ctx)
		if err != nil {
			a.Fail(DialOutcome(err), err)
			return
		}
		a.reset()
		a.Fresh = fresh
		c.exchange(ctx, conn, late, a)
		if a.Outcome != ResetBeforeWrite {
			return
		}
	}
}

// reserve returns a connection with a slot for one request, and whether it is new.
func (c *client2) reserve(ctx context.Context) (conn *http.ClientConn, fresh bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.conns)
	if n > 0 && c.conns[n-1].Reserve() == nil {
		return c.conns[n-1].ClientConn, false, nil
	}
	conn, err = c.transport.NewClientConn(ctx, c.scheme(), c.wire.Addr())
	if err != nil {
		return nil, false, err
	}
	if n > 0 && c.conns[n-1].Err() != nil {
		c.wire.count.foundClosed.Add(1)
	}
	c.conns = append(c.conns, conn2{conn, c.dialed})
	_ = conn.Reserve() // if it has ended already the exchange says so
	return conn, true, nil
}

// leave closes a connection that has got a GOAWAY, if nothing is in flight on it:
// net/http does so only after a request. A server may wait for it.
func (c *client2) leave(got *goAwayConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		if conn.wire == got && conn.InFlight() == 0 {
			_ = conn.Close() // it may have ended already
		}
	}
}

func (c *client2) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	conn, err := c.wire.Dial(ctx)
	if err != nil {
		return nil, err
	}
	if conn, err = secure(ctx, conn, c.request.TLS, addr, "h2"); err != nil {
		return nil, err
	}
	c.dialed = c.wire.watchGoAway(conn, func(got *goAwayConn) { go c.leave(got) })
	return c.dialed, nil
}

func (c *client2) scheme() string {
	if c.request.TLS != nil {
		return "https"
	}
	return "http"
}

func (c *client2) exchange(ctx context.Context, conn *http.ClientConn, late *time.Timer, a *Attempt) {
	request := &c.request
	if request.IDs != nil {
		a.ID = request.IDs()
		request = request.with(a.ID)
	}
	a.Sent = c.wire.Now()
	resp, err := conn.RoundTrip(c.newRequest(ctx, request))
	if err != nil {
		if a.Fail(outcome2(ctx, err), err); a.Outcome == ResetBeforeWrite {
			a.Sent = 0
		}
		return
	}
	defer resp.Body.Close()
	retryAfter := resp.Header.Get("Retry-After") != ""
	if request.Long && request.outcome(resp.StatusCode, retryAfter) == OK {
		late.Stop()
		a.Answering()
	}
	a.Status = resp.StatusCode
	switch n, err := io.Copy(io.Discard, resp.Body); {
	case err != nil && isLate(ctx, err):
		a.Fail(Timeout, err)
	case err != nil:
		a.Fail(Truncated, fmt.Errorf("after %d bytes of the body: %w", n, err))
	default:
		a.answered(request, resp.StatusCode, retryAfter)
	}
}

func (c *client2) newRequest(ctx context.Context, from *Request) *http.Request {
	addr := c.wire.Addr()
	r := &http.Request{
		Method: from.method(),
		URL:    &url.URL{Scheme: c.scheme(), Host: addr, Opaque: from.path()},
		Host:   from.host(addr),
		Header: from.Header.Clone(),
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if from.Body != "" {
		r.Body = io.NopCloser(strings.NewReader(from.Body))
		r.ContentLength = int64(len(from.Body))
	}
	return r.WithContext(ctx)
}

// isLate reports whether an error is that of the time being over.
func isLate(ctx context.Context, err error) bool {
	return isTimeout(err) || errors.Is(context.Cause(ctx), context.DeadlineExceeded)
}

// A streamError is net/http's: its As fills every struct of this shape.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (streamError) Error() string { return "stream error" }

const refusedStream = 7 // RFC 9113, section 7

// outcome2 classes an error of net/http's HTTP/2, which has names for few of
// them: the texts are those of Go 1.26, and the tests would notice others.
func outcome2(ctx context.Context, err error) Outcome {
	var stream streamError
	text := err.Error()
	switch {
	case isLate(ctx, err):
		return Timeout
	case strings.Contains(text, "http2: client conn not usable"),
		strings.Contains(text, "http2: client conn could not be established"):
		return ResetBeforeWrite
	case strings.Contains(text, "http2: Transport received Server's graceful shutdown GOAWAY"),
		errors.As(err, &stream) && stream.Code == refusedStream:
		return GoAwayRetryable
	case strings.Contains(text, "GOAWAY"):
		return GoAwayLost
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return NoResponse
	default:
		return ResetAfterWrite
	}
}
