// SPDX-License-Identifier: Apache-2.0

//go:build unix

package situation

import (
	"net"
	"syscall"
)

// lookAt returns what asks the kernel whether something can be read from a
// connection, or it has ended.
func lookAt(tcp *net.TCPConn) func() bool {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	var readable bool
	peek := func(fd uintptr) { // Go's sockets do not block
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		readable = err != syscall.EAGAIN && err != syscall.EINTR
	}
	return func() bool { return raw.Control(peek) != nil || readable }
}

// narrow gives a connection that is about to be made as little room as the kernel
// lets it, on both sides: that of the sender grows with the size of segments. What it
// cannot do makes the room larger, no more.
func narrow(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1)
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, smallSegment)
	})
}

const smallSegment = 256 // bytes
