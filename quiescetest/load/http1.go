// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// KeepAlive returns clients that stay on their HTTP/1.1 connection until the
// server tells them to leave or closes it. Before they use it again they look
// whether it was closed, as good clients do; a close that is still on its way to
// them makes them lose a request, as it does everybody.
func KeepAlive(r Request) Kind { return &kind1{request: r, look: true} }

// Naive is [KeepAlive] without that look.
func Naive(r Request) Kind { return &kind1{request: r} }

// NewConnection returns clients that make a connection for each HTTP/1.1 request.
func NewConnection(r Request) Kind { return &kind1{request: r, brief: true} }

// SSE returns clients of a stream of server-sent events: [KeepAlive] with r as a
// GET that lasts.
func SSE(r Request) Kind {
	r.Long = true
	r.Header = r.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Accept", "text/event-stream")
	return KeepAlive(r)
}

type kind1 struct {
	request     Request
	look, brief bool
}

func (k *kind1) Client(w *Wire) Client {
	w.brief = k.brief
	return &client1{kind1: k, wire: w}
}

// A client1 writes and parses HTTP/1.1 itself: nothing between it and the
// connection repeats a request or hides how it ended.
type client1 struct {
	*kind1
	wire *Wire

	// Of the connection, if there is one.
	raw      *conn
	conn     net.Conn // raw, or the TLS on it
	in       answers
	message  []byte        // the request; if there are no ids
	deadline time.Duration // of the connection, since the session began; 0: none
	read     int           // bytes of the answer
}

func (c *client1) Close() error {
	if c.raw == nil {
		return nil
	}
	conn := c.conn
	c.raw = nil
	return conn.Close()
}

func (c *client1) Do(ctx context.Context, a *Attempt) {
	if c.raw != nil && c.look && c.raw.look() {
		c.wire.count.foundClosed.Add(1)
		c.Close()
	}
	if c.raw == nil {
		if err := c.connect(ctx); err != nil {
			a.Fail(DialOutcome(err), err)
			return
		}
		a.Fresh = true
	}
	if stay := c.exchange(a); !stay || c.brief {
		c.Close()
	}
}

func (c *client1) connect(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, c.wire.Timeout())
	defer cancel()
	raw, err := c.wire.dial(ctx)
	if err != nil {
		return err
	}
	if c.conn, err = secure(ctx, raw, c.request.TLS, raw.addr, "http/1.1"); err != nil {
		return err
	}
	c.raw, c.deadline = raw, 0
	c.in = answers{r: bufio.NewReader(c), head: c.request.method() == http.MethodHead}
	c.message = c.request.wire1(raw.addr)
	return nil
}

// Read reads from the connection, and counts.
func (c *client1) Read(b []byte) (int, error) {
	n, err := c.conn.Read(b)
	c.read += n
	return n, err
}

// next returns the request to send.
func (c *client1) next(a *Attempt) []byte {
	if c.request.IDs == nil {
		return c.message
	}
	a.ID = c.request.IDs()
	return c.request.with(a.ID).wire1(c.raw.addr)
}

// exchange makes the one attempt. It reports whether the connection can be used
// again.
func (c *client1) exchange(a *Attempt) (stay bool) {
	message := c.next(a)
	a.Sent, c.read = c.wire.Now(), 0
	c.renew(a.Sent)
	n, err := c.conn.Write(message)
	switch {
	case err == nil:
	case n == 0 && !isTimeout(err):
		a.Sent = 0
		a.Fail(ResetBeforeWrite, err)
		return false
	case isTimeout(err):
		c.fail(a, Timeout, n, err)
		return false
	}
	// A server may answer and close without reading all: look for the answer.
	if _, err := c.in.r.Peek(1); err != nil {
		c.fail(a, silence(err), n, err)
		return false
	}
	return c.answer(a, n)
}

// answer reads an answer that has begun.
func (c *client1) answer(a *Attempt, wrote int) (stay bool) {
	got, err := c.in.begin()
	if err == nil && c.request.Long {
		c.endure(a)
	}
	if err == nil {
		err = c.in.body(&got)
	}
	switch {
	case err != nil && isTimeout(err):
		c.fail(a, Timeout, wrote, err)
		return false
	case err != nil, c.request.Long && got.unframed:
		c.fail(a, Truncated, wrote, cmp.Or(err, io.ErrUnexpectedEOF))
		return false
	}
	if got.close {
		c.wire.Told()
	}
	a.answered(&c.request, got.status, got.retryAfter)
	return !got.close
}

// endure lets the rest of an answer take as long as it does.
func (c *client1) endure(a *Attempt) {
	c.deadline = 0
	_ = c.conn.SetDeadline(time.Time{}) // if it fails, so will the rest
	a.Answering()
}

// renew sees to it that the connection's deadline is a timeout away, or a little
// more: to set it is a good part of what a small request costs.
func (c *client1) renew(now time.Duration) {
	timeout := c.wire.Timeout()
	if now+timeout <= c.deadline {
		return
	}
	c.deadline = now + timeout + timeout/4
	_ = c.conn.SetDeadline(c.wire.Began().Add(c.deadline)) // if it fails, so will the rest
}

// fail notes what went wrong after the request was begun.
func (c *client1) fail(a *Attempt, o Outcome, wrote int, err error) {
	a.Fail(o, fmt.Errorf("%d bytes written, %d read: %w", wrote, c.read, err))
}

// silence classes the end of a connection on which no answer had begun.
func silence(err error) Outcome {
	switch {
	case isTimeout(err):
		return Timeout
	case errors.Is(err, io.EOF):
		return NoResponse
	default:
		return ResetAfterWrite
	}
}
