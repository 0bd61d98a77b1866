// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// p02 is about SIGTERM to a program without a listener that is PID 1.
func p02() claim.Claim {
	return claim.Claim{
		ID:       "P02",
		Told:     "As PID 1 an unhandled SIGTERM does nothing; in a Go program it does something else.",
		Programs: map[string]func(){"answering": answering, "catches": catchesTerm, "killsItself": killsItself},
		Trial: func(x *claim.Trial) {
			needNamespaces(x)
			inC := newFirstSubject(x, quiescetest.Command{Args: []string{"cat"}})
			didC := inC.take(syscall.SIGTERM)
			inGo := newFirstSubject(x, x.Program("answering"))
			set := processMasks(inGo.pid)
			did := inGo.take(syscall.SIGTERM)
			x.Told(didC == goesOn, "a program in C (cat) goes on")
			x.Told(did != didC, "a Go program does not")
			x.Fact(didC == goesOn && inC.take(syscall.SIGINT) == goesOn && inC.take(syscall.SIGHUP) == goesOn, "A PID 1 that has no handler for SIGTERM, SIGINT or SIGHUP goes on: the kernel throws the signal away when it is sent (pid_namespaces(7)).")
			x.Fact(did == exits && set.caught.has(syscall.SIGTERM), "A Go program is never without a handler, as the runtime installs one at start (SigCgt in /proc/PID/status); it ends, with exit code 2 up to Go 1.26 and 143 from Go 1.27 on, and nothing is printed.")
			catches := startAsPID1(x, "catches")
			catches.Signal(syscall.SIGTERM)
			r := catches.Wait()
			x.Fact(r.Code == 0 && r.Stdout == "ready\nterminated\n", "With a listener PID 1 receives SIGTERM like every other process.")
			killed := asPID1(x.Program("killsItself")).Start(x).Wait()
			x.Fact(killed.Code == 0 && killed.Stdout == "goes on\n" && inC.take(syscall.SIGKILL).ends(), "SIGKILL sent from inside the PID namespace does nothing to its PID 1; sent from outside it kills.")
		},
		So:      "A shell or a C program that is PID 1 in a container makes every stop take the whole grace period; a Go program without a listener ends at once, and before Go 1.27 with an exit code 2 that looks like a crash. Listen to SIGTERM, and start the program with exec or with an init that passes signals on.",
		Covered: []string{"quiesce.App.Main", "sigmux.NotifyContext", "sigmux.Inherited"},
	}
}

// killsItself sends SIGKILL to itself; the kernel acts on that before the call
// returns, or not at all.
func killsItself() {
	sendSelf(syscall.SIGKILL)
	fmt.Println("goes on")
}
