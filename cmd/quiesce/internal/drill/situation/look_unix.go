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
