// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// doorQuiet is how long nobody may have come before the door is closed.
	// It covers what is on its way into the queue; the drain of a server with no
	// connection takes this long.
	doorQuiet = 5 * time.Millisecond

	// doorMost bounds the emptying of the queue: where nothing holds off new
	// connections it would not end under load.
	doorMost = 250 * time.Millisecond
)

// A door is a listener that can be closed without losing a connection.
//
// Closing a listener resets what the kernel has accepted and the program has
// not: clients that believe to be connected and have sent their request. So the
// queue is emptied first, by accepting until nobody comes.
type door struct {
	net.Listener
	own  bool                    // nobody else has the socket
	wrap func(net.Conn) net.Conn // for each connection

	shutting atomic.Bool
	last     time.Time // no accept begins later; set before shutting
	close    func() error
}

// newDoor wraps ln. It is closed once, whoever closes it how often.
func newDoor(ln net.Listener, own bool, wrap func(net.Conn) net.Conn) *door {
	return &door{Listener: ln, own: own, wrap: wrap, close: sync.OnceValue(ln.Close)}
}

func (d *door) Close() error { return d.close() }

// shut makes Accept empty the queue, close the listener and return an error.
func (d *door) shut() {
	ln, ok := d.Listener.(interface{ SetDeadline(time.Time) error })
	if !ok {
		d.Close()
		return
	}
	if d.own {
		holdOff(d.Listener)
	}
	now := time.Now()
	d.last = now.Add(doorMost)
	d.shutting.Store(true)
	if ln.SetDeadline(now.Add(doorQuiet)) != nil {
		d.Close()
	}
}

// leave closes the listener as it is: another process has the socket too, and
// with it the queue. A Unix socket keeps its name in the file system.
func (d *door) leave() {
	if u, ok := d.Listener.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	d.Close()
}

// Accept is called by one goroutine, net/http's.
func (d *door) Accept() (net.Conn, error) {
	c, err := d.accept()
	if err != nil {
		return nil, err
	}
	return d.wrap(c), nil
}

func (d *door) accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
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
		if !time.Now().Before(d.last) || !hasQueue(d.Listener) {
			d.Close()
			return nil, net.ErrClosed
		}
		d.extend()
	}
}

func (d *door) extend() {
	until := time.Now().Add(doorQuiet)
	if until.After(d.last) {
		until = d.last
	}
	_ = d.Listener.(interface{ SetDeadline(time.Time) error }).SetDeadline(until)
}
