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
	direct   *direct  // to the socket, if nothing is between; or nil
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
	if c.request.IDs != nil {
		a.ID = c.request.IDs()
	}
	if c.raw != nil {
		stay, closed := c.again(a)
		if !stay {
			c.Close()
		}
		if !closed {
			return
		}
		c.wire.count.foundClosed.Add(1)
	}
	if err := c.connect(ctx); err != nil {
		a.Fail(DialOutcome(err), err)
		return
	}
	a.Fresh = true
	c.begin(a)
	if stay := c.receive(a, c.ask(c.next(a))); !stay || c.brief {
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
	c.raw, c.direct, c.deadline = raw, nil, 0
	if c.look && c.conn == raw {
		c.direct = newDirect(raw.Conn)
	}
	c.in = answers{r: bufio.NewReader(c), head: c.request.method() == http.MethodHead}
	c.message = c.request.wire1(raw.addr)
	return nil
}

// Read reads from the connection, and counts.
func (c *client1) Read(b []byte) (n int, err error) {
	if c.direct != nil && c.direct.out != nil {
		n, err = c.direct.Read(b)
	} else {
		n, err = c.conn.Read(b)
	}
	c.read += n
	return n, err
}

// next returns the request to send.
func (c *client1) next(a *Attempt) []byte {
	if c.request.IDs == nil {
		return c.message
	}
	return c.request.with(a.ID).wire1(c.raw.addr)
}

// again uses the connection once more. It reports whether it can be used after
// that, and whether it was found closed, so that no attempt was made.
func (c *client1) again(a *Attempt) (stay, closed bool) {
	if c.look && c.in.r.Buffered() > 0 { // nobody asked for that
		return false, true
	}
	message := c.next(a)
	c.begin(a)
	var x asked
	switch {
	case c.direct != nil:
		x, closed = c.askDirectly(message)
	case c.look && c.raw.look():
		closed = true
	default:
		x = c.ask(message)
	}
	if closed {
		a.Sent = 0
		return false, true
	}
	return c.receive(a, x), false
}

// begin notes that the first byte is about to be written.
func (c *client1) begin(a *Attempt) {
	a.Sent, c.read = c.wire.Now(), 0
	c.renew(a.Sent)
}

// An asked is a request that was written, as far as it went, and what was heard of
// the answer: its first byte or an error.
type asked struct {
	wrote       int
	write, read error
}

func (c *client1) ask(message []byte) (x asked) {
	x.wrote, x.write = c.conn.Write(message)
	if x.write == nil || x.wrote > 0 && !isTimeout(x.write) {
		// A server may answer and close without reading all: look for the answer.
		_, x.read = c.in.r.Peek(1)
	}
	return x
}

func (c *client1) askDirectly(message []byte) (x asked, closed bool) {
	d := c.direct
	d.out = message
	_, err := c.in.r.Peek(1) // which makes Read do all of it
	d.out = nil
	x.wrote = d.wrote
	switch {
	case errors.Is(err, errFoundClosed):
		return x, true
	case errors.Is(err, errPartial):
		x = c.ask(message[d.wrote:])
		x.wrote += d.wrote
	case d.wrote == len(message):
		x.read = err
	default:
		x.write = err
	}
	return x, false
}

// receive reads the answer. It reports whether the connection can be used again.
func (c *client1) receive(a *Attempt, x asked) (stay bool) {
	switch {
	case x.write != nil && isTimeout(x.write):
		c.fail(a, Timeout, x.wrote, x.write)
		return false
	case x.write != nil && x.wrote == 0:
		a.Sent = 0
		a.Fail(ResetBeforeWrite, x.write)
		return false
	case x.read != nil:
		c.fail(a, silence(x.read), x.wrote, x.read)
		return false
	}
	return c.answer(a, x.wrote)
}

// answer reads an answer that has begun.
func (c *client1) answer(a *Attempt, wrote int) (stay bool) {
	got, err := c.in.begin()
	if err == nil && c.request.Long && c.request.outcome(got.status, got.retryAfter) == OK {
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
