// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"net"
	"syscall"
)

// holdOff makes the kernel ignore new connection attempts on ln, so that its
// queue can be emptied for good: none arrives between the last accept and the
// close. The attempts are repeated by the client's kernel a second later and are
// refused then, or reach a successor on the same port.
//
// It is a filter that drops segments with SYN. The handshakes under way need
// none, so they still reach the queue. Accepted connections inherit the filter,
// which means nothing to them. Must not be used on a socket that is shared.
// Where a filter cannot be attached (MPTCP) the queue is emptied all the same.
func holdOff(ln net.Listener) {
	const flags, syn = 13, 0x02 // of a TCP header
	drop := []syscall.SockFilter{
		{Code: syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, K: flags},
		{Code: syscall.BPF_JMP | syscall.BPF_JSET | syscall.BPF_K, K: syn, Jt: 0, Jf: 1},
		{Code: syscall.BPF_RET | syscall.BPF_K, K: 0},
		{Code: syscall.BPF_RET | syscall.BPF_K, K: 1<<32 - 1},
	}
	onSocket(ln, func(fd int) {
		//lint:ignore SA1019 its replacement is not in the standard library
		_ = syscall.AttachLsf(fd, drop)
	})
}

// queueLen returns how many connections wait to be accepted; negative if the
// kernel does not say. An accept that ran into its deadline does not tell: the
// goroutine may have slept until then.
func queueLen(ln net.Listener) int {
	n := -1
	onSocket(ln, func(fd int) {
		// Of a listening socket tcpi_unacked, the seventh word, is the length of
		// its queue. Package syscall reads TCP_INFO under no name of its own.
		const unacked = 6
		info, err := syscall.GetsockoptICMPv6Filter(fd, syscall.IPPROTO_TCP, syscall.TCP_INFO)
		if err == nil {
			n = int(info.Data[unacked])
		}
	})
	return n
}

func onSocket(ln net.Listener, f func(fd int)) {
	sc, ok := ln.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := sc.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}
