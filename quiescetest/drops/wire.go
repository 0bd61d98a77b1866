// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A Wire is a client's way to the server of a [Trial]. It is safe for concurrent
// use.
type Wire struct {
	run     context.Context         // ends when the trial is given up
	addr    *atomic.Pointer[string] // where new connections go now
	delay   time.Duration           // one way
	timeout time.Duration
	count   *counters
	lines   *sync.WaitGroup // the goroutines of its connections
	dials   atomic.Int64
	brief   bool // a connection for each request: none is a reconnect
}

// Timeout returns how long a request may take.
func (w *Wire) Timeout() time.Duration { return w.timeout }

// Dial connects to the instance whose address is handed out at that moment: the
// one that is about to stop, for the propagation delay, and then its successor.
// What is read and written takes the trial's round trip. The connection is put on
// the books, as a reconnect if the wire had one before.
//
// ctx and [Wire.Timeout] bound Dial only. The connection is closed when the
// stop is over, or the trial is given up.
func (w *Wire) Dial(ctx context.Context) (net.Conn, error) {
	c, err := w.dial(ctx)
	if err != nil {
		return nil, err // not a *conn that is nil
	}
	return c, nil
}

func (w *Wire) dial(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	if err := pause(ctx, w.delay); err != nil { // the SYN is on its way
		return nil, err
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", *w.addr.Load())
	if err != nil {
		return nil, err
	}
	c := newConn(w.run, raw, w.delay, w.lines)
	if err := pause(ctx, w.delay); err != nil {
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
	return &goAwayConn{Conn: c, seen: func() { w.count.goAways.Add(1) }}
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
	look   func() bool // something can be read, or it has ended
	unhook func() bool // from the end of the trial; may be nil
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
