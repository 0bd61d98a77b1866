// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s30 is about the other name of SIGINT.
func s30() claim.Claim {
	return claim.Claim{
		ID:       "S30",
		Told:     "os.Interrupt is a virtual signal, different from SIGINT.",
		Programs: map[string]func(){"take": takeInterrupt, "deaf": deaf},
		Trial: func(x *claim.Trial) {
			a := answers(x, x.Run("take"))
			p := x.Start("deaf")
			p.Signal(os.Interrupt)
			r := p.Wait()
			x.Told(os.Interrupt != os.Signal(syscall.SIGINT), "os.Interrupt and syscall.SIGINT are different values")
			x.Told(a["is SIGINT"] != "true", "Notify for os.Interrupt does not get a SIGINT")
			x.Told(r.Signal != syscall.SIGINT, "a process that is sent os.Interrupt gets something else than SIGINT")
			x.Fact(os.Interrupt == os.Signal(syscall.SIGINT) && os.Kill == os.Signal(syscall.SIGKILL),
				"os.Interrupt == syscall.SIGINT, and os.Kill == syscall.SIGKILL: two names for each value (os/exec_posix.go).")
			x.Fact(a["arrived"] == "1" && a["is os.Interrupt"] == "true" && a["is SIGINT"] == "true" && r.Signal == syscall.SIGINT,
				"A channel that is given to Notify for either gets the SIGINT; for both, once. And a process that is sent os.Interrupt dies of SIGINT.")
		},
		So: "Either name will do; naming both is no mistake and changes nothing. os.Interrupt is the one that portable code uses: on Windows it stands for Ctrl-C and Ctrl-Break.",
	}
}

// takeInterrupt takes the signal by one name, and then by both.
func takeInterrupt() {
	c := notified(9, os.Interrupt)
	deliver(syscall.SIGINT)
	got := received(c)
	answer("is os.Interrupt", contains(got, os.Interrupt))
	answer("is SIGINT", contains(got, syscall.SIGINT))
	signal.Notify(c, syscall.SIGINT)
	deliver(syscall.SIGINT)
	answer("arrived", len(received(c)))
}
