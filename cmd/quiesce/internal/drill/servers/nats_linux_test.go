// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// kindNATS makes clients of NATS, which speaks first, and in between: a PING of theirs is
// answered by a PONG.
type kindNATS struct {
	leaves bool // when they are told that the server is a lame duck
}

func (k kindNATS) Client(w *load.Wire) load.Client { return &clientNATS{kindNATS: k, wire: w} }

type clientNATS struct {
	kindNATS
	wire  *load.Wire
	conn  net.Conn      // nil: there is none
	pongs chan struct{} // one for each; closed with the connection
	told  *atomic.Bool  // the server is a lame duck
}

func (c *clientNATS) Close() error {
	if c.conn == nil {
		return nil
	}
	conn := c.conn
	c.conn = nil
	return conn.Close()
}

func (c *clientNATS) Do(ctx context.Context, a *load.Attempt) {
	select {
	case <-c.pongs: // none is due: it was closed
		c.Close()
	default:
	}
	if c.conn != nil && c.leaves && c.told.Load() {
		c.wire.Told()
		c.Close()
	}
	if c.conn == nil {
		if err := c.connect(ctx); err != nil {
			a.Fail(load.DialOutcome(err), err)
			return
		}
		a.Fresh = true
	}
	a.Sent = c.wire.Now()
	n, err := io.WriteString(c.conn, "PING\r\n")
	switch {
	case err != nil && n == 0:
		a.Sent = 0
		a.Fail(load.ResetBeforeWrite, err)
	case err != nil:
		a.Fail(load.NoResponse, err)
	default:
		c.answer(ctx, a)
	}
	if a.Err != nil {
		c.Close()
	}
}

func (c *clientNATS) answer(ctx context.Context, a *load.Attempt) {
	select {
	case _, open := <-c.pongs:
		if !open {
			a.Fail(load.NoResponse, errors.New("closed before the PONG"))
		}
	case <-ctx.Done():
		a.Fail(load.Abandoned, ctx.Err())
	case <-time.After(c.wire.Timeout()):
		a.Fail(load.Timeout, errors.New("no PONG"))
	}
}

// connect dials, and sends what a client has to say of itself: in protocol 1 the server
// tells it when it is a lame duck.
func (c *clientNATS) connect(ctx context.Context) error {
	conn, err := c.wire.Dial(ctx)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "CONNECT {\"verbose\":false,\"pedantic\":false,\"protocol\":1}\r\n"); err != nil {
		conn.Close()
		return err
	}
	c.conn, c.pongs, c.told = conn, make(chan struct{}, 1), new(atomic.Bool)
	go readNATS(conn, c.pongs, c.told)
	return nil
}

// readNATS reads until the connection ends, and answers the server's own questions.
func readNATS(conn net.Conn, pongs chan<- struct{}, told *atomic.Bool) {
	defer close(pongs)
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		switch word, rest, _ := strings.Cut(strings.TrimSpace(lines.Text()), " "); word {
		case "INFO":
			told.Store(strings.Contains(rest, `"ldm":true`))
		case "PONG":
			select {
			case pongs <- struct{}{}:
			default: // of one that was given up
			}
		case "PING":
			if _, err := io.WriteString(conn, "PONG\r\n"); err != nil {
				return
			}
		}
	}
}
