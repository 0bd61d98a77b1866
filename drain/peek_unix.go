// SPDX-License-Identifier: Apache-2.0

//go:build unix

package drain

import (
	"net"
	"syscall"
)

// hasInput reports whether the kernel holds bytes that nobody has read from c.
// It is false for a connection that is not the kernel's.
func hasInput(c net.Conn) bool {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok { // *tls.Conn
		c = t.NetConn()
	}
	sc, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	// Control, not Read: Read would queue behind the server's own. Go's sockets
	// do not block, so that the peek needs no MSG_DONTWAIT.
	has := false
	_ = raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		has = n > 0 || err == syscall.EINTR // unknown: do not give up on it yet
	})
	return has
}
