// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"runtime"
	"strings"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g07 is about a counter without a lock.
func g07() claim.Claim {
	return claim.Claim{
		ID:   "G07",
		Told: "counter++ from several goroutines loses updates, and the race detector always reports it.",
		Trial: func(x *claim.Trial) {
			r := runBuilt(x, x.Build("memory", nil), "lost")
			if strings.Contains(r.Stdout, "one processor") {
				x.CannotRun("two goroutines have to run at the same time, and there is one processor")
			}
			two, one, float := figure(x, r, "int on two"), figure(x, r, "int on one"), figure(x, r, "float64 on one")
			race := buildWithRace(x, "memory")
			apart, ordered := reportsRace(x, race, "count"), reportsRace(x, race, "count-locked")
			x.Told(two > 0, "an int, two processors: updates are lost")
			x.Told(one > 0, "an int, one processor: updates are lost")
			x.Told(apart, "the race detector reports increments that nothing puts in order")
			x.Told(ordered, "the race detector reports increments that an unrelated lock happened to put in order")

			x.Measured(two > 0, "Two goroutines on two processors lose increments.", "%d of 10,000,000", two)
			if runtime.GOARCH == "amd64" {
				x.Measured(one == 0 && float > 0, "On a single processor `counter++` of an int loses nothing on amd64, where it is one instruction, while a float64, which takes three, does: a test on a small machine can miss it.", "float64: %d of 10,000,000", float)
			}
			x.Fact(apart, "The race detector does not need an update to be lost, nor the accesses to meet: it reports two that nothing orders, although one came long after the other.")
			x.Fact(!ordered, "It reports nothing if in this run some lock was released after the first access and taken before the second, even if another run could have had them the other way round: it judges one run, and only the code that ran.")
		},
		So:  "Use `atomic.Int64` or a mutex. Run the tests with -race, and with enough load that both orders occur: silence is no proof.",
		Vet: "a variable that is written in a goroutine and used outside of it with neither lock, atomic nor join",
	}
}
