// SPDX-License-Identifier: Apache-2.0

//go:build unix && !(linux && (amd64 || arm64))

package load

import "syscall"

func sockRead(fd int, b []byte) (int, error) { return sockRetry(fd, b, syscall.Read) }

func sockWrite(fd int, b []byte) (int, error) { return sockRetry(fd, b, syscall.Write) }

func sockPeek(fd int) error {
	_, err := sockRetry(fd, make([]byte, 1), func(fd int, b []byte) (int, error) {
		n, _, err := syscall.Recvfrom(fd, b, syscall.MSG_PEEK)
		return n, err
	})
	return err
}

func sockRetry(fd int, b []byte, call func(int, []byte) (int, error)) (n int, err error) {
	for {
		if n, err = call(fd, b); err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}
