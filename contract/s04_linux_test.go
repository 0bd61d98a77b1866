// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// s04 is about a SIGUSR1 that nobody expects.
func s04() claim.Claim {
	return claim.Claim{
		ID:       "S04",
		Told:     "When nobody listens, SIGUSR1 turns into a panic.",
		Programs: map[string]func(){"guarded": guarded},
		Trial: func(x *claim.Trial) {
			s := newSubject(x, x.Program("guarded"))
			did := s.take(syscall.SIGUSR1)
			printed := s.Stderr()
			x.Told(did.ends() && strings.Contains(printed, "panic"), "the program ends with a panic")
			x.Fact(did == goesOn && printed == "", "Nothing is to be seen of a SIGUSR1: the program goes on and prints nothing.")
			inC := newSubject(x, quiescetest.Command{Args: []string{"cat"}})
			x.Fact(inC.take(syscall.SIGUSR1) == dies, "A program in C (cat) dies of it, as signal(7) says.")
			x.Fact(s.take(syscall.SIGQUIT) == dumps && !strings.Contains(s.Stdout(), "deferred"), "The signal whose end looks like a panic is SIGQUIT, with the stacks of all goroutines and exit code 2; but deferred functions do not run, so that it cannot be recovered.")
		},
		So:      "A SIGUSR1 that reaches the wrong Go program does no harm, and one that a log rotation or an operator sends to a program without a listener is lost without a word.",
		Covered: []string{"quiesce.App.Main"},
	}
}

// guarded is answering as it would be if it expected a panic.
func guarded() {
	defer func() { fmt.Println("deferred", recover()) }()
	answering()
}
