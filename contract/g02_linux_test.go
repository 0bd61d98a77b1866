// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g02 is about what runtime.Goexit ends.
func g02() claim.Claim {
	return claim.Claim{
		ID:       "G02",
		Told:     "runtime.Goexit can be recovered; called on the main goroutine it ends the program.",
		Programs: map[string]func(){"recover": func() { tellEnd(runtime.Goexit) }, "main": exitMain},
		Trial: func(x *claim.Trial) {
			needCompiler(x)
			recovered := x.Run("recover").Stdout
			main := x.Start("main")
			main.CloseStdin()
			r := main.Wait()
			pure := findsDeadlock(x, x.Build("asleep", []string{"CGO_ENABLED=0"}), "goexit")
			withC := findsDeadlock(x, x.Build("asleep", []string{"CGO_ENABLED=1"}), "goexit")
			x.Told(strings.Contains(recovered, "goes on"), "recover stops it")
			x.Told(!strings.Contains(r.Stdout, "others go on"), "on main, while other goroutines run: the program ends")
			x.Told(pure, "on main, when nothing else can run: the program ends")
			x.Told(withC, "the same, in a program that is linked with C: the program ends")

			x.Fact(recovered == "nil\ngoroutine is gone\n", "It is no panic: recover returns nil in the deferred functions that it runs, and nothing stops it.")
			x.Fact(r.Stdout == "ready\ndeferred\nothers go on\n" && r.Code == 7, "On main it runs main's deferred functions and ends that goroutine alone. The others go on, the program does not end with exit code 0 any more, and lives until one of them calls os.Exit or crashes.")
			x.Fact(pure && !withC, "When nothing else can run the runtime dies of `fatal error: no goroutines (main called runtime.Goexit) - deadlock!`, but not if the program is linked with C: that one stays for ever (runtime/proc.go, checkdead).")
		},
		So:      "Call Goexit only through the testing package. A task runner has to treat it as an end of its own kind: neither an error nor a success, and a WaitGroup, a semaphore or a future has to be released in a deferred function.",
		Covered: []string{"quiesce.ErrExited"},
		Vet:     "runtime.Goexit outside of tests; Done or a send of the result that is not deferred in a goroutine that calls foreign code",
	}
}

// exitMain calls Goexit on main, and shows that another goroutine goes on when
// main is gone.
func exitMain() {
	defer fmt.Println("deferred")
	go func() {
		untilStdinEnds()
		for buf := make([]byte, 1<<16); bytes.Contains(buf[:runtime.Stack(buf, true)], []byte("goroutine 1 [")); {
			runtime.Gosched()
		}
		fmt.Println("others go on")
		os.Exit(7)
	}()
	ready()
	runtime.Goexit()
}
