// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
)

// p01 is about what the parent sees of a program that takes SIGTERM.
func p01() claim.Claim {
	return claim.Claim{
		ID:   "P01",
		Told: "A program that handles SIGTERM and exits with 0 looks to its parent as if it had died of the signal.",
		Programs: map[string]func(){
			"exits": func() { takeTerm(); code, _ := strconv.Atoi(os.Args[1]); os.Exit(code) },
			"dies":  func() { takeTerm(); sigmux.Die(syscall.SIGTERM) },
		},
		Trial: func(x *claim.Trial) {
			zero, zeroShell := endOf(x, x.Program("exits", "0"))
			x.Told(zero.Signal != nil, "the wait status is a death by SIGTERM")
			x.Told(zeroShell == 143, "a shell that waits for it has 143 in $?")
			x.Fact(zero.Signal == nil && zero.Code == 0 && zeroShell == 0, "Exit code 0 is all that the parent sees, with wait(2) and in a shell's `$?`: nothing tells that there was a signal.")
			code, codeShell := endOf(x, x.Program("exits", "143"))
			died, diedShell := endOf(x, x.Program("dies"))
			x.Fact(died.Signal == syscall.SIGTERM && died.Code == -1, "A program that has taken SIGTERM still dies of it if it gives the signal back and sends it to itself; wait(2) then tells of the signal, and there is no exit code.")
			x.Fact(code.Signal == nil && code.Code == 143 && codeShell == 143 && diedShell == 143, "Exit code 143 (128+15) is an exit to wait(2), but in `$?` it is the same as a death by SIGTERM.")
		},
		So:      "Choose what the parent should see: 0 for a stop that lost nothing, a death by the signal for an interrupted job, or 128+n where only the number counts. A supervisor that restarts on failure treats them differently.",
		Covered: []string{"sigmux.ExitCode", "sigmux.Die", "quiesce.App.Main"},
	}
}

// takeTerm returns when SIGTERM was taken. The ready line has the process id.
func takeTerm() {
	c := notified(1, syscall.SIGTERM)
	fmt.Println("ready", os.Getpid())
	<-c
}

// endOf sends SIGTERM to a program and returns how it ended: as wait(2) tells,
// and, for another run, as a shell around it does.
func endOf(x *claim.Trial, c quiescetest.Command) (r *quiescetest.Result, inShell int) {
	x.Helper()
	terminated := func(c quiescetest.Command) *quiescetest.Result {
		c.Ready = "ready"
		p := c.Start(x)
		_, pid, _ := strings.Cut(p.Ready(), " ")
		n, err := strconv.Atoi(pid)
		if err != nil {
			x.Fatal(err)
		}
		p.Follow(n)
		p.Signal(syscall.SIGTERM)
		return p.Wait()
	}
	r = terminated(c)
	c.Args = append([]string{"sh", "-c", `"$@"; echo "status $?"`, "sh"}, c.Args...)
	_, status, _ := strings.Cut(terminated(c).Stdout, "status ")
	inShell, err := strconv.Atoi(strings.TrimSpace(status))
	if err != nil {
		x.Fatal(err)
	}
	return r, inShell
}
