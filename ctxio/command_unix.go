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

// A group is a process group and its leader.
type group struct {
	leader *os.Process
	census census
}

func newGroup(leader *os.Process) group { return group{leader, census{proc: "/proc"}} }

// reaped reports whether the leader was waited for.
func (g *group) reaped() bool {
	return errors.Is(g.leader.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// terminate reports whether it is worth waiting. Who is stopped (by reading from a
// terminal, as a group in the background) must go on in order to end.
func (g *group) terminate() bool {
	err := syscall.Kill(-g.leader.Pid, syscall.SIGTERM)
	_ = syscall.Kill(-g.leader.Pid, syscall.SIGCONT)
	return err == nil
}

func (g *group) kill() { _ = syscall.Kill(-g.leader.Pid, syscall.SIGKILL) }

// alive reports whether the group has a process. One that we may not signal is
// one. A zombie is none where we can tell it from others.
func (g *group) alive(bool) bool {
	if errors.Is(syscall.Kill(-g.leader.Pid, 0), syscall.ESRCH) {
		return false
	}
	if !g.census.onlyZombies(g.leader.Pid) {
		return true
	}
	// Who forks and exits again and again is missed by looking at one after the
	// other. The zombies keep the id from strangers.
	g.kill()
	return false
}
