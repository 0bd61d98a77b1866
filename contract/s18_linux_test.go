// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s18 is about a goroutine that does not come back from handling a signal.
func s18() claim.Claim {
	return claim.Claim{
		ID:       "S18",
		Told:     "A blocking call in the goroutine that handles SIGCHLD stops other signals from being delivered.",
		Programs: map[string]func(){"separate": separateHandlers, "shared": sharedHandler, "unregistered": blockedHandler},
		Trial: func(x *claim.Trial) {
			separate := x.Run("separate")
			x.Told(!saw(x, separate, "delivered"), "SIGUSR1 has a channel and goroutine of its own: it is not received")
			x.Fact(saw(x, separate, "delivered"), "A goroutine stuck in a system call stops nobody else: other channels are served, because they are filled by a goroutine of os/signal and not by ours.")

			shared := x.Run("shared")
			x.Told(!saw(x, shared, "delivered"), "SIGUSR1 goes to the channel of SIGCHLD: it does not reach the channel")
			x.Told(!saw(x, shared, "handled meanwhile"), "SIGUSR1 goes to the channel of SIGCHLD: it is not handled before the call returns")
			x.Fact(saw(x, shared, "handled afterwards"), "One that shares the channel waits in its buffer until the goroutine comes back.")
			x.Fact(saw(x, shared, "lost when full"), "When the buffer is full it is dropped (os/signal, Notify: sending does not block).")

			p := x.Start("unregistered")
			p.Signal(syscall.SIGTERM)
			r := p.Wait()
			x.Told(r.Signal == nil, "SIGTERM that nobody takes: it does not end the program")
			x.Fact(r.Signal == syscall.SIGTERM, "The default action of a signal that nobody takes is not held up either: SIGTERM kills.")
		},
		So:      "Give each kind of signal a channel of its own, and let the goroutine that receives hand over work that may take long.",
		Covered: []string{"sigmux.Mux"},
	}
}

// A stuck is a goroutine that receives signals, and that a SIGCHLD sends into a
// system call until it is released.
type stuck struct {
	signals chan os.Signal
	inside  chan struct{}  // closed when it is about to be in the call
	handled chan os.Signal // what it is through with
	pipe    [2]int
}

func newStuck(size int, sigs ...os.Signal) *stuck {
	s := &stuck{signals: notified(size, sigs...), inside: make(chan struct{}), handled: make(chan os.Signal, size+1)}
	if err := syscall.Pipe(s.pipe[:]); err != nil {
		panic(err)
	}
	go s.run()
	sendSelf(syscall.SIGCHLD)
	<-s.inside
	return s
}

func (s *stuck) run() {
	for sig := range s.signals {
		if sig == syscall.SIGCHLD {
			close(s.inside)
			if _, err := syscall.Read(s.pipe[0], make([]byte, 1)); err != nil {
				panic(err)
			}
		}
		s.handled <- sig
	}
}

func (s *stuck) release() {
	if _, err := syscall.Write(s.pipe[1], []byte{0}); err != nil {
		panic(err)
	}
}

func separateHandlers() {
	newStuck(1, syscall.SIGCHLD)
	other := notified(1, syscall.SIGUSR1)
	sendSelf(syscall.SIGUSR1)
	fence()
	answer("delivered", count(received(other), syscall.SIGUSR1) == 1)
}

func sharedHandler() {
	s := newStuck(1, syscall.SIGCHLD, syscall.SIGUSR1, syscall.SIGUSR2)
	sendSelf(syscall.SIGUSR1)
	fence()
	answer("delivered", len(s.signals) == 1)
	sendSelf(syscall.SIGUSR2) // the buffer is full
	fence()
	answer("handled meanwhile", len(s.handled) > 0)
	s.release()
	<-s.handled // the SIGCHLD
	answer("handled afterwards", <-s.handled == syscall.SIGUSR1)
	fence()
	answer("lost when full", len(received(s.signals))+len(s.handled) == 0)
}

func blockedHandler() {
	newStuck(1, syscall.SIGCHLD)
	ready()
	untilStdinEnds()
}
