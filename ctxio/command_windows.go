// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
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

// wasReaped reports whether the command was waited for, or has ended.
func wasReaped(p *os.Process) bool {
	return errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// terminateGroup reports whether it is worth waiting.
func terminateGroup(p *os.Process) bool {
	send := syscall.NewLazyDLL("kernel32.dll").NewProc("GenerateConsoleCtrlEvent")
	if send.Find() != nil {
		return false
	}
	ok, _, _ := send.Call(syscall.CTRL_BREAK_EVENT, uintptr(p.Pid))
	return ok != 0
}

// killGroup kills what descends from the command. taskkill follows the ids of
// parents, so that what a child left behind before it died is not found. A job
// object would find that too, but cannot be given to a process that is being
// created without more than the standard library.
func killGroup(p *os.Process) {
	_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.Pid)).Run()
	_ = p.Kill()
}

// groupAlive knows only the command itself.
func groupAlive(p *os.Process, reaped bool) bool {
	return !reaped && !wasReaped(p)
}
