// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64) && !quiesce_nosender

package sender

import (
	"bytes"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"github.com/go-quiesce/quiesce/sigmux"
)

// Values of si_code, from asm-generic/siginfo.h. Positive ones are the kernel's
// alone: it lets no process send them to another.
const (
	siKernel = 0x80
	siTimer  = -2 // a timer has expired; in the place of the pid is its number
	siSigIO  = -5 // I/O is possible; in the place of the pid is which
)

// identify says who the sender in a record is.
func (b *ledger) identify(sig int, r record) sigmux.Sender {
	by := sigmux.Sender{Known: true, Kernel: r.code > 0 || r.code == siTimer || r.code == siSigIO}
	switch {
	case !by.Kernel, syscall.Signal(sig) == syscall.SIGCHLD && r.code != siKernel:
		by.PID, by.UID = int(r.pid), int(r.uid)
		by.Name = b.name(by.PID)
	case r.code == siKernel && ofTerminal(syscall.Signal(sig)):
		by.Name = "terminal"
	}
	return by
}

// ofTerminal reports whether the kernel sends sig of its own accord for the sake
// of a terminal: keys, hang-up, job control, size. SIGINT also goes to the init
// process of the machine at Ctrl-Alt-Del, and SIGHUP to stopped jobs when their
// shell has gone.
func ofTerminal(sig syscall.Signal) bool {
	switch sig {
	case syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGWINCH:
		return true
	}
	return false
}

// nameAge is for how long a process that sends again is not looked up again.
// The lookup is nine tenths of what a sender costs; this keeps it off the way
// of a burst. A process id is not used again, nor is a program as a rule
// replaced in its process, in so short a time.
const nameAge = 10 * time.Millisecond

// A lookup is the answer of the last one.
type lookup struct {
	pid  int
	name string
	at   time.Time
}

// name returns the short name of a process, "" for one that has gone or that we
// may not see.
func (b *ledger) name(pid int) string {
	if pid <= 0 {
		return ""
	}
	now := time.Now()
	if b.named.pid != pid || now.Sub(b.named.at) >= nameAge {
		b.named = lookup{pid, readName(pid), now}
	}
	return b.named.name
}

// maxName is room for a thread's name: 15 bytes and the end of the line, for
// kernel threads up to 63.
const maxName = 64

// readName reads /proc/PID/comm, without what os.ReadFile does for files that
// may be large or slow.
func readName(pid int) string {
	var buf [maxName]byte
	path := append(buf[:0], "/proc/"...)
	path = strconv.AppendInt(path, int64(pid), 10)
	path = append(path, "/comm\x00"...)
	fd, _, errno := syscall.Syscall6(syscall.SYS_OPENAT, 0, // of no account: the path is absolute
		uintptr(unsafe.Pointer(&path[0])), syscall.O_RDONLY|syscall.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return ""
	}
	// Neither of these can wait for anything.
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&buf[0])), maxName)
	_, _, _ = syscall.RawSyscall(syscall.SYS_CLOSE, fd, 0, 0)
	if errno != 0 {
		return ""
	}
	return string(bytes.TrimRight(buf[:n], "\n"))
}
