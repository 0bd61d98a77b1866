// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"time"
)

// A Wire is a client's way to the server of a [Session]. It is safe for concurrent
// use.
type Wire struct {
	session *Session
	count   counters
	dials   atomic.Int64
	users   atomic.Int64 // callers that have not ended
	brief   bool         // a connection for each request: none is a reconnect
}

// Timeout returns how long a request may take.
func (w *Wire) Timeout() time.Duration { return w.session.config.Timeout }

// Began returns when the session was started. [Attempt.Sent] is since then.
func (w *Wire) Began() time.Time { return w.session.began }

// Now returns the time since [Wire.Began].
func (w *Wire) Now() time.Duration { return w.session.now() }

// Addr returns the address that connections go to at that moment.
func (w *Wire) Addr() string { return w.session.route.Load().addr }

// Dial connects to the address that is handed out at that moment: see
// [Session.Redirect] and [Session.Hold]. What is read and written takes the
// session's round trip. The connection is put on the books, as a reconnect if the
// wire had one before.
//
// ctx and [Wire.Timeout] bound Dial only. The connection is closed when the
// session ends.
func (w *Wire) Dial(ctx context.Context) (net.Conn, error) {
	c, err := w.dial(ctx)
	if err != nil {
		return nil, err // not a *conn that is nil
	}
	return c, nil
}

func (w *Wire) dial(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout())
	defer cancel()
	defer context.AfterFunc(w.session.open, cancel)()
	delay := w.session.config.RTT / 2
	if err := pause(ctx, delay); err != nil { // the SYN is on its way
		return nil, err
	}
	to := w.session.route.Load()
	if to.held {
		return nil, errHeld
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", to.addr)
	if err != nil {
		return nil, err
	}
	c := newConn(w.session.run, raw, delay, &w.session.lines)
	c.addr = to.addr
	if err := pause(ctx, delay); err != nil {
		c.Close()
		return nil, err
	}
	if w.dials.Add(1) > 1 && !w.brief {
		w.count.reconnects.Add(1)
	}
	return c, nil
}

// Told counts a connection that the server asked the client to leave: by
// "Connection: close" or in another protocol's way. Those that got a GOAWAY are
// counted by [Wire.CountGoAway].
func (w *Wire) Told() { w.count.told.Add(1) }

// CountGoAway returns c, which carries HTTP/2 in clear (of a *tls.Conn, the
// inside), and counts it if a GOAWAY is read from it.
func (w *Wire) CountGoAway(c net.Conn) net.Conn {
	return w.watchGoAway(c, func(*goAwayConn) {})
}

// watchGoAway is CountGoAway with a function that is called then, while the frame is
// being read.
func (w *Wire) watchGoAway(c net.Conn, seen func(*goAwayConn)) *goAwayConn {
	watched := &goAwayConn{Conn: c}
	watched.seen = func() {
		w.count.goAways.Add(1)
		seen(watched)
	}
	return watched
}

// secure puts TLS on c. A nil config puts none.
func secure(ctx context.Context, c net.Conn, config *tls.Config, addr string, protos ...string) (net.Conn, error) {
	if config == nil {
		return c, nil
	}
	config = config.Clone()
	config.NextProtos = protos
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(addr)
	}
	t := tls.Client(c, config)
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, errHandshake{err}
	}
	return t, nil
}

// A conn is a connection whose client can see whether it was closed.
type conn struct {
	net.Conn
	addr   string      // where it leads
	look   func() bool // something can be read, or it has ended
	unhook func() bool // from the end of the session; may be nil
}

func (c *conn) Close() error {
	if c.unhook != nil {
		c.unhook()
	}
	return c.Conn.Close()
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
