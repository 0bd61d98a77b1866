// SPDX-License-Identifier: Apache-2.0

package target

import (
	"bytes"
	"context"
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

// successorRest is how long Successor waits between two looks. One is not enough: a
// process that is about to become another program still has the sockets of its parent.
const successorRest = 5 * time.Millisecond

// Successor waits for the process that has replaced the server after a signal to it: one
// of its tree that is younger than the signal and listens on TCP, the topmost of them.
// It returns when it has seen that twice, or ctx ends. A process that was forked and has
// not become a program of its own counts only when the server has exited. A server that
// becomes another program itself has no successor.
//
// The successor is a target of its own, to which the tree goes over; the exit of the old
// server is still seen at the old target.
func (t *Target) Successor(ctx context.Context) (*Target, error) {
	var last process
	for {
		p, ok := t.heir()
		if ok && p.pid == last.pid && p.start == last.start {
			return t.succeed(p)
		}
		last = p
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("no other process of the server listens: %w", context.Cause(ctx))
		case <-time.After(successorRest):
		}
	}
}

// heir looks for the successor.
func (t *Target) heir() (process, bool) {
	t.mu.Lock()
	since := t.signalled
	t.mu.Unlock()
	gone := isClosed(t.exited)
	all := t.tree.processes()
	listens := map[int]bool{}
	candidate := func(p process) bool {
		return p.pid != t.pid && !p.zombie() && startedSince(p, since) && (gone || p.flags&sameAsParent == 0)
	}
	for _, p := range all {
		if candidate(p) && len(holds([]process{p}).tcp) > 0 {
			listens[p.pid] = true
		}
	}
	for _, p := range all {
		if listens[p.pid] && !listens[p.parent] {
			return p, true
		}
	}
	return process{}, false
}

// ticks is how many there are in a second in /proc/PID/stat, on every Linux.
const ticks = 100

// startedSince: was the process started after the time? To a tick, in favour of it.
func startedSince(p process, at time.Time) bool {
	age := bootTime() - time.Duration(p.start)*(time.Second/ticks)
	return age <= time.Since(at)+time.Second/ticks
}

// succeed makes a process the successor.
func (t *Target) succeed(p process) (*Target, error) {
	s := newTarget(p.pid, t.tree)
	pidfd, err := s.open()
	if err == nil && s.start != p.start {
		pidfd.Close()
		err = errors.New("it has exited")
	}
	if err != nil {
		return nil, fmt.Errorf("the successor, %v: %w", p, err)
	}
	var f *fate
	if g := t.tree.guard; g != nil {
		s.own = true
		if _, err := g.call(request{Op: opFollow, PID: p.pid}, nil); err != nil {
			pidfd.Close()
			return nil, err
		}
		f = g.fate(p.pid)
	}
	s.watch.Go(func() { s.awaitOther(pidfd, f) })
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next = s
	return s, nil
}
