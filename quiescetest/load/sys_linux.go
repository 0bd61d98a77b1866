// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package load

import (
	"syscall"
	"unsafe"
)

// Go's sockets do not block, so the scheduler need not be told of these calls: that
// would be a good part of what the shorter ones cost.

func sockRead(fd int, b []byte) (int, error) {
	return sockCall(syscall.SYS_RECVFROM, fd, b, 0)
}

func sockWrite(fd int, b []byte) (int, error) {
	return sockCall(syscall.SYS_SENDTO, fd, b, syscall.MSG_NOSIGNAL)
}

func sockPeek(fd int) error {
	var b [1]byte
	_, err := sockCall(syscall.SYS_RECVFROM, fd, b[:], syscall.MSG_PEEK)
	return err
}

func sockCall(call uintptr, fd int, b []byte, flags uintptr) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
			flags|syscall.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
