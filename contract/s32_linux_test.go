// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// s32 is about what is left undone when main returns.
func s32() claim.Claim {
	return claim.Claim{
		ID:   "S32",
		Told: "It is enough to take SIGTERM and return from main: then deferred functions run, goroutines finish, finalizers and cleanups run, and buffers are written.",
		Trial: func(x *claim.Trial) {
			p := quiescetest.Command{Args: []string{x.Build("returns", nil)}, Ready: "ready"}.Start(x)
			p.Signal(syscall.SIGTERM)
			r := p.Wait()
			does := func(line string) bool { return strings.Contains(r.Stdout, line) }
			x.Told(does("deferred in main"), "deferred functions of main run")
			x.Told(does("deferred in a goroutine"), "deferred functions of other goroutines run")
			x.Told(does("work finished"), "other goroutines finish their work")
			x.Told(does("finalizer"), "finalizers run")
			x.Told(does("cleanup"), "functions given to runtime.AddCleanup run")
			x.Told(does("buffered"), "a bufio.Writer writes what it holds")
			x.Fact(r.Code == 0 && does("deferred in main"), "When main returns its own deferred functions have run, and the process ends with exit code 0.")
			x.Fact(r.Stdout == "ready\ntaken\ndeferred in main\n", "Nothing else is done or waited for, and nothing is reported: other goroutines end where they are and their deferred functions do not run, nor do finalizers and cleanups, and what is in a `bufio.Writer` is lost.")
			x.Fact(does("taken"), "What was printed with `fmt.Println` is safe: os.Stdout has no buffer in the program.")
		},
		So:      "Wait for the goroutines that have work to finish before main returns, and flush what is buffered. Release nothing that matters in a finalizer or cleanup: they may never run.",
		Covered: []string{"quiesce.App.Main", "quiesce.App.Run"},
	}
}
