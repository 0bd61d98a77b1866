// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// s25 is about what a child process gets of signals.
func s25() claim.Claim {
	return claim.Claim{
		ID:       "S25",
		Told:     "A child started with os/exec inherits blocked and ignored signals.",
		Programs: map[string]func(){"spawn": spawn},
		Trial: func(x *claim.Trial) {
			inheritsBlocked(x)
			inheritsIgnored(x)
			notified := childOf(x, "notify").Wait()
			x.Fact(parseMasks(notified.Stdout).caught == 0 && !parseMasks(notified.Stdout).ignored.has(syscall.SIGUSR1),
				"What the parent takes with Notify the child has at its default (execve(2)).")
		},
		So: "A child that must have its signals at their defaults gets that from a Go parent only if nothing is ignored or blocked there: undo signal.Ignore with Notify and Stop before starting it, and do not start Go programs with signals blocked.",
	}
}

// childOf is the program that starts cat with os/exec, which prints its masks: no
// Go program and no shell, because these change them first.
func childOf(x *claim.Trial, how string) *quiescetest.Process {
	x.Helper()
	return x.Program("spawn", how).Start(x)
}

func spawn() {
	switch os.Args[1] {
	case "block":
		runtime.LockOSThread()
		changeMask(sigBlock, setOf(syscall.SIGUSR1, syscall.SIGTERM))
	case "ignore":
		signal.Ignore(syscall.SIGUSR1, syscall.SIGTERM)
	case "reset":
		signal.Ignore(syscall.SIGUSR1, syscall.SIGTERM)
		signal.Reset(syscall.SIGUSR1, syscall.SIGTERM)
	case "notify and stop":
		signal.Ignore(syscall.SIGUSR1, syscall.SIGTERM)
		signal.Stop(notified(1, syscall.SIGUSR1, syscall.SIGTERM))
	case "notify":
		notified(1, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGTERM)
	}
	cmd := exec.Command("cat", "/proc/self/status")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		panic(err)
	}
}

func inheritsBlocked(x *claim.Trial) {
	own := parseMasks(childOf(x, "block").Wait().Stdout).blocked
	x.Told(own.has(syscall.SIGUSR1) && own.has(syscall.SIGTERM), "SIGUSR1 and SIGTERM, blocked on the thread that starts it")
	given := parseMasks(startBlocked(x, x.Program("spawn", "plain"), syscall.SIGUSR1, syscall.SIGTERM).Wait().Stdout).blocked
	x.Told(given.has(syscall.SIGUSR1), "SIGUSR1, blocked when the parent itself was started")
	x.Told(given.has(syscall.SIGTERM), "SIGTERM, blocked when the parent itself was started")
	x.Fact(own == setOf(syscall.SIGUSR1, syscall.SIGTERM), "The child gets the mask of the thread that starts it, no more and no less: the runtime blocks everything around the fork and puts that mask back in the child (runtime/proc.go, syscall_runtime_AfterForkInChild).")
	x.Fact(given == setOf(syscall.SIGUSR1), "So what a program was started with goes on to its children, except what the runtime opened on its threads in between (SIGTERM and its like, see S17).")
}

func inheritsIgnored(x *claim.Trial) {
	own := parseMasks(childOf(x, "ignore").Wait().Stdout).ignored
	x.Told(own.has(syscall.SIGUSR1) && own.has(syscall.SIGTERM), "SIGUSR1 and SIGTERM, ignored with signal.Ignore")
	given := parseMasks(startIgnoring(x, x.Program("spawn", "plain"), "HUP INT TERM USR1").Wait().Stdout).ignored
	x.Told(given.has(syscall.SIGHUP) && given.has(syscall.SIGINT), "SIGHUP and SIGINT, ignored when the parent itself was started")
	x.Told(given.has(syscall.SIGTERM) || given.has(syscall.SIGUSR1), "SIGTERM and SIGUSR1, ignored when the parent itself was started")
	taken := parseMasks(startIgnoring(x, x.Program("spawn", "notify"), "HUP").Wait().Stdout).ignored
	x.Told(taken.has(syscall.SIGHUP), "SIGHUP, ignored when the parent itself was started, and then given to Notify")
	reset := parseMasks(childOf(x, "reset").Wait().Stdout).ignored
	again := parseMasks(childOf(x, "notify and stop").Wait().Stdout).ignored
	x.Fact(own == reset && !again.has(syscall.SIGUSR1) && !again.has(syscall.SIGTERM),
		"What signal.Ignore ignored is ignored in children too. signal.Reset does not undo that, neither in the program nor in its children; a Notify does, which may be stopped at once.")
	x.Fact(given.has(syscall.SIGHUP) && given.has(syscall.SIGINT) && !given.has(syscall.SIGTERM) && !given.has(syscall.SIGUSR1) && !taken.has(syscall.SIGHUP),
		"A Go program that was started with signals ignored hands on only SIGHUP and SIGINT, and those only while it does not take them: for the others the runtime has installed handlers, and what has a handler is at its default after exec.")
}
