// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"context"
	"io"
	"net"
	"time"
)

// A Conn is a [net.Conn] that has contexts as it has deadlines: one for reading
// and one for writing, which hold for operations that wait and for all that
// follow, until they are set anew.
//
// When a context ends, operations of its direction that wait are interrupted, and
// those that begin later fail at once, with a *[net.OpError] that wraps
// [context.Cause]. It is not temporary, and a time-out if the cause is one, as
// [context.DeadlineExceeded] is. The connection stays open and intact: set another
// context, and go on. A Write may have been done in part, as the count says.
//
// The deadlines remain the caller's: those set through the Conn are remembered
// while a context has ended and are in force again under the next. An operation
// that fails because of one wraps [os.ErrDeadlineExceeded], as without a Conn.
// Where both have passed, either may be reported.
//
// It also has ReadFrom, WriteTo, CloseRead, CloseWrite and SyscallConn if, and
// only if, the connection that it wraps has them (WriteTo: if that has ReadFrom),
// so that [io.Copy] still uses sendfile and splice, and obeys the contexts.
//
// It is safe for concurrent use as the connection is.
type Conn interface {
	net.Conn

	// SetContext binds reading and writing to ctx, as SetDeadline sets both
	// deadlines. A context that never ends, [context.Background], frees them.
	//
	// An operation that waits goes on under ctx; if the context before has ended,
	// it may report that. To set the context again that is set costs next to
	// nothing, another one about a microsecond. After Close it does nothing.
	SetContext(ctx context.Context)

	// SetReadContext and SetWriteContext do so for one direction.
	SetReadContext(ctx context.Context)
	SetWriteContext(ctx context.Context)

	// NetConn returns the connection that was given to [NewConn]. Do not set its
	// deadlines directly.
	NetConn() net.Conn

	sealed() *conn
}

// NewConn returns a connection that reads from and writes to c, bound to ctx.
//
// Close it when you are done: that closes c and lets go of ctx. The end of ctx
// does not close c, with one exception: a connection that does not support
// deadlines can be interrupted in no other way, and is closed.
//
// Nothing is allocated and no goroutine started for an operation; see the package
// comment for the cost. A deadline that was set on c before stays until a context
// ends, but is not put back then.
//
// Wrap a *[crypto/tls.Conn], not what is below it. It survives an interrupted
// Read; after an interrupted Write (or handshake) all writes fail, as crypto/tls
// says of any deadline.
func NewConn(ctx context.Context, c net.Conn) Conn {
	b := &conn{inner: c}
	b.read.set, b.write.set = c.SetReadDeadline, c.SetWriteDeadline
	b.d.sides = []*side{&b.read, &b.write}
	b.d.close = c.Close
	b.SetContext(ctx)
	return withMethods(b)
}

type conn struct {
	inner       net.Conn
	d           deadlines
	read, write side
}

func (c *conn) Read(p []byte) (int, error) {
	b, err := c.read.begin()
	if err != nil {
		return 0, c.opError("read", err)
	}
	n, err := c.inner.Read(p)
	if err != nil {
		err = c.explain("read", &c.read, b, err)
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	b, err := c.write.begin()
	if err != nil {
		return 0, c.opError("write", err)
	}
	n, err := c.inner.Write(p)
	if err != nil {
		err = c.explain("write", &c.write, b, err)
	}
	return n, err
}

// explain returns what the caller is told about err.
func (c *conn) explain(op string, s *side, b *binding, err error) error {
	if cause := s.interrupted(b, err); cause != nil {
		return c.opError(op, cause)
	}
	return err
}

func (c *conn) opError(op string, cause error) error {
	e := &net.OpError{Op: op, Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: cause}
	if e.Source != nil {
		e.Net = e.Source.Network()
	}
	return e
}

func (c *conn) SetContext(ctx context.Context)      { c.d.bind(ctx, &c.read, &c.write) }
func (c *conn) SetReadContext(ctx context.Context)  { c.d.bind(ctx, &c.read) }
func (c *conn) SetWriteContext(ctx context.Context) { c.d.bind(ctx, &c.write) }

func (c *conn) SetDeadline(t time.Time) error      { return c.d.setDeadline(t, &c.read, &c.write) }
func (c *conn) SetReadDeadline(t time.Time) error  { return c.d.setDeadline(t, &c.read) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.d.setDeadline(t, &c.write) }

func (c *conn) Close() error {
	c.d.release()
	return c.inner.Close()
}

func (c *conn) NetConn() net.Conn    { return c.inner }
func (c *conn) LocalAddr() net.Addr  { return c.inner.LocalAddr() }
func (c *conn) RemoteAddr() net.Addr { return c.inner.RemoteAddr() }
func (c *conn) sealed() *conn        { return c }

// readFrom copies from r as io.Copy to the inner connection itself does. A Conn
// is looked into, since net can only splice what it knows.
func (c *conn) readFrom(r io.Reader) (int64, error) {
	b, err := c.write.begin()
	if err != nil {
		return 0, c.opError("readfrom", err)
	}
	src, bound := r.(Conn)
	if bound {
		return c.splice(b, src.sealed())
	}
	n, err := c.inner.(io.ReaderFrom).ReadFrom(r)
	if err != nil {
		err = c.explain("readfrom", &c.write, b, err)
	}
	return n, err
}

// splice copies from another Conn, whose read side may be what was interrupted.
func (c *conn) splice(b *binding, src *conn) (int64, error) {
	from, err := src.read.begin()
	if err != nil {
		return 0, src.opError("read", err)
	}
	n, err := c.inner.(io.ReaderFrom).ReadFrom(src.inner)
	if err == nil {
		return n, nil
	}
	if cause := c.write.interrupted(b, err); cause != nil {
		return n, c.opError("readfrom", cause)
	}
	return n, src.explain("read", &src.read, from, err)
}

// writeTo copies to w as io.Copy from the inner connection itself does.
func (c *conn) writeTo(w io.Writer) (int64, error) {
	b, err := c.read.begin()
	if err != nil {
		return 0, c.opError("writeto", err)
	}
	n, err := io.Copy(w, c.inner)
	if err != nil {
		err = c.explain("writeto", &c.read, b, err)
	}
	return n, err
}
