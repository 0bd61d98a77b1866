// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/sigmux"
)

// s17 is about the signal masks of the runtime's threads.
func s17() claim.Claim {
	return claim.Claim{
		ID:       "S17",
		Told:     "The runtime blocks every signal on all threads but one, which it keeps for signals.",
		Programs: map[string]func(){"threads": threads, "notified": threadsNotified},
		Trial: func(x *claim.Trial) {
			withoutNotify(x)
			withNotify(x)
			inheritedThenNotify(x)
		},
		So: "Expect a handler on any thread, also one that is in C code. A thread that must not be interrupted has to block the signals itself; nobody else does it.",
	}
}

// threads is a program with a few threads that listens to no signal.
func threads() {
	occupyThreads()
	ready()
	untilStdinEnds()
}

// threadsNotified is the same, but takes SIGUSR1.
func threadsNotified() {
	notified(1, syscall.SIGUSR1)
	threads()
}

// occupyThreads keeps three threads in a system call.
func occupyThreads() {
	for range 3 {
		var p [2]int
		if err := syscall.Pipe(p[:]); err != nil {
			panic(err)
		}
		inside := make(chan struct{})
		go func() {
			close(inside)
			_, _ = syscall.Read(p[0], make([]byte, 1)) // nobody writes
		}()
		<-inside
	}
}

func withoutNotify(x *claim.Trial) {
	all := steadyMasks(x, x.Start("threads").PID())
	none := true
	for _, m := range all {
		none = none && m.blocked == 0
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGUSR1} {
		x.Told(allButOne(all, sig), "nothing registered: all threads but one block %s", sigmux.Name(sig))
	}
	x.Measured(none && len(all) > 1, "A program that registered nothing blocks no signal on any of its threads.", "%d threads", len(all))
}

func withNotify(x *claim.Trial) {
	all := steadyMasks(x, x.Start("notified").PID())
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2} {
		x.Told(allButOne(all, sig), "SIGUSR1 registered: all threads but one block %s", sigmux.Name(sig))
	}
	var blocking []masks
	for _, m := range all {
		if m.blocked != 0 {
			blocking = append(blocking, m)
		}
	}
	x.Fact(len(blocking) == 1, "It is the other way round: after the first Notify one thread blocks signals, and all others block none.")
	if len(blocking) != 1 {
		return
	}
	special := blocking[0].blocked
	x.Fact(special.has(syscall.SIGUSR2) && special.has(syscall.SIGPIPE) && !special.has(syscall.SIGUSR1),
		"That thread, of a goroutine of the runtime (runtime/signal_unix.go, ensureSigM), leaves open what is registered and blocks the rest.")
	x.Measured(special&setOf(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGCHLD) == 0,
		"Not even it blocks SIGTERM, SIGINT, SIGHUP, SIGQUIT or SIGCHLD: the runtime keeps those open on every thread (runtime/signal_unix.go, blockableSig).",
		"its mask: %#x", uint64(special))
}

// inheritedThenNotify is the case that the thread is there for.
func inheritedThenNotify(x *claim.Trial) {
	c := x.Program("notified")
	c.Ready = "ready"
	all := steadyMasks(x, startBlocked(x, c, syscall.SIGUSR1, syscall.SIGUSR2).PID())
	x.Told(allButOne(all, syscall.SIGUSR1), "SIGUSR1 registered by a program that was started with it blocked: all threads but one block it")
	blocking, n := blockers(all, syscall.SIGUSR2)
	x.Fact(allButOne(all, syscall.SIGUSR1) && blocking == n,
		"The thread is there for programs that are started with signals blocked: all threads inherit that, and this one alone takes what is registered. What is not registered stays blocked on all.")
}

// allButOne reports whether exactly one thread does not block a signal.
func allButOne(all []masks, sig syscall.Signal) bool {
	blocking, n := blockers(all, sig)
	return n > 1 && blocking == n-1
}
