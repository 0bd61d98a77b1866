// SPDX-License-Identifier: Apache-2.0

package target

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Attach makes a running process the target. It is not killed by Close, and nothing of
// it is.
//
// It refuses what a drill must never signal: pid 0, 1 and negative ones, itself, its own
// process group, and its ancestors; and what it may not signal.
func Attach(pid int) (*Target, error) {
	if err := permitted(pid); err != nil {
		return nil, fmt.Errorf("attach to pid %d: %w", pid, err)
	}
	t := newTarget(pid, newTree(nil, pid))
	pidfd, err := t.open()
	if err != nil {
		return nil, fmt.Errorf("attach to pid %d: %w", pid, err)
	}
	t.watch.Go(func() { t.awaitOther(pidfd, nil) })
	return t, nil
}

// permitted says why a process must not be the target.
func permitted(pid int) error {
	if pid <= 1 {
		return errors.New("refused: that is no server, but the whole system or a group")
	}
	if pid == os.Getpid() {
		return errors.New("refused: that is the drill itself")
	}
	for p, err := readProcess(os.Getppid()); err == nil; p, err = readProcess(p.parent) {
		if p.pid == pid {
			return errors.New("refused: that is an ancestor of the drill")
		}
	}
	group, err := syscall.Getpgid(pid)
	if err != nil {
		return errors.New("there is no such process")
	}
	if group == syscall.Getpgrp() {
		return errors.New("refused: it is in the drill's own process group; start it as a job of its own, with setsid for example")
	}
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
		if !bytes.Contains(status, fmt.Appendf(nil, "\nTgid:\t%d\n", pid)) {
			return errors.New("that is a thread of a process, not a process")
		}
	}
	if err := syscall.Kill(pid, 0); err != nil {
		return fmt.Errorf("it may not be signalled: %w", err)
	}
	return nil
}

// open opens handles of a process that is not a child, and makes sure that both are of
// the same.
func (t *Target) open() (pidfd *os.File, err error) {
	before, err := readProcess(t.pid)
	if err != nil || before.zombie() {
		return nil, errors.New("it has exited")
	}
	if pidfd, err = openProcess(t.pid); err != nil {
		return nil, fmt.Errorf("it cannot be watched, which needs Linux 5.10: %w", err)
	}
	t.handle, err = os.FindProcess(t.pid)
	if err == nil {
		if after, e := readProcess(t.pid); e != nil || after.start != before.start {
			err = errors.New("it has exited")
		}
	}
	if err != nil {
		pidfd.Close()
		return nil, err
	}
	t.start, t.began = before.start, time.Now()
	return pidfd, nil
}
