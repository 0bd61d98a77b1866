// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// p03 is about adopting orphans without being PID 1.
func p03() claim.Claim {
	return claim.Claim{
		ID:       "P03",
		Told:     "PR_SET_CHILD_SUBREAPER brings orphaned grandchildren to us, and nobody reaps them for us.",
		Programs: map[string]func(){"subreaper": subreaper, "inner": notSubreaper},
		Trial: func(x *claim.Trial) {
			r := x.Run("subreaper", x.Program("inner").Env...)
			saw := answers(x, r)
			x.Told(saw["adopted"] == "true", "an orphaned grandchild becomes our child")
			x.Told(saw["state"] == "Z", "when it ends it stays a zombie")
			x.Fact(saw["adopted"] == "true" && saw["status"] == "exit 7", "After `prctl(PR_SET_CHILD_SUBREAPER, 1)` the parent of an orphan among our descendants is our process, and wait4 with its process id gives its exit status.")
			x.Fact(saw["inner adopts"] == "false" && saw["outer adopts"] == "true", "Children do not inherit this: an orphan passes by an ancestor that has not asked for it and comes to the nearest one that has (PR_SET_CHILD_SUBREAPER(2const)).")
			x.Fact(saw["state"] == "Z", "Neither the runtime nor os/exec, which waits for its own children one by one, takes the status of an adopted one: it stays a zombie until we do.")
			x.Fact(strings.Contains(saw["ignored orphan"], "no child"), "With SIGCHLD ignored the kernel reaps it, and its status is lost.")
			x.Fact(strings.Contains(saw["ignored own"], "no child"), "But then it reaps the children of os/exec as well, whose Wait fails with ECHILD.")
		},
		So: "A program that starts others which start others needs to be a subreaper only if it runs without an init, or wants to know how they end; then it has to reap, by process id and not with wait4(-1) (P04).",
	}
}

func subreaper() {
	becomeSubreaper()
	o := newOrphan()
	_, parent := stat(o.pid)
	answer("adopted", parent == os.Getpid())
	o.end()
	_, err := awaitEnd(waitPID, o.pid)
	must(err)
	must(exec.Command("true").Run())
	state, _ := stat(o.pid)
	answer("state", state)
	answer("status", reaped(o.pid))

	inner := restart()
	must(inner.Run())
	_, _, err = reap(-1) // the orphan that inner left to us
	must(err)
	reapedByKernel()
}

// reaped takes the status of a child and puts it into words.
func reaped(pid int) string {
	_, status, err := reap(pid)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("exit %d", status.ExitStatus())
}

// notSubreaper is a child of a subreaper.
func notSubreaper() {
	o := newOrphan()
	_, parent := stat(o.pid)
	answer("inner adopts", parent == os.Getpid())
	answer("outer adopts", parent == os.Getppid())
	o.end()
}

// reapedByKernel ignores SIGCHLD. A wait returns when the children have ended,
// with nothing to tell (wait(2), notes).
func reapedByKernel() {
	o := newOrphan()
	signal.Ignore(syscall.SIGCHLD)
	o.end()
	answer("ignored orphan", reaped(o.pid))
	answer("ignored own", exec.Command("true").Run())
}
