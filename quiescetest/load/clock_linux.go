// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package load

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// A clock wakes a caller of an open load when its next request is due, to some
// microseconds: the poller sees a timerfd as it sees a socket. Go's own timers wake an
// idle process at whole milliseconds only, and then all callers of that millisecond
// at once, who are in each other's way.
type clock struct {
	file *os.File
	raw  syscall.RawConn
	step func(fd uintptr) bool // a method value is made once
	spec struct{ interval, value syscall.Timespec }
	set  bool
}

// monotonic is CLOCK_MONOTONIC, as in Go's time.
const monotonic = 1

// newClock returns nil if there is none to be had: this machine is out of files.
func newClock() *clock {
	fd, _, errno := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, monotonic, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return nil
	}
	c := &clock{file: os.NewFile(fd, "timerfd")}
	raw, err := c.file.SyscallConn()
	if err != nil {
		c.close()
		return nil
	}
	c.raw, c.step = raw, c.wait
	return c
}

// sleep returns after d, or when it is woken, for ever after.
func (c *clock) sleep(d time.Duration) {
	c.spec.value = syscall.NsecToTimespec(int64(d))
	c.set = false
	_ = c.raw.Read(c.step) // the caller looks at the time
}

// wait sets the timer, at first, and reports whether it has gone off. As it is called
// after the poller was told to forget what it knew, that cannot be missed.
func (c *clock) wait(fd uintptr) bool {
	if !c.set {
		c.set = true
		_, _, errno := syscall.Syscall6(syscall.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&c.spec)), 0, 0, 0)
		return errno != 0
	}
	var times [8]byte
	_, err := syscall.Read(int(fd), times[:])
	return err != syscall.EAGAIN
}

func (c *clock) wake() { _ = c.file.SetReadDeadline(time.Unix(1, 0)) }

func (c *clock) close() { _ = c.file.Close() }
