// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"context"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// A Listener is a [net.Listener] that obeys a context. When that ends, every
// Accept that waits is interrupted and later ones fail at once, with a
// *[net.OpError] that wraps [context.Cause] and is not temporary, so that a
// server's accept loop ends. The listener stays open, and what waits in its queue
// stays there: set another context, and go on. Connections are not bound to
// anything; see [NewConn].
//
// It is safe for concurrent use.
type Listener struct {
	inner net.Listener
	d     deadlines // if inner has deadlines
	side  side
	h     *helper // else

	// With a helper: the call's while one is outstanding, else the turn's.
	conn net.Conn
	err  error

	closed atomic.Bool
}

// NewListener returns a listener that accepts from l, bound to ctx.
//
// The listeners of net for TCP and Unix sockets have deadlines: an Accept is
// interrupted by them. For any other, that of [crypto/tls.Listen] for example, an
// Accept is made by a helper goroutine, one at a time. When the context ends that
// is abandoned; what it accepts later goes to the next Accept, or is closed if the
// Listener is. Wrap below TLS to do without:
//
//	tls.NewListener(ctxio.NewListener(ctx, l), config)
func NewListener(ctx context.Context, l net.Listener, opts ...Option) *Listener {
	b := &Listener{inner: l}
	if f, ok := l.(interface{ SetDeadline(time.Time) error }); ok {
		b.side.set = f.SetDeadline
		b.d.sides = []*side{&b.side}
		b.d.close = l.Close
		b.d.bind(ctx, &b.side)
		return b
	}
	b.h = newHelper(ctx, "ctxio.accept", b.take, opts)
	b.h.after = b.sweep
	return b
}

// Accept waits for the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	if l.h != nil {
		return l.acceptKept()
	}
	b, err := l.side.begin()
	if err != nil {
		return nil, l.opError(err)
	}
	c, err := l.inner.Accept()
	if err != nil {
		if cause := l.side.interrupted(b, err); cause != nil {
			err = l.opError(cause)
		}
	}
	return c, err
}

func (l *Listener) acceptKept() (net.Conn, error) {
	if err := l.h.enter(); err != nil {
		return nil, l.opError(err)
	}
	err := l.h.await()
	if err != nil {
		l.h.leave()
		l.sweep() // Close may have found the turn taken
		return nil, l.opError(err)
	}
	c, err := l.conn, l.err
	l.conn, l.err = nil, nil
	l.h.leave()
	return c, err
}

// take is the helper's call.
func (l *Listener) take() {
	l.conn, l.err = nil, l.opError(errNoResult)
	l.conn, l.err = l.inner.Accept()
}

// sweep closes a connection that was accepted for nobody, after Close. It is
// called when a call has ended, by an Accept that gives up and by Close. Who finds
// the turn taken leaves it to the one who has it: that one takes the connection,
// or looks again after giving back the turn.
func (l *Listener) sweep() {
	for l.closed.Load() && len(l.h.ready) > 0 {
		select {
		case l.h.turn <- struct{}{}:
			l.drop()
			l.h.leave()
		default:
			return
		}
	}
}

func (l *Listener) drop() {
	select {
	case <-l.h.ready:
	default:
		return // another had the turn before us
	}
	if l.conn != nil {
		_ = l.conn.Close()
	}
	l.conn, l.err = nil, nil
	l.h.state.Store(idle)
}

func (l *Listener) opError(cause error) error {
	e := &net.OpError{Op: "accept", Addr: l.Addr(), Err: cause}
	if e.Addr != nil {
		e.Net = e.Addr.Network()
	}
	return e
}

// SetContext binds the listener to ctx, every Accept that waits included.
// [context.Background] frees it.
func (l *Listener) SetContext(ctx context.Context) {
	if l.h != nil {
		l.h.bind(ctx)
		return
	}
	l.d.bind(ctx, &l.side)
}

// SetDeadline sets the caller's own deadline, which is remembered while a context
// has ended. It fails with [os.ErrNoDeadline] if the listener below has none.
func (l *Listener) SetDeadline(t time.Time) error {
	if l.h != nil {
		return os.ErrNoDeadline
	}
	return l.d.setDeadline(t, &l.side)
}

// Abandoned reports whether a helper is still in an Accept that its caller has
// given up. It is always false where deadlines do the work.
func (l *Listener) Abandoned() bool { return l.h != nil && l.h.isAbandoned() }

// Close closes the listener and lets go of the context. An Accept that waits
// fails as it does without a context.
func (l *Listener) Close() error {
	if l.h == nil {
		l.d.release()
		return l.inner.Close()
	}
	l.closed.Store(true)
	err := l.inner.Close()
	l.sweep()
	return err
}

// Addr returns the address of the listener.
func (l *Listener) Addr() net.Addr { return l.inner.Addr() }
