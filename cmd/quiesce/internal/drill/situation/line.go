// SPDX-License-Identifier: Apache-2.0

package situation

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// A line is a client's connection.
type line struct {
	net.Conn                // the TLS, if there is one
	tcp      *net.TCPConn   // below it
	in       *bufio.Reader  // of Conn
	bytes    countingReader // below in
	look     func() bool    // something can be read from tcp, or it has ended; nil: the kernel cannot be asked
	unhook   func() bool
}

func (l *line) Close() error {
	l.unhook()
	return l.Conn.Close()
}

// connect makes the TCP connection, without its TLS.
func (c *client) connect() error {
	d := net.Dialer{Timeout: c.play.scene.Timeout, Control: c.control}
	conn, err := d.DialContext(c.play.ctx, "tcp", c.play.scene.Addr)
	if err != nil {
		return err
	}
	tcp := conn.(*net.TCPConn)
	l := &line{Conn: tcp, tcp: tcp, look: lookAt(tcp)}
	l.unhook = context.AfterFunc(c.play.ctx, func() { tcp.Close() })
	l.read(tcp)
	c.line = l
	return nil
}

// open connects, with TLS if there is to be one.
func (c *client) open() (ending, bool) {
	if err := c.connect(); err != nil {
		return ending{outcome: load.DialOutcome(err), err: err}, false
	}
	if c.play.scene.TLS != nil {
		if err := c.secure(c.line.tcp); err != nil {
			return ending{outcome: load.TLSFailed, err: err}, false
		}
	}
	return ending{}, true
}

// secure puts TLS on under, which is the connection or a wrapper of it.
func (c *client) secure(under net.Conn) error {
	config := c.play.scene.TLS.Clone()
	config.NextProtos = []string{"http/1.1"}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(c.play.scene.Addr)
	}
	t := tls.Client(under, config)
	_ = t.SetDeadline(time.Now().Add(c.play.scene.Timeout)) // if it fails, so does the handshake
	if err := t.HandshakeContext(c.play.ctx); err != nil {
		return err
	}
	c.line.Conn = t
	c.line.read(t)
	return nil
}

// read makes r what answers are read from.
func (l *line) read(r io.Reader) {
	l.bytes = countingReader{r: r}
	l.in = bufio.NewReader(&l.bytes)
}

type countingReader struct {
	r io.Reader
	n int64
}

func (r *countingReader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	r.n += int64(n)
	return n, err
}

// glance is how long it takes at most to see what is there to be read, where the
// kernel cannot be asked, or TLS has records of its own.
const glance = time.Millisecond

// over reports whether the connection has ended, or something of an answer has come.
func (l *line) over() bool {
	if l.in.Buffered() > 0 {
		return true
	}
	if l.look != nil {
		if !l.look() {
			return false
		}
		if l.Conn == net.Conn(l.tcp) {
			return true
		}
	}
	_ = l.SetReadDeadline(time.Now().Add(glance)) // if it fails, so does Peek
	_, err := l.in.Peek(1)
	return !isTimeout(err)
}

// write writes something of a request. What goes wrong shows in the answer: one that
// came before the end of the connection can still be read.
func (c *client) write(b []byte) {
	_ = c.line.SetWriteDeadline(time.Now().Add(c.play.scene.Timeout))
	_, _ = c.line.Write(b)
}

// answer reads one answer.
func (c *client) answer() ending {
	_ = c.line.SetReadDeadline(time.Now().Add(c.play.scene.Timeout))
	before := c.line.bytes.n - int64(c.line.in.Buffered())
	resp, err := c.readHeader()
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
	}
	e := ending{size: c.line.bytes.n - int64(c.line.in.Buffered()) - before, err: err}
	switch {
	case err == nil:
		e.status, e.closes = resp.StatusCode, resp.Close
		e.outcome = c.statusOutcome(resp)
	case isTimeout(err), errors.Is(err, net.ErrClosed):
		e.outcome = load.Timeout
	case e.size > 0:
		e.outcome = load.Truncated
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.outcome = load.NoResponse
	default:
		e.outcome = load.ResetAfterWrite
	}
	return e
}

// readHeader reads the header of an answer, after those that are only informational.
func (c *client) readHeader() (*http.Response, error) {
	for {
		resp, err := http.ReadResponse(c.line.in, &http.Request{Method: c.method()})
		if err != nil || resp.StatusCode >= http.StatusOK || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, err
		}
	}
}

func (c *client) statusOutcome(resp *http.Response) load.Outcome {
	switch status := resp.StatusCode; {
	case accepts(&c.play.scene.Request, status), status == c.form.status:
		return load.OK
	case resp.Header.Get("Retry-After") != "" &&
		(status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests):
		return load.HTTPRefused
	default:
		return load.HTTPError
	}
}

func accepts(r *load.Request, status int) bool {
	if r.Accept != nil {
		return r.Accept(status)
	}
	return status < http.StatusBadRequest
}

// linger reads until the connection ends. That is all that is asked of the server.
func (c *client) linger() ending {
	_ = c.line.SetReadDeadline(time.Time{})
	_, err := io.Copy(io.Discard, c.line)
	if errors.Is(err, net.ErrClosed) {
		return stillOpen()
	}
	return ending{outcome: load.OK}
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
