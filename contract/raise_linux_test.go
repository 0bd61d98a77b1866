// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
)

// raise sends a signal to the thread it is called on. When it returns Go's
// handler has run: a thread gets what the kernel has for it on its way back.
func raise(sig syscall.Signal) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	raiseTogether(sig)
}

// raiseTogether is raise for several signals. The thread must be locked. In a
// program of runAlone no other goroutine runs before the last was handled: this
// one has the only P, and calls nothing at which it could lose it.
func raiseTogether(sigs ...syscall.Signal) {
	pid, tid := uintptr(os.Getpid()), uintptr(syscall.Gettid())
	for _, sig := range sigs {
		if _, _, errno := syscall.RawSyscall(syscall.SYS_TGKILL, pid, tid, uintptr(sig)); errno != 0 {
			panic(errno)
		}
	}
}

// runAlone runs a program of which one goroutine runs at a time, and hands over
// only where it calls something that does.
func runAlone(x *claim.Trial, name string, args ...string) *quiescetest.Result {
	x.Helper()
	c := x.Program(name, args...)
	c.Env = append(c.Env, "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
	return c.Start(x).Wait()
}

// served returns when every signal that Go's handler has taken is in the
// channels registered for it: Stop waits for that (os/signal.Stop and
// runtime.signalWaitUntilIdle).
func served() { signal.Stop(notified(1, syscall.SIGWINCH)) }

// deliver raises signals one by one: each has been put into the channels
// registered for it, if there was room, before the next is raised.
func deliver(sigs ...syscall.Signal) {
	for _, sig := range sigs {
		raise(sig)
		served()
	}
}

// halt stops a process and returns when none of its threads runs any more.
func halt(p *quiescetest.Process) {
	p.Signal(syscall.SIGSTOP)
	for !halted(p.PID()) {
		time.Sleep(pollInterval)
	}
}

func halted(pid int) bool {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		panic(err)
	}
	for _, f := range files {
		if data, err := os.ReadFile(f); err == nil && !strings.Contains(string(data), ") T ") {
			return false
		}
	}
	return true
}

// names are the names of signals, in their order, or "none".
func names[S os.Signal](sigs []S) string {
	if len(sigs) == 0 {
		return "none"
	}
	var out []string
	for _, sig := range sigs {
		out = append(out, sigmux.Name(sig))
	}
	return strings.Join(out, " ")
}

// signalArgument returns the signal that a program was given as its n-th
// argument.
func signalArgument(n int) syscall.Signal {
	number, err := strconv.Atoi(os.Args[n])
	if err != nil {
		panic(err)
	}
	return syscall.Signal(number)
}

// threadPending returns what is pending for this thread, which must be locked.
func threadPending() sigset {
	for _, m := range threadMasks(os.Getpid()) {
		if m.tid == syscall.Gettid() {
			return m.pending
		}
	}
	panic("no such thread")
}
