// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// setOf returns the set of some signals.
func setOf(sigs ...syscall.Signal) sigset {
	var s sigset
	for _, sig := range sigs {
		s |= 1 << (sig - 1)
	}
	return s
}

// How rt_sigprocmask(2) changes the mask of the thread that calls it.
const (
	sigBlock   = 0
	sigUnblock = 1
	sigSetMask = 2
)

// changeMask changes the signal mask of this thread, which must be locked to
// mean anything, and returns the old one. What was pending and is unblocked has
// been handled when it returns.
func changeMask(how int, set sigset) (old sigset) {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, uintptr(how),
		uintptr(unsafe.Pointer(&set)), uintptr(unsafe.Pointer(&old)), unsafe.Sizeof(set), 0, 0)
	if errno != 0 {
		panic(errno)
	}
	return old
}

// threadMask is the signal mask of this thread.
func threadMask() sigset { return changeMask(sigBlock, 0) }

// startBlocked starts a command as a process that has signals blocked from its
// beginning: it inherits the mask of the thread that starts it.
func startBlocked(x *claim.Trial, c quiescetest.Command, sigs ...syscall.Signal) *quiescetest.Process {
	x.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer changeMask(sigSetMask, changeMask(sigBlock, setOf(sigs...)))
	return c.Start(x)
}

// startIgnoring starts a command as a process that has signals ignored from its
// beginning: those that the shell's trap knows by these names.
func startIgnoring(x *claim.Trial, c quiescetest.Command, names string) *quiescetest.Process {
	x.Helper()
	c.Args = append([]string{"sh", "-c", `trap "" ` + names + `; exec "$@"`, "sh"}, c.Args...)
	return c.Start(x)
}

// tgkill sends a signal to one thread of this process.
func tgkill(tid int, sig syscall.Signal) {
	if err := syscall.Tgkill(os.Getpid(), tid, sig); err != nil {
		panic(err)
	}
}

// pauseHere keeps this thread in a system call until a handler has run on
// it, and returns how the call ended.
func pauseHere() syscall.Errno {
	_, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	return errno
}

// untilIn waits until a thread of a process sleeps in a system call.
func untilIn(pid, tid, call int) {
	for currentCall(pid, tid) != call {
		time.Sleep(pollInterval)
	}
}

// currentCall returns the number of the system call that a thread sleeps in, -1
// if it is in none or gone; see proc_pid_syscall(5).
func currentCall(pid, tid int) int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", pid, tid))
	if errors.Is(err, fs.ErrNotExist) {
		return -1
	}
	if err != nil {
		panic(err)
	}
	number, _, _ := strings.Cut(string(data), " ")
	n, err := strconv.Atoi(number)
	if err != nil {
		return -1
	}
	return n
}

// onMainThread runs f on the main thread, whose id is that of the process, and
// waits for it. Goroutines occupy one idle thread after the other until one of
// them has that. Call it first: os/signal locks a thread, a system call keeps one.
func onMainThread(f func()) {
	done := make(chan struct{})
	var try func(left int)
	try = func(left int) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		switch {
		case syscall.Gettid() == os.Getpid():
			f()
			close(done)
		case left == 0:
			panic("the main thread is not free")
		default:
			time.Sleep(time.Millisecond) // it may be on its way to be idle
			go try(left - 1)
			<-done
		}
	}
	go try(100)
	<-done
}

// steadyMasks is threadMasks at a moment when no thread is being made: whoever
// makes one, and the new one, block everything for an instant, also SIGSEGV,
// which the runtime never blocks otherwise.
func steadyMasks(x *claim.Trial, pid int) []masks {
	x.Helper()
	for range 10_000 {
		all := threadMasks(pid)
		if n, _ := blockers(all, syscall.SIGSEGV); n == 0 {
			return all
		}
		time.Sleep(pollInterval)
	}
	x.Fatal("some thread blocks SIGSEGV all the time")
	return nil
}

// blockers returns how many threads block a signal, and how many there are.
func blockers(threads []masks, sig syscall.Signal) (blocking, all int) {
	for _, m := range threads {
		if m.blocked.has(sig) {
			blocking++
		}
	}
	return blocking, len(threads)
}
