// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os/signal"
	"slices"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s08 is about taking SIGQUIT.
func s08() claim.Claim {
	return claim.Claim{
		ID:   "S08",
		Told: "SIGQUIT cannot be taken with Notify: it always ends the program with a dump.",
		Programs: map[string]func(){
			"answering": answering,
			"takes":     func() { printsUntilTerm(syscall.SIGQUIT) },
			"takesAll":  func() { notified(1); answering() },
			"givesBack": givesBackQuit,
		},
		Trial: func(x *claim.Trial) {
			got := receives(x, x.Program("takes"), syscall.SIGQUIT)
			x.Told(len(got) == 0, "a listener does not receive it")
			all := newSubject(x, x.Program("takesAll"))
			didAll := all.take(syscall.SIGQUIT)
			x.Told(didAll.ends(), "a program that listens to it ends")
			x.Fact(slices.Equal(got, []string{"SIGQUIT"}), "A channel given to Notify receives SIGQUIT, and there is no dump.")
			x.Fact(didAll == goesOn && all.Stderr() == "", "`signal.Notify(c)` without a list takes SIGQUIT like everything else: Ctrl-\\ and `kill -QUIT` no longer show the stacks.")
			x.Fact(newSubject(x, x.Program("answering")).take(syscall.SIGQUIT) == dumps, "With no listener it prints the stacks of all goroutines to standard error and ends the program with exit code 2.")
			x.Fact(newSubject(x, x.Program("givesBack")).take(syscall.SIGQUIT) == dumps, "After Stop it does that again.")
		},
		So:      "Leave SIGQUIT alone: it is the way to see what a hung program does. Name the signals that you want.",
		Covered: []string{"quiesce.App.Main"},
		Vet:     "signal.Notify without a list of signals, or with SIGQUIT in it",
	}
}

// givesBackQuit is answering after it has listened to SIGQUIT for a while.
func givesBackQuit() {
	signal.Stop(notified(1, syscall.SIGQUIT))
	answering()
}
