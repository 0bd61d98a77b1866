// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Lines returns clients of a protocol of lines over TCP, who stay on their
// connection: they write send and a line end, and expect one line that begins with
// want. Another line is an [HTTPError]. "{id}" in both is replaced by an id that is
// new for each attempt. Before they use a connection again they look whether it was
// closed, as those of [KeepAlive] do.
func Lines(send, want string) Kind {
	return &kindLines{send: strings.TrimRight(send, "\r\n") + "\n", want: want, run: rand.Uint32()}
}

type kindLines struct {
	send, want string
	run        uint32 // sets ids apart from those of other runs
	last       atomic.Uint64
}

func (k *kindLines) Client(w *Wire) Client { return &clientLines{kindLines: k, wire: w} }

// next returns the lines of an attempt, and its id if they have one.
func (k *kindLines) next() (value, send, want string) {
	if !strings.Contains(k.send+k.want, id) {
		return "", k.send, k.want
	}
	value = fmt.Sprintf("%08x-%s", k.run, strconv.FormatUint(k.last.Add(1), 10))
	return value, strings.ReplaceAll(k.send, id, value), strings.ReplaceAll(k.want, id, value)
}

type clientLines struct {
	*kindLines
	wire *Wire
	conn *conn // nil: there is none
	in   *bufio.Reader
}

func (c *clientLines) Close() error {
	if c.conn == nil {
		return nil
	}
	conn := c.conn
	c.conn = nil
	return conn.Close()
}

func (c *clientLines) Do(ctx context.Context, a *Attempt) {
	if c.conn != nil && c.conn.look() {
		c.wire.count.foundClosed.Add(1)
		c.Close()
	}
	if c.conn == nil {
		conn, err := c.wire.dial(ctx)
		if err != nil {
			a.Fail(DialOutcome(err), err)
			return
		}
		c.conn, c.in = conn, bufio.NewReader(conn)
		a.Fresh = true
	}
	if o, err := c.exchange(a); o != OK {
		a.Fail(o, err)
		if o != HTTPError { // the connection is as it was
			c.Close()
		}
	}
}

func (c *clientLines) exchange(a *Attempt) (Outcome, error) {
	value, send, want := c.next()
	a.ID, a.Sent = value, c.wire.Now()
	_ = c.conn.SetDeadline(time.Now().Add(c.wire.Timeout())) // if it fails, so will the rest
	n, err := io.WriteString(c.conn, send)
	switch {
	case isTimeout(err):
		return Timeout, err
	case err != nil && n == 0:
		a.Sent = 0
		return ResetBeforeWrite, err
	}
	line, err := c.line()
	switch {
	case err == nil && bytes.HasPrefix(line, []byte(want)):
		return OK, nil
	case err == nil:
		return HTTPError, fmt.Errorf("answer %.100q, want %q", line, want)
	case len(line) == 0 || isTimeout(err):
		return silence(err), err
	default:
		return Truncated, fmt.Errorf("after %.100q: %w", line, err)
	}
}

// line reads a line; of one that is too long, what there is room for.
func (c *clientLines) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	begin := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = c.in.ReadSlice('\n')
	}
	return begin, err
}
