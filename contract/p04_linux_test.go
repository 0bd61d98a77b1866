// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// p04 is about two that reap in one process.
func p04() claim.Claim {
	return claim.Claim{
		ID:       "P04",
		Told:     "Reaping with wait4(-1) next to os/exec loses exit statuses.",
		Programs: map[string]func(){"reaper": reapsEverything},
		Trial: func(x *claim.Trial) {
			saw := answers(x, x.Run("reaper"))
			x.Told(saw["code"] == "-1", "wait4(-1) comes first: Cmd.Wait does not get the exit code")
			x.Fact(saw["reaper got 3"] == "true" && saw["error"] == "ECHILD" && saw["code"] == "-1", "Whoever comes first gets the status: after a wait4(-1) that took it Cmd.Wait fails with ECHILD, which is no `*exec.ExitError`, and ProcessState is nil.")
			x.Fact(saw["kill"] == "ErrProcessDone", "At least a signal goes to nobody else: os.Process holds a pidfd since Go 1.23, so that Kill after it says os.ErrProcessDone, whoever has the number by then (os/pidfd_linux.go).")
			x.Measured(saw["each once"] == "true", "If both are waiting when the child ends, either may get it; never both.", "of %s children Cmd.Wait got %s", saw["tries"], saw["exec got"])
			x.Fact(saw["looked"] == "true" && saw["code after look"] == "3", "waitid with WNOWAIT finds out who has ended and leaves the status where it is: Cmd.Wait still gets the exit code.")
		},
		So:  "Reap only what you know is not yours to wait for: look with WNOWAIT, and take a status by its process id if os/exec has not started that child. The simplest reaper is a parent process that runs nothing else.",
		Vet: "wait4 with -1, or 0, in a program that imports os/exec or calls os.StartProcess",
	}
}

func reapsEverything() {
	stolen()
	killStolen()
	bothWait()
	looksFirst()
}

// exits3 starts a child that exits with 3.
func exits3() *exec.Cmd {
	cmd := exec.Command("sh", "-c", "exit 3")
	must(cmd.Start())
	return cmd
}

func stolen() {
	cmd := exits3()
	pid, status, err := reap(-1)
	must(err)
	answer("reaper got 3", pid == cmd.Process.Pid && status.ExitStatus() == 3)
	err = cmd.Wait()
	if _, isExit := errors.AsType[*exec.ExitError](err); !isExit && errors.Is(err, syscall.ECHILD) && cmd.ProcessState == nil {
		answer("error", "ECHILD")
	}
	answer("code", cmd.ProcessState.ExitCode())
}

func killStolen() {
	cmd := exits3()
	_, _, err := reap(-1)
	must(err)
	if cmd.Process.Kill() == os.ErrProcessDone {
		answer("kill", "ErrProcessDone")
	}
	_ = cmd.Wait()
}

func bothWait() {
	const tries = 20
	once, exec := true, 0
	for range tries {
		cmd := exits3()
		waited := make(chan bool)
		go func() {
			_ = cmd.Wait()
			waited <- cmd.ProcessState.ExitCode() == 3
		}()
		_, _, err := reap(-1)
		got := <-waited
		once = once && got == (err == syscall.ECHILD)
		if got {
			exec++
		}
	}
	answer("each once", once)
	answer("tries", strconv.Itoa(tries))
	answer("exec got", exec)
}

func looksFirst() {
	cmd := exits3()
	pid, err := awaitEnd(waitAll, 0)
	must(err)
	answer("looked", pid == cmd.Process.Pid)
	_ = cmd.Wait()
	answer("code after look", cmd.ProcessState.ExitCode())
}
