// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"runtime"
	"runtime/pprof"
	"strings"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g12 is about goroutines that are blocked for ever.
func g12() claim.Claim {
	return claim.Claim{
		ID:   "G12",
		Told: "A goroutine that is blocked for ever is never collected; the leak profile finds it.",
		Trial: func(x *claim.Trial) {
			var env []string
			builtIn := pprof.Lookup("goroutineleak") != nil
			if !builtIn {
				env = []string{"GOEXPERIMENT=goroutineleakprofile"} // Go 1.26
			}
			r := runBuilt(x, x.Build("leak", env))
			found := func(name string) bool { return strings.Contains(r.Stdout, "main."+name+"+") }
			kept := figure(x, r, "goroutines gone") == 0 && strings.Contains(r.Stdout, "memory kept: true\n")
			x.Told(kept, "it is never collected")
			x.Told(found("onlyMine"), "found: it waits on a channel that nobody else has")
			x.Told(found("onNil"), "found: it waits on a nil channel")
			x.Told(found("onContext"), "found: it waits for a context whose cancel function nobody has")
			x.Told(found("onGlobal"), "found: it waits on a channel in a package variable, which nobody uses")
			x.Told(found("onRegistered"), "found: it waits on a channel that is also in a table of tasks")

			x.Fact(kept, "Neither the goroutine nor what its stack refers to is freed, also not after the profile has reported it.")
			x.Fact(found("onlyMine") && found("onNil") && found("onContext"), "The profile (`pprof.Lookup(\"goroutineleak\")`) proves a leak with the garbage collector: nothing that can still run refers to what the goroutine waits for.")
			x.Fact(!found("onGlobal") && !found("onRegistered"), "What a package variable can reach is no leak to it, even if nobody will ever send: a registry of tasks that keeps their channels, closures or contexts hides the leaks that it is there to show.")
			x.Fact(builtIn != strings.HasPrefix(runtime.Version(), "go1.26"), "Go 1.26 has the profile only in programs built with `GOEXPERIMENT=goroutineleakprofile`; from Go 1.27 on every program has it.")
		},
		So:  "Take the profile in tests and on demand in production: what it reports is certain, what it does not report may leak all the same: an old stack slot that still holds the mutex or channel is enough to hide it. It costs a garbage collection or more, so not on a short timer.",
		Vet: "a send to or a receive from an unbuffered channel in a goroutine whose other end has a path that returns first",
	}
}
