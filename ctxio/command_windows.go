// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// ownGroup makes the command the root of a console group, so that CTRL_BREAK can
// be sent to it and not to us.
func ownGroup(cmd *exec.Cmd) error {
	attr := syscall.SysProcAttr{}
	if cmd.SysProcAttr != nil {
		attr = *cmd.SysProcAttr
	}
	attr.CreationFlags |= syscall.CREATE_NEW_PROCESS_GROUP
	cmd.SysProcAttr = &attr
	return nil
}

// A group is a command and what descends from it.
type group struct{ leader *os.Process }

func newGroup(leader *os.Process) group { return group{leader} }

// reaped reports whether the command was waited for.
func (g group) reaped() bool {
	return errors.Is(g.leader.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// terminate reports whether it is worth waiting.
func (g group) terminate() bool {
	send := syscall.NewLazyDLL("kernel32.dll").NewProc("GenerateConsoleCtrlEvent")
	if send.Find() != nil {
		return false
	}
	ok, _, _ := send.Call(syscall.CTRL_BREAK_EVENT, uintptr(g.leader.Pid))
	return ok != 0
}

// kill kills what descends from the command. taskkill follows the ids of parents,
// so that what a child left behind before it died is not found. A job object would
// find that too, but cannot be given to a process that is being created without
// more than the standard library.
func (g group) kill() {
	ctx, cancel := context.WithTimeout(context.Background(), killDelay)
	defer cancel()
	_ = exec.CommandContext(ctx, "taskkill", "/T", "/F", "/PID", strconv.Itoa(g.leader.Pid)).Run()
	_ = g.leader.Kill()
}

// alive knows only the command itself.
func (g group) alive(bool) bool { return !g.reaped() }
