// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s10 is about the size of the channel.
func s10() claim.Claim {
	return claim.Claim{
		ID:       "S10",
		Told:     "A channel buffer of one is enough for terminating signals; with an unbuffered channel the sender blocks and the main goroutine hangs.",
		Programs: map[string]func(){"buffered": deliverBuffered, "unbuffered": deliverUnbuffered},
		Trial: func(x *claim.Trial) {
			a := answers(x, x.Run("buffered"))
			x.Told(a["repeat"] == "SIGTERM", "buffer of one, nobody receives yet: a terminating signal is kept")
			x.Told(a["other"] == "SIGTERM SIGINT", "buffer of one, SIGTERM unread: a SIGINT after it is kept")
			x.Told(a["drowned"] == "SIGHUP SIGTERM", "buffer of one, SIGHUP unread: a SIGTERM after it is kept")
			x.Fact(a["repeat"] == "SIGTERM" && a["other"] == "SIGTERM" && a["drowned"] == "SIGHUP",
				"A buffer of one keeps the first signal, of whatever kind, until somebody receives. On a channel that also takes SIGHUP an unread SIGHUP costs you the SIGTERM.")
			x.Fact(a["two"] == "SIGHUP SIGUSR1", "What finds the channel full is dropped, never what is in it: of SIGHUP, SIGUSR1 and SIGTERM a buffer of two keeps the first two.")

			u := answers(x, x.Run("unbuffered"))
			x.Told(u["delivery goes on"] != "true", "unbuffered, nobody receives: whoever delivers signals blocks")
			x.Told(u["later"] == "none", "unbuffered, main is busy when SIGTERM comes: it hangs if it receives later")
			x.Fact(u["delivery goes on"] == "true" && u["later"] == "none",
				"With an unbuffered channel and nobody in a receive the signal is dropped (os/signal, process: a select with a default). Nothing blocks, and other channels get theirs; but a receive that comes later waits for a signal that was lost.")
			x.Fact(u["waiting"] == "SIGTERM", "An unbuffered channel gets the signals that find somebody in a receive, so it seems to work.")
		},
		So:      "Give every channel a buffer, and signals that mean different things a channel each with a buffer of one: then no kind can push out another, and a repeat that is dropped says nothing new.",
		Covered: []string{"sigmux.Mux.Listen", "sigmux.NotifyContext"},
		Vet:     "signal.Notify with an unbuffered channel (go vet's sigchanyzer finds it), or one buffer of one for terminating signals and others together",
	}
}

// deliverBuffered has signals arrive while nobody receives.
func deliverBuffered() {
	for _, try := range []struct {
		name string
		size int
		sigs []syscall.Signal
	}{
		{"repeat", 1, []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}},
		{"other", 1, []syscall.Signal{syscall.SIGTERM, syscall.SIGINT}},
		{"drowned", 1, []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM}},
		{"two", 2, []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGTERM}},
	} {
		c := make(chan os.Signal, try.size)
		for _, sig := range try.sigs {
			signal.Notify(c, sig)
		}
		deliver(try.sigs...)
		signal.Stop(c)
		answer(try.name, names(received(c)))
	}
}

// deliverUnbuffered has a signal arrive while nobody receives, and then some
// until one finds a receiver.
func deliverUnbuffered() {
	u, other := notified(0, syscall.SIGTERM), notified(1, syscall.SIGUSR1)
	deliver(syscall.SIGTERM, syscall.SIGUSR1)
	answer("delivery goes on", contains(received(other), syscall.SIGUSR1))
	answer("later", names(received(u)))

	got := make(chan os.Signal, 1)
	go func() { got <- <-u }()
	for len(got) == 0 { // the first may come before the receive
		deliver(syscall.SIGTERM)
	}
	answer("waiting", names(received(got)))
}
