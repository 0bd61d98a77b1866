// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"runtime"
	"sync/atomic"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s34 is about which thread a handler runs on.
func s34() claim.Claim {
	return claim.Claim{
		ID:       "S34",
		Told:     "Signals are handled on the main thread.",
		Programs: map[string]func(){"open": watchThreads, "blocked": watchThreadsMainBlocked},
		Trial: func(x *claim.Trial) {
			r, blocked := x.Run("open"), x.Run("blocked")
			process, thread := figure(x, r, "process, main"), figure(x, r, "thread, main")
			past := figure(x, blocked, "process, main")
			x.Told(process > sentInTurn/2, "sent to the process (kill): the handler runs on the main thread")
			x.Told(thread > 0, "sent to another thread (tgkill): the handler runs on the main thread")
			x.Told(past > 0, "sent to the process, the main thread blocks it: the handler runs on the main thread")
			x.Told(saw(x, r, "received on main"), "the goroutine that receives from the channel runs on the main thread")

			x.Measured(process > sentInTurn/2, "What is sent to a process the kernel as a rule gives to its main thread, if that does not block it (kernel/signal.c, complete_signal). It is seen by the system call that the handler cuts short.", "%d of %d", process, sentInTurn)
			x.Fact(past == 0, "If the main thread has it blocked other threads take it, and Notify delivers it all the same.")
			x.Fact(thread == 0 && figure(x, r, "thread, other") == sentInTurn, "What is sent to a thread has its handler run there and nowhere else. Notify delivers it like any other.")
			x.Fact(!saw(x, r, "received on main"), "The handler only notes the signal. The goroutine that receives it runs wherever the scheduler puts it: here the main thread never was free.")
		},
		So: "Nothing follows from where a handler runs. Do not lock the main thread to take signals, and do not expect that a system call on some other thread is left alone.",
	}
}

// watchThreads has the main thread and another one wait for handlers, and tells
// which of them ran those of signals that are sent in two ways.
func watchThreads() { onMainThread(func() { watchHandlers(0) }) }

// watchThreadsMainBlocked is the same with SIGUSR1 blocked on the main thread.
func watchThreadsMainBlocked() {
	onMainThread(func() { watchHandlers(setOf(syscall.SIGUSR1)) })
}

// A handlerCount counts the handlers that run on one thread.
type handlerCount struct {
	tid int
	n   atomic.Int64
}

// count counts on this thread, until the program ends.
func (h *handlerCount) count() {
	for {
		if errno := pauseHere(); errno != syscall.EINTR {
			panic(errno)
		}
		h.n.Add(1)
	}
}

// settled returns the count when the thread waits again.
func (h *handlerCount) settled() int64 {
	untilIn(os.Getpid(), h.tid, syscall.SYS_PPOLL)
	return h.n.Load()
}

// watchHandlers is for the main thread. It does not return: the program is over
// when all has been told.
func watchHandlers(blocked sigset) {
	usr1 := notified(1, syscall.SIGUSR1)
	first, other := &handlerCount{tid: os.Getpid()}, &handlerCount{}
	locked := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		other.tid = syscall.Gettid()
		close(locked)
		other.count()
	}()
	<-locked
	go func() {
		w := &watched{first: first, other: other, received: usr1}
		w.send("process", func() { sendSelf(syscall.SIGUSR1) })
		w.send("thread", func() { tgkill(other.tid, syscall.SIGUSR1) })
		answer("received on main", w.onMain)
		os.Exit(0)
	}()
	changeMask(sigBlock, blocked)
	first.count()
}

// A watched is a process with two threads that wait for handlers.
type watched struct {
	first, other *handlerCount
	received     <-chan os.Signal
	onMain       bool // something was received there
}

// send sends signals, receives each, and tells how often a handler ran where.
func (w *watched) send(whom string, once func()) {
	first, other := w.first.settled(), w.other.settled()
	for range sentInTurn {
		once()
		<-w.received
		w.onMain = w.onMain || syscall.Gettid() == os.Getpid()
		w.first.settled()
		w.other.settled()
	}
	answer(whom+", main", w.first.settled()-first)
	answer(whom+", other", w.other.settled()-other)
}
