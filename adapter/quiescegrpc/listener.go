// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"net"
	"sync"
	"syscall"

	"github.com/go-quiesce/quiesce/internal/door"
)

// pruneMin is how many silent connections may be listed before it is looked
// which of them are closed.
const pruneMin = 64

// A listener is a door that knows who came through and has not begun to speak.
// grpc-go gives them two minutes, in which neither GracefulStop nor Stop returns,
// and has no name for them.
//
// Connections are handed out as they are: of one in a wrapper grpc-go would not
// set TCP_USER_TIMEOUT. So they are known by the pointer that is their remote
// address.
type listener struct {
	*door.Door
	emptied chan struct{} // closed when nobody comes through any more
	closed  chan struct{}
	empty   func()
	close   func() error
	changed chan struct{} // holds one: a silent connection has begun to speak

	mu       sync.Mutex // guards what follows
	shutting bool
	dropping bool // who comes through is closed
	unsure   bool // somebody speaks under an address that is not his connection's
	silent   map[net.Addr]syscallConn
	pruneAt  int // length of silent
}

// A syscallConn is a TCP or Unix connection.
type syscallConn interface {
	net.Conn
	syscall.Conn
}

func newListener(d *door.Door) *listener {
	l := &listener{
		Door:    d,
		emptied: make(chan struct{}),
		closed:  make(chan struct{}),
		changed: make(chan struct{}, 1),
		silent:  map[net.Addr]syscallConn{},
		pruneAt: pruneMin,
	}
	l.empty = sync.OnceFunc(func() {
		_ = d.Close()
		close(l.emptied)
	})
	l.close = sync.OnceValue(func() error {
		defer close(l.closed)
		return d.Close()
	})
	return l
}

// Close is called by grpc-go when it is told to stop.
func (l *listener) Close() error { return l.close() }

// Accept is called by one goroutine. When the door is shut it waits for Close, as
// grpc-go takes an error before it was told to stop for a fault.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Door.Accept()
	switch {
	case err == nil:
		l.enter(c)
		return c, nil
	case !l.isShutting():
		return nil, err
	}
	l.empty()
	<-l.closed
	return nil, net.ErrClosed
}

// enter lists a connection as silent.
func (l *listener) enter(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dropping {
		_ = c.Close()
		return
	}
	switch c := c.(type) {
	case *net.TCPConn:
		l.silent[c.RemoteAddr()] = c
	case *net.UnixConn:
		l.silent[c.RemoteAddr()] = c
	}
	if len(l.silent) >= l.pruneAt {
		l.pruneLocked()
		l.pruneAt = max(pruneMin, 2*len(l.silent))
	}
}

// greeted takes the connection with the remote address off the list.
func (l *listener) greeted(addr net.Addr) {
	switch addr.(type) {
	case *net.TCPAddr, *net.UnixAddr: // pointers: may be looked up
	default:
		addr = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.silent[addr]; !known {
		l.unsure = true
	}
	delete(l.silent, addr)
	if len(l.silent) == 0 || l.unsure {
		select {
		case l.changed <- struct{}{}:
		default:
		}
	}
}

// pruneLocked takes those off the list that were closed before they spoke: probes
// of load balancers, port scans.
func (l *listener) pruneLocked() {
	for addr, c := range l.silent {
		raw, err := c.SyscallConn()
		if err != nil || raw.Control(func(uintptr) {}) != nil {
			delete(l.silent, addr)
		}
	}
}

// countSilent returns how many have come through and not begun to speak. Credentials
// may give connections other addresses, those of clients behind a proxy: then it is
// not known, and none is said to be silent.
func (l *listener) countSilent() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unsure {
		return 0
	}
	l.pruneLocked()
	return len(l.silent)
}

// dropSilent closes the listener as it is, and who is silent; who may be, too, if
// everything is to be closed.
func (l *listener) dropSilent(force bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shutting = true
	l.empty()
	if l.unsure && !force {
		return
	}
	l.dropping = true
	for _, c := range l.silent {
		_ = c.Close()
	}
	clear(l.silent)
}

// shut makes Accept empty the queue and close the listener.
func (l *listener) shut() {
	l.mu.Lock()
	l.shutting = true
	l.mu.Unlock()
	l.Shut()
}

func (l *listener) isShutting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shutting
}
