// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// httpDoorQuiet is how long nobody may have come before the door is closed.
	// It covers what is on its way into the queue; the drain of a server with no
	// connection takes this long.
	httpDoorQuiet = 5 * time.Millisecond

	// httpDoorMost bounds the emptying of the queue: where nothing holds off new
	// connections it would not end under load.
	httpDoorMost = 250 * time.Millisecond
)

// An httpDoor is a listener that can be closed without losing a connection.
//
// Closing a listener resets what the kernel has accepted and the program has
// not: clients that believe to be connected and have sent their request. So the
// queue is emptied first, by accepting until nobody comes.
type httpDoor struct {
	net.Listener
	own bool // nobody else has the socket

	shutting atomic.Bool
	last     time.Time // no accept begins later; set before shutting
	close    func() error
}

// newHTTPDoor wraps ln. It is closed once, whoever closes it how often.
func newHTTPDoor(ln net.Listener, own bool) *httpDoor {
	return &httpDoor{Listener: ln, own: own, close: sync.OnceValue(ln.Close)}
}

func (d *httpDoor) Close() error { return d.close() }

// shut makes Accept empty the queue, close the listener and return an error.
func (d *httpDoor) shut() {
	ln, ok := d.Listener.(interface{ SetDeadline(time.Time) error })
	if !ok {
		d.Close()
		return
	}
	if d.own {
		holdOff(d.Listener)
	}
	now := time.Now()
	d.last = now.Add(httpDoorMost)
	d.shutting.Store(true)
	if ln.SetDeadline(now.Add(httpDoorQuiet)) != nil {
		d.Close()
	}
}

// Accept is called by one goroutine, net/http's.
func (d *httpDoor) Accept() (net.Conn, error) {
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

func (d *httpDoor) extend() {
	until := time.Now().Add(httpDoorQuiet)
	if until.After(d.last) {
		until = d.last
	}
	_ = d.Listener.(interface{ SetDeadline(time.Time) error }).SetDeadline(until)
}
