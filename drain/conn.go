// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"
)

// A record is what a [Server] knows of one connection. It lives in the wrapper
// around it, so that it is found without a map, and so that a Close is seen which
// net/http does not report: that of a hijacked connection.
type record struct {
	conn   net.Conn // as the listener returned it
	books  *books
	state  atomic.Int32 // an http.ConnState
	multi  atomic.Bool  // it speaks HTTP/2, or another protocol of TLSNextProto
	closed atomic.Bool
	framed atomic.Pointer[framed] // the connection under net/http's HTTP/2

	// Guarded by the mu of books.
	prev, next *record
	listed     bool
	activity   activity  // what it is counted as
	since      time.Time // when it was counted as waiting, or last tried
	expired    bool      // its read deadline was moved into the past
	met        bool      // it was seen to speak HTTP/2
}

// Close closes the connection and, if it was hijacked, takes it off the books,
// which nobody else would do.
func (r *record) Close() error {
	err := r.conn.Close()
	r.closed.Store(true)
	if http.ConnState(r.state.Load()) == http.StateHijacked {
		r.books.settle(r)
	}
	return err
}

// isGone also holds for a hijacked connection that was closed. A hijack and a Close
// that meet each tell before they ask, so that one of them sees the other.
func (r *record) isGone() bool {
	switch http.ConnState(r.state.Load()) {
	case http.StateClosed:
		return true
	case http.StateHijacked:
		return r.closed.Load()
	}
	return false
}

// A wrapped is a connection with a record: one of the three below.
type wrapped interface {
	net.Conn
	info() *record
}

// wrap gives c a record. A *tls.Conn stays as it is, since net/http looks for
// one; it gets a record when net/http first speaks of it.
func (b *books) wrap(c net.Conn) net.Conn {
	var w wrapped
	switch t := c.(type) {
	case *tls.Conn:
		return t
	case *net.TCPConn:
		w = &tcpConn{TCPConn: t}
	case *net.UnixConn:
		w = &unixConn{UnixConn: t}
	case stater:
		w = &securedConn{otherConn{Conn: c}, t}
	default:
		w = &otherConn{Conn: c}
	}
	r := w.info()
	r.conn, r.books = c, b
	return w
}

// unwrap returns what the user's listener returned, for the user's hooks, which
// may look at its type. With TLS it is the *tls.Conn, as without us.
func unwrap(c net.Conn) net.Conn {
	c = unframe(c)
	if w, ok := c.(wrapped); ok {
		return w.info().conn
	}
	return c
}

// unframe returns what net/http had before it became HTTP/2.
func unframe(c net.Conn) net.Conn {
	if f, ok := c.(interface{ inner() net.Conn }); ok {
		return f.inner()
	}
	return c
}

// A tcpConn has every method of a *net.TCPConn: net/http, io.Copy and handlers
// that hijack find ReadFrom and WriteTo (sendfile, splice), CloseWrite and
// SyscallConn where they always were.
type tcpConn struct {
	*net.TCPConn
	rec record
}

// A unixConn is the same for Unix sockets.
type unixConn struct {
	*net.UnixConn
	rec record
}

// An otherConn wraps what a listener of the user's own returns, and passes on
// the optional methods that net/http, io.Copy and proxies look for.
type otherConn struct {
	net.Conn
	rec record
}

// A securedConn is one with a TLS that is not crypto/tls's.
type securedConn struct {
	otherConn
	stater
}

type stater interface{ ConnectionState() tls.ConnectionState }

func (c *tcpConn) Close() error   { return c.rec.Close() }
func (c *unixConn) Close() error  { return c.rec.Close() }
func (c *otherConn) Close() error { return c.rec.Close() }

func (c *tcpConn) info() *record   { return &c.rec }
func (c *unixConn) info() *record  { return &c.rec }
func (c *otherConn) info() *record { return &c.rec }

// ReadFrom copies as io.Copy to the connection itself does.
func (c *otherConn) ReadFrom(src io.Reader) (int64, error) { return io.Copy(c.Conn, src) }

// CloseWrite fails with [errors.ErrUnsupported] if the connection has none.
func (c *otherConn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return errors.ErrUnsupported
}

// SyscallConn fails with [errors.ErrUnsupported] if the connection has none.
func (c *otherConn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}
