// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s05 is about who drops a SIGUSR1 that nobody listens to.
func s05() claim.Claim {
	return claim.Claim{
		ID:   "S05",
		Told: "When nobody listens, the kernel drops SIGUSR1 silently.",
		Programs: map[string]func(){
			"answering": answering,
			"waits":     waitForHandler,
			"ignores":   func() { signal.Ignore(syscall.SIGUSR1); waitForHandler() },
		},
		Trial: func(x *claim.Trial) {
			s := newSubject(x, x.Program("answering"))
			did := s.take(syscall.SIGUSR1)
			set := processMasks(s.pid)
			interrupted := handlerRan(x, "waits")
			x.Told(did == goesOn && s.Stderr() == "", "silently: the program goes on and prints nothing")
			x.Told(!interrupted, "by the kernel: no code of the program runs")
			x.Fact(set.caught.has(syscall.SIGUSR1) && !set.ignored.has(syscall.SIGUSR1), "SIGUSR1 is among the signals that the process catches, not among those it ignores (SigCgt and SigIgn in /proc/PID/status): the runtime installs its handler for it at start.")
			x.Fact(interrupted, "The handler runs, and finds that nobody listens (runtime/signal_unix.go, sighandler): a system call that is never restarted after a handler, ppoll(2), returns EINTR (signal(7)).")
			x.Fact(!handlerRan(x, "ignores"), "The kernel drops it silently after `signal.Ignore(syscall.SIGUSR1)`: the same system call goes on waiting.")
		},
		So: "A signal that nobody listens to is not free: it may interrupt a system call made without os and net, which retry. Whoever makes such calls must expect EINTR even in a program without listeners.",
	}
}

// handlerRan runs one of the programs below and reports what it found.
func handlerRan(x *claim.Trial, program string) bool {
	x.Helper()
	c := x.Program(program)
	c.Env = append(c.Env, "GODEBUG=asyncpreemptoff=1") // whose SIGURG interrupts too
	r := c.Start(x).Wait()
	if r.Code != 0 {
		x.Fatalf("%s: %s\n%s", program, r.Status(), r.Stderr)
	}
	return r.Stdout == "interrupted: 1\n"
}

// waitForHandler sends SIGUSR1 to a thread that waits in ppoll(2), and prints
// how often that was interrupted.
func waitForHandler() {
	var interrupted atomic.Int32
	thread := make(chan int)
	go func() {
		runtime.LockOSThread()
		thread <- syscall.Gettid()
		for {
			_, _, err := syscall.Syscall6(syscall.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
			if err != syscall.EINTR {
				panic(err)
			}
			interrupted.Add(1)
		}
	}()
	tid := <-thread
	awaitAsleepIn(tid, syscall.SYS_PPOLL)
	if err := syscall.Tgkill(os.Getpid(), tid, syscall.SIGUSR1); err != nil {
		panic(err)
	}
	// A signal that is not thrown away is pending until the thread has woken. If
	// it sleeps in ppoll after that, it has been through the handler.
	settled(os.Getpid())
	awaitAsleepIn(tid, syscall.SYS_PPOLL)
	fmt.Println("interrupted:", interrupted.Load())
}

// awaitAsleepIn waits until a thread of this process sleeps in a system call;
// see proc_pid_syscall(5).
func awaitAsleepIn(tid, number int) {
	prefix := strconv.Itoa(number) + " "
	for {
		call, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/syscall", tid))
		if err != nil {
			panic(err)
		}
		if strings.HasPrefix(string(call), prefix) {
			return
		}
		time.Sleep(pollInterval)
	}
}
