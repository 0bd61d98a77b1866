// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	// doorQuiet is how long nobody may have come before the listener is closed,
	// where the kernel does not say that its queue is empty.
	doorQuiet = 5 * time.Millisecond

	// doorMost bounds the emptying of the queue, which would not end under load.
	doorMost = 250 * time.Millisecond

	// pruneMin is how many silent connections may be listed before it is looked
	// which of them are closed.
	pruneMin = 64
)

// A door is a listener whose queue is emptied before it is closed, since the
// kernel resets those in it, and that knows who came through and has not begun to
// speak. grpc-go gives the latter two minutes, in which neither GracefulStop nor
// Stop returns, and has no name for them.
//
// Connections are handed out as they are: of one in a wrapper grpc-go would not
// set TCP_USER_TIMEOUT. So they are known by the pointer that is their remote
// address.
type door struct {
	net.Listener
	emptied chan struct{} // closed when nobody comes through any more
	closed  chan struct{}
	empty   func()
	close   func() error
	changed chan struct{} // holds one: a silent connection has begun to speak

	mu       sync.Mutex // guards what follows
	shutting bool
	dropping bool      // who comes through is closed
	unsure   bool      // somebody speaks under an address that is not his connection's
	last     time.Time // no accept begins later
	silent   map[net.Addr]syscallConn
	pruneAt  int // length of silent
}

// A syscallConn is a TCP or Unix connection.
type syscallConn interface {
	net.Conn
	syscall.Conn
}

func newDoor(ln net.Listener) *door {
	d := &door{
		Listener: ln,
		emptied:  make(chan struct{}),
		closed:   make(chan struct{}),
		changed:  make(chan struct{}, 1),
		silent:   map[net.Addr]syscallConn{},
		pruneAt:  pruneMin,
	}
	inner := sync.OnceValue(ln.Close)
	d.empty = sync.OnceFunc(func() {
		_ = inner()
		close(d.emptied)
	})
	d.close = sync.OnceValue(func() error {
		defer close(d.closed)
		return inner()
	})
	return d
}

// Close is called by grpc-go when it is told to stop.
func (d *door) Close() error { return d.close() }

// Accept is called by one goroutine. When the door is shut it waits for Close, as
// grpc-go takes an error before it was told to stop for a fault.
func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err == nil {
			d.enter(c)
			return c, nil
		}
		if !d.isShutting() {
			return nil, err
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || !d.more() {
			d.empty()
			<-d.closed
			return nil, net.ErrClosed
		}
	}
}

// more reports whether to go on after a deadline: this goroutine may have slept
// until then while the queue was full.
func (d *door) more() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Now().Before(d.last) && queueLen(d.Listener) > 0 && d.extendLocked()
}

// enter lists a connection as silent.
func (d *door) enter(c net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dropping {
		_ = c.Close()
		return
	}
	if d.shutting {
		d.extendLocked()
	}
	switch c := c.(type) {
	case *net.TCPConn:
		d.silent[c.RemoteAddr()] = c
	case *net.UnixConn:
		d.silent[c.RemoteAddr()] = c
	}
	if len(d.silent) >= d.pruneAt {
		d.pruneLocked()
		d.pruneAt = max(pruneMin, 2*len(d.silent))
	}
}

// greeted takes the connection with the remote address off the list.
func (d *door) greeted(addr net.Addr) {
	switch addr.(type) {
	case *net.TCPAddr, *net.UnixAddr: // pointers: may be looked up
	default:
		addr = nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.silent[addr]; !known {
		d.unsure = true
	}
	delete(d.silent, addr)
	if len(d.silent) == 0 || d.unsure {
		select {
		case d.changed <- struct{}{}:
		default:
		}
	}
}

// pruneLocked takes those off the list that were closed before they spoke: probes
// of load balancers, port scans.
func (d *door) pruneLocked() {
	for addr, c := range d.silent {
		raw, err := c.SyscallConn()
		if err != nil || raw.Control(func(uintptr) {}) != nil {
			delete(d.silent, addr)
		}
	}
}

// countSilent returns how many have come through and not begun to speak. Credentials
// may give connections other addresses, those of clients behind a proxy: then it is
// not known, and none is said to be silent.
func (d *door) countSilent() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.unsure {
		return 0
	}
	d.pruneLocked()
	return len(d.silent)
}

// dropSilent closes the listener as it is, and who is silent; who may be, too, if
// everything is to be closed.
func (d *door) dropSilent(force bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shutting = true
	d.empty()
	if d.unsure && !force {
		return
	}
	d.dropping = true
	for _, c := range d.silent {
		_ = c.Close()
	}
	clear(d.silent)
}

// shut makes Accept empty the queue and close the listener.
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shutting = true
	d.last = time.Now().Add(doorMost)
	if !d.extendLocked() {
		d.empty()
	}
}

// extendLocked lets Accept wait a little longer for the next connection. It
// reports false for a listener that has no deadlines.
func (d *door) extendLocked() bool {
	ln, ok := d.Listener.(interface{ SetDeadline(time.Time) error })
	if !ok {
		return false
	}
	until := time.Now()
	if queueLen(d.Listener) != 0 {
		until = until.Add(doorQuiet)
	}
	if until.After(d.last) {
		until = d.last
	}
	return ln.SetDeadline(until) == nil
}

func (d *door) isShutting() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shutting
}
