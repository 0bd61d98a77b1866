// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"bufio"
	"context"
	"errors"
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
	raw     *conn
	conn    net.Conn // raw, or the TLS on it
	in      answers
	request []byte
}

func (c *client1) Close() error {
	if c.raw == nil {
		return nil
	}
	conn := c.conn
	c.raw = nil
	return conn.Close()
}

func (c *client1) Do(ctx context.Context) Outcome {
	if c.raw != nil && c.look && c.raw.look() {
		c.wire.count.foundClosed.Add(1)
		c.Close()
	}
	if c.raw == nil {
		if err := c.connect(ctx); err != nil {
			return DialOutcome(err)
		}
	}
	_ = c.conn.SetDeadline(time.Now().Add(c.wire.timeout)) // if it fails, so will the rest
	outcome, stay := c.exchange()
	if !stay || c.brief {
		c.Close()
	}
	return outcome
}

func (c *client1) connect(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, c.wire.timeout)
	defer cancel()
	addr := *c.wire.addr.Load()
	raw, err := c.wire.dial(ctx)
	if err != nil {
		return err
	}
	if c.conn, err = secure(ctx, raw, c.kind1.request.TLS, addr, "http/1.1"); err != nil {
		return err
	}
	c.raw = raw
	c.in = answers{r: bufio.NewReader(c.conn), head: c.kind1.request.method() == http.MethodHead}
	c.request = c.kind1.request.wire1(addr)
	return nil
}

// exchange makes the one attempt. It reports whether the connection can be used
// again.
func (c *client1) exchange() (o Outcome, stay bool) {
	n, err := c.conn.Write(c.request)
	switch {
	case err == nil:
	case n == 0 && !isTimeout(err):
		return ResetBeforeWrite, false
	case isTimeout(err):
		return Timeout, false
	}
	// A server may answer and close without reading all: look for the answer.
	if _, err := c.in.r.Peek(1); err != nil {
		return silence(err), false
	}
	a, err := c.in.next()
	switch {
	case err != nil && isTimeout(err):
		return Timeout, false
	case err != nil:
		return Truncated, false
	}
	if a.close {
		c.wire.Told()
	}
	return statusOutcome(a.status, a.retryAfter), !a.close
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
