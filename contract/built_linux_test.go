// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os/exec"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// buildSignals builds testdata/programs/signals with or without cgo. It ends the
// trial if that takes a C compiler and there is none.
func buildSignals(x *claim.Trial, cgo bool) (bin string) {
	x.Helper()
	if !cgo {
		return x.Build("signals", []string{"CGO_ENABLED=0"})
	}
	cc := strings.Fields(x.GoTool(nil, "env", "CC"))
	if len(cc) == 0 {
		x.CannotRun("no C compiler is set")
	} else if _, err := exec.LookPath(cc[0]); err != nil {
		x.CannotRun("no C compiler: %v", err)
	}
	return x.Build("signals", []string{"CGO_ENABLED=1"})
}

// inMode is the command that runs the program, so that nobody sends a SIGURG in
// between: what is looked for on a signal stack would be overwritten.
func inMode(bin string, args ...string) quiescetest.Command {
	return quiescetest.Command{Args: append([]string{bin}, args...), Env: []string{"GODEBUG=asyncpreemptoff=1"}}
}

// counted sends n times SIGUSR1, one when the last has come or is lost, to a
// program that takes it and that prints how many came when it gets a SIGWINCH.
// It returns the last count.
func counted(x *claim.Trial, p *quiescetest.Process, n int) int {
	x.Helper()
	got := 0
	for range n {
		p.Signal(syscall.SIGUSR1)
		for range 3 { // as fence does
			settled(p.PID())
			p.Signal(syscall.SIGWINCH)
			_, n, _ := strings.Cut(p.Await("received: "), ": ")
			got = number(x, n)
		}
	}
	return got
}
