// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"net"
	"syscall"
)

// queueLen returns how many connections the kernel has accepted and we have not,
// negative if it does not say.
func queueLen(ln net.Listener) int {
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return -1
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return -1
	}
	n := -1
	_ = raw.Control(func(fd uintptr) {
		// Of a listening socket tcpi_unacked, the seventh word, is the length of its
		// queue (tcp_get_info in Linux). Package syscall reads TCP_INFO under no name
		// of its own.
		const unacked = 6
		info, err := syscall.GetsockoptICMPv6Filter(int(fd), syscall.IPPROTO_TCP, syscall.TCP_INFO)
		if err == nil {
			n = int(info.Data[unacked])
		}
	})
	return n
}
