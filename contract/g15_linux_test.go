// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// g15 is about fatal errors of the runtime.
func g15() claim.Claim {
	return claim.Claim{
		ID:       "G15",
		Told:     "A fatal error of the runtime (concurrent map writes, all goroutines asleep, a stack overflow) can be recovered from.",
		Programs: map[string]func(){"fatal": fatal},
		Trial: func(x *claim.Trial) {
			needCompiler(x)
			all := true
			survived := func(r *quiescetest.Result, message string) bool {
				all = all && r.Code == 2 && strings.Contains(r.Stderr, "fatal error: "+message) && !strings.Contains(r.Stdout, "deferred")
				return strings.Contains(r.Stdout, "recovered")
			}
			pure := x.Build("asleep", []string{"CGO_ENABLED=0"})
			withC := x.Build("asleep", []string{"CGO_ENABLED=1"})
			x.Told(survived(x.Run("fatal", "map"), "concurrent map writes"), "concurrent map writes")
			x.Told(survived(runBuilt(x, pure, "chan"), "all goroutines are asleep - deadlock!"), "all goroutines are asleep")
			x.Told(survived(x.Run("fatal", "stack"), "stack overflow"), "stack overflow")
			x.Told(survived(x.Run("fatal", "nil"), "go of nil func value"), "go of a nil function")
			x.Fact(all, "Each ends the program at once with exit code 2. recover is not asked, and no deferred function runs, not even in the goroutine that did it.")
			x.Fact(!findsDeadlock(x, pure, "signals") && !findsDeadlock(x, pure, "pipe") && !findsDeadlock(x, pure, "timer"), "A server never sees the one about all goroutines: it is found only if nothing could ever wake the program, and `signal.Notify`, a read from a pipe or connection, or a pending timer could (runtime/proc.go, checkdead).")
			x.Fact(!findsDeadlock(x, withC, "chan"), "Nor does a program that is linked with C, as most are that use net or os/user and were built where a C compiler is.")
			r := x.Run("fatal", "nil map")
			x.Fact(r.Code == 0 && strings.Contains(r.Stdout, "recovered assignment to entry in nil map"), "A write to a nil map, for comparison, is a panic.")
		},
		So:  "No recover, middleware or framework protects from these, and no stop is graceful after one. What must not be lost has to be on disk or with the peer before; a supervisor above the process restarts it.",
		Vet: "a map that is written in a goroutine and used outside of it without a lock",
	}
}

// fatal does what its argument says, and says so if it could recover from it.
func fatal() {
	defer fmt.Println("deferred")
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("recovered", r)
		}
	}()
	switch os.Args[1] {
	case "map":
		writeMapTogether()
	case "stack":
		debug.SetMaxStack(1 << 20)
		fmt.Println(descend(1))
	case "nil":
		var f func()
		go f()
	case "nil map":
		writeEntry(nil, 1)
	}
}

// mapPatience bounds what takes a few milliseconds: two writers meet soon, also
// on one processor, where one is interrupted in the middle of a write.
const mapPatience = 20 * time.Second

func writeMapTogether() {
	runtime.GOMAXPROCS(4) // the runtime's own code is not interrupted by the runtime
	m := map[int]int{}
	for range 2 {
		go func() {
			for began := time.Now(); time.Since(began) < mapPatience; {
				for i := range 1000 {
					writeEntry(m, i)
				}
			}
		}()
	}
	untilStdinEnds()
}

func writeEntry(m map[int]int, i int) { m[i] = i }

func descend(n int) int {
	if n == 0 {
		return 0
	}
	return descend(n+1) + 1
}
