// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// ready is what a program prints when its trial may go on.
func ready() { fmt.Println("ready") }

// untilStdinEnds is how a program waits: it ends at the latest with its trial,
// which holds the other end.
func untilStdinEnds() { _, _ = io.Copy(io.Discard, os.Stdin) }

// deaf is a program that listens to no signal.
func deaf() {
	defer fmt.Println("deferred")
	ready()
	untilStdinEnds()
}

// notified registers a buffered channel for sigs.
func notified(size int, sigs ...os.Signal) chan os.Signal {
	c := make(chan os.Signal, size)
	signal.Notify(c, sigs...)
	return c
}

// sendSelf sends a signal to this process. Go's handler has run in some thread
// when the signal is no longer pending; see settled.
func sendSelf(sig syscall.Signal) {
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		panic(err)
	}
}

// fence returns when every signal sent before to this process has been put into
// the channels that are registered for it, or dropped. It proves an absence
// without waiting for some time: first every handler has run, then the queue of
// the runtime is empty.
func fence() {
	handled(os.Getpid())
	served()
}

// received empties a channel without waiting.
func received(c <-chan os.Signal) []os.Signal {
	var out []os.Signal
	for {
		select {
		case sig, open := <-c:
			if !open {
				return out
			}
			out = append(out, sig)
		default:
			return out
		}
	}
}

// count returns how many of sigs are sig.
func count(sigs []os.Signal, sig os.Signal) int {
	n := 0
	for _, s := range sigs {
		if s == sig {
			n++
		}
	}
	return n
}

// contains is slices.Contains for signals.
func contains(sigs []os.Signal, sig os.Signal) bool { return slices.Contains(sigs, sig) }
