// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"net"
	"strconv"
	"syscall"
)

// localPeer names the process at the other end of a Unix socket, which as a rule
// has no address: the one that connected, in the view of our PID namespace.
func localPeer(c net.Conn) string {
	name := "local"
	onConn(c, func(fd int) {
		cred, err := syscall.GetsockoptUcred(fd, syscall.SOL_SOCKET, syscall.SO_PEERCRED)
		if err == nil && cred.Pid != 0 {
			name = "pid " + strconv.Itoa(int(cred.Pid))
		}
	})
	return name
}

func onConn(c net.Conn, f func(fd int)) {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok { // *tls.Conn
		c = t.NetConn()
	}
	sc, ok := c.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := sc.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}
