// SPDX-License-Identifier: Apache-2.0

package door

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
// Where a filter cannot be attached (MPTCP) the queue is emptied all the same, but
// it may grow: held is false.
func holdOff(ln net.Listener) (held bool) {
	const flags, syn = 13, 0x02 // of a TCP header
	drop := []syscall.SockFilter{
		{Code: syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, K: flags},
		{Code: syscall.BPF_JMP | syscall.BPF_JSET | syscall.BPF_K, K: syn, Jt: 0, Jf: 1},
		{Code: syscall.BPF_RET | syscall.BPF_K, K: 0},
		{Code: syscall.BPF_RET | syscall.BPF_K, K: 1<<32 - 1},
	}
	onSocket(ln, func(fd int) {
		//lint:ignore SA1019 its replacement is not in the standard library
		held = syscall.AttachLsf(fd, drop) == nil
	})
	return held
}

// hasQueue reports whether connections wait to be accepted, if that can be known.
// An accept that ran into its deadline does not tell: the goroutine may have slept
// until then.
func hasQueue(ln net.Listener) (waiting, known bool) {
	onSocket(ln, func(fd int) {
		// A listening socket can be read from when its queue is not empty. Package
		// syscall has no poll; a select takes only small descriptors.
		ep, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
		if err != nil {
			return
		}
		defer syscall.Close(ep)
		ready := [1]syscall.EpollEvent{{Events: syscall.EPOLLIN}}
		if syscall.EpollCtl(ep, syscall.EPOLL_CTL_ADD, fd, &ready[0]) != nil {
			return
		}
		n, err := syscall.EpollWait(ep, ready[:], 0)
		waiting = n > 0 || err == syscall.EINTR // interrupted: accept again
		known = true
	})
	return waiting, known
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
