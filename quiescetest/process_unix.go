// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiescetest

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

const quit = syscall.SIGQUIT

// ownGroup puts the child at the head of a process group of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func signalGroup(cmd *exec.Cmd, sig os.Signal) error {
	s, ok := sig.(syscall.Signal)
	if !ok {
		return errors.New("not a signal of this system")
	}
	return syscall.Kill(-cmd.Process.Pid, s)
}

func killGroup(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // there may be nobody left
}

// isGone reports whether a signal found no process.
func isGone(err error) bool {
	return errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH)
}

// fill fills a pipe to the last byte, and returns how many there are. Pipes of
// os.Pipe do not block before they are handed to a child.
func fill(w *os.File) (n int64, err error) {
	conn, err := w.SyscallConn()
	if err != nil {
		return 0, err
	}
	var errno error
	err = conn.Write(func(fd uintptr) bool {
		for size := 4096; size > 0 && errno == nil; {
			var k int
			k, errno = syscall.Write(int(fd), make([]byte, size))
			n += int64(max(k, 0))
			if errno == syscall.EAGAIN {
				size, errno = size/2, nil
			}
		}
		return true
	})
	return n, errors.Join(err, errno)
}
