// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/sigmux"
)

// s01 is about who ends a program that does not listen.
func s01() claim.Claim {
	return claim.Claim{
		ID:       "S01",
		Told:     "When nobody listens, the runtime answers SIGTERM and SIGINT with os.Exit(2).",
		Programs: map[string]func(){"deaf": deaf},
		Trial: func(x *claim.Trial) {
			for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
				p := x.Start("deaf")
				p.Signal(sig)
				r := p.Wait()
				x.Told(r.Code == 2, "%s: exit code 2", sigmux.Name(sig))
				x.Fact(r.Signal == sig && r.Stderr == "", sigmux.Name(sig)+" kills: the parent sees a death by that signal and no exit code (shells show 128+n), and nothing is printed.")
			}
			first := startAsPID1(x, "deaf")
			first.Signal(syscall.SIGTERM)
			r := first.Wait()
			x.Told(r.Code == 2, "SIGTERM as PID 1: exit code 2")
			x.Fact(r.Signal == nil && r.Code == codeAsPID1(syscall.SIGTERM), "As PID 1 it is exit code 2 up to Go 1.26, and 128+n from Go 1.27 on: the runtime restores the default action and sends the signal again, but the kernel does not let a PID 1 die of that, and the exit is the last resort (runtime/signal_unix.go, dieFromSignal).")

			p := x.Start("deaf")
			p.Signal(syscall.SIGQUIT)
			r = p.Wait()
			x.Fact(r.Signal == nil && r.Code == 2, "The signal that is answered with exit code 2 everywhere is SIGQUIT.")
		},
		So:      "The exit code of a program that was simply told to end is not 2, except in a container without an init and with Go before 1.27. A listener that wants the same effect dies of the signal, and exits with 128+n as PID 1.",
		Covered: []string{"sigmux.Die", "sigmux.ExitCode"},
	}
}
