// SPDX-License-Identifier: Apache-2.0

//go:build unix

package load

import (
	"context"
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
	var readable bool
	peek := func(fd uintptr) { // Go's sockets do not block
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		readable = err != syscall.EAGAIN && err != syscall.EINTR
	}
	return func() bool {
		return raw.Control(peek) != nil || readable
	}
}
