// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g01 is about runtime.Goexit in a deferred function.
func g01() claim.Claim {
	return claim.Claim{
		ID:   "G01",
		Told: "runtime.Goexit inside a deferred function skips the deferred functions that were registered before it.",
		Programs: map[string]func(){
			"return": func() { tellEnd(exitsInDefer) },
			"panic":  func() { tellEnd(panicsAndExitsInDefer) },
			"exit":   func() { tellEnd(exitsAndPanicsInDefer) },
		},
		Trial: func(x *claim.Trial) {
			lines := func(program string) string {
				r := x.Run(program)
				return strings.ReplaceAll(r.Stdout, "\n", ";") + r.Stderr + r.Status()
			}
			returned, panicked, exited := lines("return"), lines("panic"), lines("exit")
			x.Told(!strings.Contains(returned, "first"), "in a goroutine that returns")
			x.Told(!strings.Contains(panicked, "first"), "in a goroutine that panics")
			x.Fact(returned == "third;second begins;first;nil;goroutine is gone;exit code 0", "The rest of the deferred function that calls it is skipped, the deferred functions registered before it run, last first, and the goroutine ends.")
			x.Fact(panicked == "second begins;first;nil;goroutine is gone;exit code 0", "During a panic it makes the panic disappear: nothing is printed, recover in the remaining deferred functions returns nil, and the program goes on as if nothing had been wrong.")
			x.Fact(exited == "recovered lost;first;nil;goroutine is gone;exit code 0", "A panic in a deferred function that runs because of Goexit can be recovered; the goroutine ends all the same.")
		},
		So:      "Never call anything that may call Goexit (`t.FailNow`, `t.Fatal`, `t.Skip`) in a deferred function of code that can panic: it hides the panic. To find out how a goroutine ended, look for three ends, not two: it returned, it panicked, it exited.",
		Covered: []string{"quiesce.ErrExited"},
		Vet:     "a call of runtime.Goexit, or of a testing.T method that ends the test, in a deferred function",
	}
}

// tellEnd runs f in a goroutine, says what recover returns when it ends, and that
// the program goes on.
func tellEnd(f func()) {
	<-started(func() {
		defer func() {
			if r := recover(); r != nil {
				fmt.Println(r)
			} else {
				fmt.Println("nil")
			}
		}()
		f()
		fmt.Println("goes on")
	})
	fmt.Println("goroutine is gone")
}

func exitsInDefer() {
	defer fmt.Println("first")
	defer secondExits()
	defer fmt.Println("third")
}

func panicsAndExitsInDefer() {
	defer fmt.Println("first")
	defer secondExits()
	panic("lost")
}

func secondExits() {
	fmt.Println("second begins")
	runtime.Goexit()
	fmt.Println("second ends")
}

func exitsAndPanicsInDefer() {
	defer fmt.Println("first")
	defer func() { fmt.Println("recovered", recover()) }()
	defer panic("lost")
	runtime.Goexit()
}
