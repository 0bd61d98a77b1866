// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// s03 is about ignoring SIGTERM.
func s03() claim.Claim {
	return claim.Claim{
		ID:   "S03",
		Told: "SIGTERM cannot be ignored, only caught.",
		Programs: map[string]func(){
			"answering": answering, "catches": catchesTerm,
			"ignores": ignoresTermAndKill,
			"asks":    func() { fmt.Println("ignored:", signal.Ignored(syscall.SIGTERM)) },
		},
		Trial: func(x *claim.Trial) {
			s := newSubject(x, x.Program("ignores"))
			set := processMasks(s.pid)
			ignored := s.take(syscall.SIGTERM)
			x.Told(ignored.ends(), "after signal.Ignore it ends the program all the same")
			caught := x.Start("catches")
			caught.Signal(syscall.SIGTERM)
			x.Told(caught.Wait().Stdout == "ready\nterminated\n", "it can be caught with Notify")
			x.Fact(ignored == goesOn && set.ignored.has(syscall.SIGTERM), "After `signal.Ignore(syscall.SIGTERM)` the kernel throws SIGTERM away (SigIgn in /proc/PID/status) and the program goes on.")
			x.Fact(s.take(syscall.SIGKILL) == dies, "SIGKILL is the one that cannot be ignored: `signal.Ignore` accepts it without effect.")
			s03Inherited(x)
		},
		So:  "Do not ignore SIGTERM: whoever stops the program waits for the whole grace period and then kills it. A parent that ignores it does no harm.",
		Vet: "signal.Ignore of SIGTERM",
	}
}

// s03Inherited is about a parent that ignores SIGTERM.
func s03Inherited(x *claim.Trial) {
	x.Helper()
	s := newSubject(x, ignoredByParent(x.Program("answering"), "TERM"))
	set := processMasks(s.pid)
	did := s.take(syscall.SIGTERM)
	inC := newSubject(x, ignoredByParent(quiescetest.Command{Args: []string{"cat"}}, "TERM"))
	others := newSubject(x, ignoredByParent(x.Program("answering"), "HUP INT"))
	othersStay := others.take(syscall.SIGHUP) == goesOn && others.take(syscall.SIGINT) == goesOn
	x.Told(did.ends(), "ignored by whoever started the program it ends it all the same")
	x.Fact(did == dies && !set.ignored.has(syscall.SIGTERM) && inC.take(syscall.SIGTERM) == goesOn && othersStay,
		"An ignored SIGTERM that is inherited (`trap '' TERM` in a shell) makes cat immune, but not a Go program: the runtime replaces what it inherits at start, except for SIGHUP and SIGINT, which stay ignored (runtime/signal_unix.go, sigInstallGoHandler).")
	asks := ignoredByParent(x.Program("asks"), "TERM").Start(x).Wait()
	x.Fact(strings.Contains(asks.Stdout, "ignored: false"), "There `signal.Ignored(syscall.SIGTERM)` is false from the beginning: the program cannot tell.")
}

// ignoredByParent has c started by a shell that ignores signals.
func ignoredByParent(c quiescetest.Command, sigs string) quiescetest.Command {
	c.Args = append([]string{"sh", "-c", "trap '' " + sigs + `; exec "$@"`, "sh"}, c.Args...)
	return c
}

// catchesTerm ends when it has taken SIGTERM.
func catchesTerm() {
	c := notified(1, syscall.SIGTERM)
	ready()
	fmt.Println(<-c)
}

// ignoresTermAndKill is answering after it has tried to ignore both.
func ignoresTermAndKill() {
	//lint:ignore SA1016 that SIGKILL is accepted is what the claim shows
	signal.Ignore(syscall.SIGTERM, syscall.SIGKILL)
	answering()
}
