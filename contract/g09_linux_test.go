// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g09 is about the short ways out.
func g09() claim.Claim {
	return claim.Claim{
		ID:       "G09",
		Told:     "Deferred functions run when the program ends with os.Exit or log.Fatal.",
		Programs: map[string]func(){"leave": leave},
		Trial: func(x *claim.Trial) {
			exit, aside, fatal, panics := x.Run("leave", "os.Exit"), x.Run("leave", "aside"), x.Run("leave", "log.Fatal"), x.Run("leave", "log.Panic")
			ran := func(out string) bool { return strings.Contains(out, "deferred") }
			x.Told(ran(exit.Stdout), "os.Exit")
			x.Told(ran(aside.Stdout), "os.Exit in another goroutine")
			x.Told(ran(fatal.Stdout), "log.Fatal")
			x.Fact(exit.Code == 3 && exit.Stdout == "" && aside.Code == 3 && aside.Stdout == "", "os.Exit ends the process where it stands, from any goroutine: no deferred function runs, and what was only in a `bufio.Writer` is never written.")
			x.Fact(fatal.Code == 1 && fatal.Stdout == "" && strings.Contains(fatal.Stderr, "leaving"), "log.Fatal is a print and os.Exit(1) (log/log.go).")
			x.Fact(panics.Code == 2 && panics.Stdout == "buffered\ndeferred\n", "log.Panic is a panic: this goroutine's deferred functions run, and the exit code is 2.")
		},
		So:      "Let main be one line around a function that returns an exit code or an error, and call os.Exit only there. Nowhere else os.Exit, log.Fatal or what calls them.",
		Covered: []string{"quiesce.App.Main", "sigmux.ExitCode"},
		Vet:     "os.Exit or log.Fatal in a function that has deferred something, or anywhere outside of main",
	}
}

// leave leaves the program in the way that its argument says.
func leave() {
	defer fmt.Println("deferred")
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, "buffered")
	switch os.Args[1] {
	case "os.Exit":
		os.Exit(3)
	case "aside":
		go os.Exit(3)
		untilStdinEnds()
	case "log.Fatal":
		log.Fatal("leaving")
	case "log.Panic":
		log.Panic("leaving")
	}
}
