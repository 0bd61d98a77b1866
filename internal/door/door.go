// SPDX-License-Identifier: Apache-2.0

/*
Package door closes listeners without losing a connection.

Closing a listener resets what the kernel has accepted and the program has not:
clients that believe to be connected and have sent their request. So the queue is
emptied first, by accepting until nobody comes.
*/
package door

import (
	"context"
	"errors"
	"maps"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Quiet is how long nobody may have come before the door is closed. It covers
	// what is on its way into the queue.
	Quiet = 5 * time.Millisecond

	// most bounds the wait for those on their way, and the emptying of the queue
	// where nothing holds off new connections: it would not end under load. Where
	// they are held off, who is in the queue is let in however late it is: the
	// process may not have run since they came.
	most = 250 * time.Millisecond
)

// epoch is the zero of the clock of now, which is read for each connection: a
// difference needs one reading of the monotonic clock, time.Now takes two clocks.
var epoch = time.Now()

func now() time.Duration { return time.Since(epoch) }

// A Door is a listener that can be closed without losing a connection. All methods
// but Accept are safe for concurrent use.
type Door struct {
	net.Listener
	own  bool                    // nobody else has the socket, and it is no Unix socket
	wrap func(net.Conn) net.Conn // for each connection; nil: as it is

	came     atomic.Int64 // when the last connection did, on the clock of now
	shutting atomic.Bool
	last     time.Time              // when nobody on the way is waited for; set before shutting
	held     bool                   // the queue does not grow; set before shutting
	coming   map[string]bool        // handshakes that are waited for; set before shutting, then accept's
	name     atomic.Pointer[string] // of a Unix socket that Bind made and nobody has removed or left
	keep     atomic.Bool            // the name that ln would remove; set before close is called
	shut     sync.Once
	close    func() error
}

// Bind listens for stream connections. wrap, if not nil, is called for each.
func Bind(ctx context.Context, network, addr string, wrap func(net.Conn) net.Conn) (*Door, error) {
	if ctx.Err() != nil { // which Listen looks at only if it has a name to resolve
		return nil, context.Cause(ctx)
	}
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // Go's default, but holdOff could do nothing with it
	ln, err := lc.Listen(ctx, network, addr)
	if err != nil {
		return nil, err // names the operation and the address
	}
	d := New(ln, true, wrap)
	if u, ok := ln.(*net.UnixListener); ok {
		// We remove the name, before the queue is emptied: nobody finds the way any
		// more then. The listener would remove it when it is closed, which may be
		// when a successor has its socket there.
		u.SetUnlinkOnClose(false)
		if name := u.Addr().String(); name != "" && name[0] != '@' {
			d.name.Store(&name)
		}
	}
	return d, nil
}

// New makes a door of ln. It is closed once, whoever closes it how often. own says
// that no other process has the socket.
func New(ln net.Listener, own bool, wrap func(net.Conn) net.Conn) *Door {
	u, isUnix := ln.(*net.UnixListener)
	d := &Door{Listener: ln, own: own && !isUnix, wrap: wrap}
	d.close = sync.OnceValue(func() error {
		if isUnix && d.keep.Load() {
			u.SetUnlinkOnClose(false) // here because it must not run beside a Close
		}
		return ln.Close()
	})
	d.came.Store(int64(now() - Quiet)) // nobody yet
	return d
}

// Close closes the listener as it is.
func (d *Door) Close() error {
	d.removeName()
	return d.close()
}

func (d *Door) removeName() {
	if name := d.name.Swap(nil); name != nil {
		_ = os.Remove(*name) // somebody else may have
	}
}

// Leave closes the listener as it is: another process has the socket too, and
// with it the queue. A Unix socket keeps its name in the file system.
func (d *Door) Leave() {
	d.name.Store(nil)
	d.keep.Store(true)
	_ = d.close()
}

// Shut makes Accept empty the queue, close the listener and return an error. A
// listener without deadlines is closed as it is. Later calls do nothing.
func (d *Door) Shut() { d.shut.Do(d.shutOnce) }

func (d *Door) shutOnce() {
	d.removeName()
	ln, ok := d.Listener.(deadliner)
	if !ok {
		_ = d.close()
		return
	}
	if d.own {
		d.held = holdOff(d.Listener)
		d.coming = handshakes(d.Listener)
	}
	d.last = time.Now().Add(most)
	d.shutting.Store(true)
	if ln.SetDeadline(time.Now().Add(d.quiet())) != nil {
		_ = d.close()
	}
}

type deadliner interface{ SetDeadline(time.Time) error }

// quiet is how long nobody must come from now on. Where it is known whether the
// queue is empty, so that an accept that was not made cannot hide a connection,
// the time before counts as well.
func (d *Door) quiet() time.Duration {
	if _, known := hasQueue(d.Listener); !known {
		return Quiet
	}
	return max(0, Quiet-(now()-time.Duration(d.came.Load())))
}

// Accept returns the next connection. Calls must not overlap. An error after Shut,
// Leave or Close says that nobody comes any more.
func (d *Door) Accept() (net.Conn, error) {
	c, err := d.accept()
	if err != nil || d.wrap == nil {
		return c, err
	}
	return d.wrap(c), nil
}

func (d *Door) accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err == nil {
			d.came.Store(int64(now()))
		}
		if !d.shutting.Load() {
			return c, err
		}
		if err == nil {
			d.extend()
			return c, nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
		if !d.expects() {
			_ = d.close()
			return nil, net.ErrClosed
		}
		d.extend()
	}
}

// expects reports whether somebody is in the queue or on the way into it. Who has
// just left the way is in the queue, so that is looked at last.
func (d *Door) expects() bool {
	if len(d.coming) > 0 {
		still := handshakes(d.Listener)
		maps.DeleteFunc(d.coming, func(h string, _ bool) bool { return !still[h] })
	}
	late := !time.Now().Before(d.last)
	if waiting, _ := hasQueue(d.Listener); waiting {
		return d.held || !late
	}
	return len(d.coming) > 0 && !late
}

// extend lets accept wait a little longer.
func (d *Door) extend() {
	until := time.Now().Add(Quiet)
	if !d.held && until.After(d.last) {
		until = d.last
	}
	_ = d.Listener.(deadliner).SetDeadline(until)
}
