// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s28 is about which of several signals comes first.
func s28() claim.Claim {
	return claim.Claim{
		ID:       "S28",
		Told:     "Several signals registered on one channel are served by priority.",
		Programs: map[string]func(){"kernel": waitInKernel, "runtime": waitInRuntime, "channel": waitInChannel},
		Trial: func(x *claim.Trial) {
			const byNumber, asSent = "SIGHUP SIGUSR1 SIGUSR2 SIGTERM", "SIGTERM SIGUSR2 SIGUSR1 SIGHUP"
			kernel := answers(x, x.Run("kernel"))["arrived"]
			queue := answers(x, runAlone(x, "runtime"))["arrived"]
			channel := answers(x, x.Run("channel"))["arrived"]
			x.Told(kernel == byNumber, "waiting in the kernel: the lowest number comes first")
			x.Told(queue == byNumber, "waiting in the runtime: the lowest number comes first")
			x.Told(channel == byNumber, "in the channel: a lower number overtakes")
			x.Told(kernel != byNumber || queue != byNumber, "SIGTERM comes before the signals that do not end a program")
			x.Told(kernel == registered || queue == registered, "they come in the order of registration")
			x.Fact(kernel == byNumber, "Of the signals that wait in the kernel the lowest number is delivered first, in whatever order they were sent and registered (kernel/signal.c, next_signal; signal(7) promises no order).")
			x.Fact(queue == byNumber, "It is the same with those that wait in the runtime (runtime/sigqueue.go, signal_recv). SIGHUP (1), SIGUSR1 (10) and SIGUSR2 (12) come before SIGTERM (15): the numbers are no order of importance.")
			x.Fact(channel == asSent, "A channel is a queue: what is in it is received in the order of arrival.")
		},
		So:      "Do not rely on any order between kinds. What is urgent gets a channel of its own, and where two cases of a select are ready ask for the urgent one first, because select takes any.",
		Covered: []string{"sigmux.Mux.Escalate", "sigmux.Priority"},
	}
}

// descending is how the programs of s28 send; registered how they register.
var descending = []syscall.Signal{syscall.SIGTERM, syscall.SIGUSR2, syscall.SIGUSR1, syscall.SIGHUP}

const registered = "SIGUSR2 SIGTERM SIGHUP SIGUSR1"

// register takes them, and returns what says in which order they arrived.
func register() (arrived func() string) {
	c := make(chan os.Signal, 9)
	for _, sig := range []syscall.Signal{syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1} {
		signal.Notify(c, sig)
	}
	return func() string {
		served()
		return names(received(c))
	}
}

// waitInKernel sends while this thread blocks the signals.
func waitInKernel() {
	runtime.LockOSThread()
	arrived := register()
	changeMask(sigBlock, setOf(descending...))
	raiseTogether(descending...)
	changeMask(sigUnblock, setOf(descending...))
	answer("arrived", arrived())
}

// waitInRuntime sends while no other goroutine can run.
func waitInRuntime() {
	runtime.LockOSThread()
	arrived := register()
	served()
	raiseTogether(descending...)
	answer("arrived", arrived())
}

// waitInChannel sends each when the one before is in the channel.
func waitInChannel() {
	arrived := register()
	deliver(descending...)
	answer("arrived", arrived())
}
