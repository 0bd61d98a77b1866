// SPDX-License-Identifier: Apache-2.0

//go:build unix

package load

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// newConn wraps a socket. Without a delay the kernel is asked whether there is
// something to read: a system call, and no goroutine.
func newConn(run context.Context, socket net.Conn, delay time.Duration, lines *sync.WaitGroup) *conn {
	if delay <= 0 {
		if look := lookAt(socket); look != nil {
			return &conn{Conn: socket, look: look, unhook: context.AfterFunc(run, func() { socket.Close() })}
		}
	}
	l := newLine(run, socket, delay, lines)
	return &conn{Conn: l, look: l.readable}
}

func lookAt(socket net.Conn) func() bool {
	sc, ok := socket.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	var found bool
	peek := func(fd uintptr) { found = readable(int(fd)) }
	return func() bool {
		return raw.Control(peek) != nil || found
	}
}

// readable reports whether there is something to read, or the end.
func readable(fd int) bool { return !errors.Is(sockPeek(fd), syscall.EAGAIN) }
