// SPDX-License-Identifier: Apache-2.0

//go:build unix

package ctxio

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes the command the leader of a group, whose id is then its own.
func ownGroup(cmd *exec.Cmd) error {
	attr := syscall.SysProcAttr{}
	if cmd.SysProcAttr != nil {
		attr = *cmd.SysProcAttr
	}
	if attr.Pgid != 0 {
		return errors.New("it is to join the process group of others")
	}
	if !attr.Setsid { // which makes a group too, and does not go with Setpgid
		attr.Setpgid = true
	}
	cmd.SysProcAttr = &attr
	return nil
}

// wasReaped reports whether the command was waited for.
func wasReaped(p *os.Process) bool {
	return errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// terminateGroup reports whether it is worth waiting. Who is stopped (by reading
// from a terminal, as a group in the background) must go on in order to end.
func terminateGroup(p *os.Process) bool {
	err := syscall.Kill(-p.Pid, syscall.SIGTERM)
	_ = syscall.Kill(-p.Pid, syscall.SIGCONT)
	return err == nil
}

func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// groupAlive reports whether the group has a process. One that we may not signal
// is one. A zombie counts as well, that of the command until it is reaped, but
// see onlyZombies.
func groupAlive(p *os.Process, reaped bool) bool {
	if errors.Is(syscall.Kill(-p.Pid, 0), syscall.ESRCH) {
		return false
	}
	return !reaped || !onlyZombies(p.Pid)
}
