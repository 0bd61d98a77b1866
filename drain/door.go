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
	// It covers what is on its way into the queue.
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

	came     atomic.Int64 // when the last connection did, on the clock of now
	shutting atomic.Bool
	last     time.Time   // no accept begins later; set before shutting
	keep     atomic.Bool // the name of a Unix socket; set before close is called
	close    func() error
}

// newDoor wraps ln. It is closed once, whoever closes it how often.
func newDoor(ln net.Listener, own bool, wrap func(net.Conn) net.Conn) *door {
	d := &door{Listener: ln, own: own, wrap: wrap}
	d.close = sync.OnceValue(func() error {
		if u, ok := ln.(*net.UnixListener); ok && d.keep.Load() {
			u.SetUnlinkOnClose(false) // here because it must not run beside a Close
		}
		return ln.Close()
	})
	d.came.Store(int64(now() - doorQuiet)) // nobody yet
	return d
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
	d.last = time.Now().Add(doorMost)
	d.shutting.Store(true)
	if ln.SetDeadline(time.Now().Add(d.quiet())) != nil {
		d.Close()
	}
}

// quiet is how long nobody must come from now on. Where it is known whether the
// queue is empty, so that an accept that was not made cannot hide a connection,
// the time before counts as well.
func (d *door) quiet() time.Duration {
	if _, known := hasQueue(d.Listener); !known {
		return doorQuiet
	}
	return max(0, doorQuiet-(now()-time.Duration(d.came.Load())))
}

// leave closes the listener as it is: another process has the socket too, and
// with it the queue. A Unix socket keeps its name in the file system.
func (d *door) leave() {
	d.keep.Store(true)
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
		if waiting, _ := hasQueue(d.Listener); !waiting || !time.Now().Before(d.last) {
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
