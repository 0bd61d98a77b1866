// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s13 is about signals on their way when Stop is called.
func s13() claim.Claim {
	return claim.Claim{
		ID:       "S13",
		Told:     "signal.Stop may throw away a signal that was already queued.",
		Programs: map[string]func(){"channel": stopWithBuffered, "runtime": stopWithQueued, "kernel": stopWithPending},
		Trial: func(x *claim.Trial) {
			buffered := answers(x, x.Run("channel"))["kept"] == "SIGTERM"
			kept := answers(x, runAlone(x, "runtime"))
			queued := kept["kept"] == kept["tries"] && kept["tries"] != ""
			term := x.Run("kernel", strconv.Itoa(int(syscall.SIGTERM)))
			usr := answers(x, x.Run("kernel", strconv.Itoa(int(syscall.SIGUSR1))))
			gone := usr["pending"] == "true" && usr["alive"] == "true" && usr["kept"] == "none"
			x.Told(!buffered, "in the buffer of the channel: thrown away")
			x.Told(!queued, "in the runtime, on its way to the channel: thrown away")
			x.Told(term.Signal != syscall.SIGTERM, "pending in the kernel, SIGTERM: thrown away")
			x.Told(gone, "pending in the kernel, SIGUSR1: thrown away")
			x.Fact(buffered, "Stop leaves what is in the channel; it can be received afterwards.")
			x.Fact(queued, "A signal that Go's handler took before is in the channel when Stop returns, if there is room: Stop waits for it (os/signal, Stop and signalWaitUntilIdle). It did in each of 20 tries.")
			x.Fact(answers(x, term)["pending"] == "true" && term.Signal == syscall.SIGTERM,
				"A signal that is still pending in the kernel, because the thread it was sent to blocks it, gets its default action after Stop: a SIGTERM kills.")
			x.Fact(gone, "A pending SIGUSR1 is gone, in the channel as well as in its effect, because a Go program without a listener drops it.")
		},
		So:      "After Stop look into the channel once more, without blocking: a signal that arrived before is there. Nothing is lost between the two, but what comes later finds the default action, so a program that has begun to stop keeps its signals until it exits.",
		Covered: []string{"sigmux.NotifyContext", "sigmux.Mux.Close", "quiesce.App.Main"},
	}
}

// stopWithBuffered calls Stop when the signal is in the channel.
func stopWithBuffered() {
	c := notified(1, syscall.SIGTERM)
	deliver(syscall.SIGTERM)
	if len(c) != 1 {
		panic("the signal has not arrived")
	}
	signal.Stop(c)
	answer("kept", names(received(c)))
}

// stopWithQueued calls Stop when the handler has run and nobody else has.
func stopWithQueued() {
	runtime.LockOSThread()
	const tries = 20
	kept := 0
	for range tries {
		c := notified(1, syscall.SIGTERM)
		served()
		raiseTogether(syscall.SIGTERM)
		signal.Stop(c)
		kept += len(c)
	}
	answer("tries", tries)
	answer("kept", kept)
}

// stopWithPending calls Stop when no handler has run, and lets it run then.
func stopWithPending() {
	runtime.LockOSThread()
	sig := signalArgument(1)
	c := notified(1, sig)
	changeMask(sigBlock, setOf(sig))
	raiseTogether(sig)
	answer("pending", threadPending().has(sig))
	signal.Stop(c)
	changeMask(sigUnblock, setOf(sig))
	served()
	answer("alive", true)
	answer("kept", names(received(c)))
}
