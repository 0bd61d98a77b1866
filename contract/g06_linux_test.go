// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"runtime"
	"strings"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g06 is about an atomic store that is followed by a look at a context.
func g06() claim.Claim {
	return claim.Claim{
		ID:   "G06",
		Told: "A ctx.Err() that follows an atomic.StorePointer may be executed before it, so that a worker publishes something after it was cancelled, and whoever cancelled does not find it.",
		Trial: func(x *claim.Trial) {
			bin := x.Build("memory", nil)
			r := runBuilt(x, bin, "litmus")
			if strings.Contains(r.Stdout, "one processor") {
				x.CannotRun("two goroutines have to run at the same time, and there is one processor")
			}
			duels := figure(x, r, "duels")
			plain, atomics, cancels := figure(x, r, "plain"), figure(x, r, "atomic"), figure(x, r, "cancel")
			x.Told(cancels > 0, "StorePointer, then ctx.Err, against cancel, then LoadPointer: both miss the other")
			x.Told(atomics > 0, "StorePointer, then LoadPointer, on both sides: both miss the other")
			x.Measured(cancels == 0, "Of two goroutines, one that stores a pointer and then asks `ctx.Err()`, and one that cancels and then loads the pointer, at least one always notices the other.", "%d pairs", duels)
			x.Measured(atomics == 0 && plain > 0, "The same with two atomic pointers, while with plain variables both missed each other in the same run: a processor may read before its own earlier write is visible to others. Atomic operations in Go are all in one order, the same for everybody (The Go Memory Model: sequentially consistent).", "plain: %d of %d pairs; atomic: 0", plain, duels)
			if runtime.GOARCH == "amd64" {
				store := x.GoTool(nil, "tool", "objdump", "-s", `^sync/atomic\.StoreUintptr$`, bin)
				x.Fact(strings.Contains(store, "XCHGQ"), "On amd64 StorePointer ends in an XCHG, which waits until everything written before is visible.")
			}
			race := buildWithRace(x, "memory")
			x.Fact(!reportsRace(x, race, "atomic-cancel"), "The race detector agrees: it reports nothing, also not for the data that the pointer leads to.")
			x.Fact(reportsRace(x, race, "plain"), "It does report the plain variables.")
		},
		So:  "Publish with an atomic, then check the context, and undo it if it has ended; the other side cancels first, then looks. One of the two sees it. The check alone proves nothing about the next moment: a cancellation can come right after it.",
		Vet: "ctx.Err() used as a guard for a step that is not undone if the context ends during it",
	}
}
