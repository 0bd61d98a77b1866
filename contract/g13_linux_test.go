// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"iter"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g13 is about a recover in another goroutine.
func g13() claim.Claim {
	return claim.Claim{
		ID:       "G13",
		Told:     "A goroutine that panics can be saved by a recover in the goroutine that started it.",
		Programs: map[string]func(){"aside": recoverAside},
		Trial: func(x *claim.Trial) {
			crashed := true
			saved := func(how string) bool {
				r := x.Run("aside", how)
				crashed = crashed && r.Code == 2 && strings.HasPrefix(r.Stderr, "panic: lost")
				return strings.Contains(r.Stdout, "recovered")
			}
			statement, group, timer, helper := saved("go"), saved("WaitGroup.Go"), saved("AfterFunc"), saved("helper")
			x.Told(statement, "a go statement")
			x.Told(group, "sync.WaitGroup.Go")
			x.Told(timer, "time.AfterFunc")
			x.Fact(crashed && !statement && !timer, "The program ends with exit code 2: recover only stops a panic of its own goroutine, and only in a function that is called directly by a defer statement.")
			x.Fact(!group, "`sync.WaitGroup.Go` does not pass a panic on to who waits.")
			x.Fact(!helper, "Not even in the same goroutine does a recover help that the deferred function has moved into a helper of its own.")
			x.Fact(panicOf(panicInPull) == "lost", "The exception is `iter.Pull`: the sequence is a coroutine, and its panic comes out of the call of next.")
		},
		So:      "Put the recover into the function that the go statement runs, and carry the value and the stack to the starter as an error. A library that starts goroutines for callbacks says in its documentation what it does about their panics.",
		Covered: []string{"quiesce.App.Run"},
		Vet:     "a deferred recover around go statements, as if it covered them; recover called in a helper of the deferred function",
	}
}

// recoverAside recovers, while the panic is where its argument says.
func recoverAside() {
	lost := func() { panic("lost") }
	defer func() {
		if os.Args[1] == "helper" {
			func() { printRecovered(recover()) }()
			return
		}
		printRecovered(recover())
	}()
	var group sync.WaitGroup
	switch os.Args[1] {
	case "go":
		go lost()
	case "WaitGroup.Go":
		group.Go(lost)
		group.Wait()
	case "AfterFunc":
		time.AfterFunc(0, lost)
	case "helper":
		lost()
	}
	untilStdinEnds()
}

func printRecovered(value any) {
	if value != nil {
		fmt.Println("recovered", value)
	}
}

func panicInPull() {
	next, stop := iter.Pull(func(func(int) bool) { panic("lost") })
	defer stop()
	next()
}
