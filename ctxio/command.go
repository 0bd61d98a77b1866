// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"context"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// DefaultWaitDelay is what is added to the grace period for [exec.Cmd.WaitDelay]
// where that is zero.
const DefaultWaitDelay = time.Second

const (
	// groupPoll is how often we look whether a process group is still there.
	// Nothing tells when the last of it is gone. It must be much shorter than a
	// system takes to go through all its process ids; see endGroup.
	groupPoll = 10 * time.Millisecond

	// killDelay is how long we wait for a group to die of SIGKILL. It takes
	// microseconds, but a process in an uninterruptible call dies only after it.
	killDelay = time.Second
)

// Run starts cmd in a process group of its own and waits for it, as [Start] and
// [Process.Wait] do.
func Run(ctx context.Context, cmd *exec.Cmd, grace time.Duration) error {
	p, err := Start(ctx, cmd, grace)
	if err != nil {
		return err
	}
	return p.Wait()
}

// A Process is a command that was started and obeys a context.
type Process struct {
	cmd   *exec.Cmd
	group group
	ctx   context.Context
	grace time.Duration
	stop  func() bool // of the context's callback
	wait  func() error

	waited chan struct{} // closed when cmd.Wait has returned
	ended  chan struct{} // closed when the callback has done its work

	interrupted bool // the callback found the command running; read after ended
	killed      bool // likewise; the grace period was over
}

// Start starts cmd in a process group of its own, and ends the whole group when
// ctx does: it is sent SIGTERM; who of it is left after the grace period is sent
// SIGKILL. A grace period of zero or less means SIGKILL at once. If ctx has ended
// already, nothing is started, and the error wraps [context.Cause].
//
// cmd must come from [exec.Command], not [exec.CommandContext], which knows only
// the one process. Its SysProcAttr may not put it into another group. If its
// WaitDelay is zero it is set to the grace period plus [DefaultWaitDelay]: that
// bounds how long after the end of the command a descendant that has left the
// group can hold its output pipes open. Anything else about cmd is as in os/exec.
//
// A group of its own means that Ctrl-C in a terminal no longer reaches the command
// by itself, and that it is stopped if it reads from the terminal.
//
// Who reads a pipe of cmd's (StdoutPipe) waits for all that hold it, and before Wait
// no WaitDelay bounds that: read it through [NewReader].
//
// Descendants that leave the group (setsid, daemons) are not ended, and none is if
// the command ends and is waited for before ctx ends. If our own process dies, all live on: Linux
// can kill them with it (Pdeathsig), but does so when the *thread* that started
// them ends, which in Go can be at any time; set it only in a goroutine that is
// locked to its thread until the command has ended.
//
// Windows has no such signals. The command's console group is sent CTRL_BREAK,
// which reaches it only if it shares our console, and what taskkill finds of its
// tree is killed after the grace period. Elsewhere than on Unix and Windows the
// one process is killed at once.
func Start(ctx context.Context, cmd *exec.Cmd, grace time.Duration) (*Process, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("ctxio: start %q: %w", name(cmd), context.Cause(ctx))
	}
	if cmd.Cancel != nil {
		return nil, fmt.Errorf("ctxio: start %q: it has a context of its own from exec.CommandContext", name(cmd))
	}
	if err := ownGroup(cmd); err != nil {
		return nil, fmt.Errorf("ctxio: start %q: %w", name(cmd), err)
	}
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = min(max(grace, 0), math.MaxInt64-DefaultWaitDelay) + DefaultWaitDelay
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{
		cmd: cmd, group: newGroup(cmd.Process), ctx: ctx, grace: grace,
		waited: make(chan struct{}), ended: make(chan struct{}),
	}
	p.wait = sync.OnceValue(p.waitOnce)
	p.stop = context.AfterFunc(ctx, p.endGroup)
	return p, nil
}

// Wait waits until the command has exited and its output is read, as
// [exec.Cmd.Wait] does. It must be called, or a zombie is left; ctx is obeyed
// without. If ctx ended while the command ran it waits for the group too, at most
// until a second after the grace period, and returns a *[CommandError], even if the
// command then exited with 0. Otherwise the error is that of os/exec.
//
// It can be called again, and concurrently, with the same result.
func (p *Process) Wait() error { return p.wait() }

func (p *Process) waitOnce() error {
	err := p.cmd.Wait()
	close(p.waited)
	if p.stop() {
		return err
	}
	<-p.ended
	if !p.interrupted {
		return err
	}
	return &CommandError{
		Name:   name(p.cmd),
		Cause:  context.Cause(p.ctx),
		Err:    err,
		Killed: p.killed,
		Left:   p.killed && p.group.alive(true),
	}
}

// endGroup is the context's callback.
//
// A group's id is free for others when its last process is gone, and the kernel
// may give it to a stranger. So we signal a group only if a moment ago it was there
// and ours: at first because the command was not yet waited for, then because we
// have not stopped looking. A process id comes round again after all others (tens
// of thousands, on OpenBSD at random but not soon), which takes longer than
// groupPoll.
func (p *Process) endGroup() {
	defer close(p.ended)
	if p.group.reaped() {
		return // it has ended, and what it left behind is its own affair
	}
	p.interrupted = true
	if p.grace > 0 && p.group.terminate() && p.gone(p.grace) {
		return
	}
	p.killed = true
	p.group.kill()
	p.gone(killDelay)
}

// gone waits until nothing of the group is left. It is false if that takes longer
// than limit.
func (p *Process) gone(limit time.Duration) bool {
	end := time.NewTimer(limit)
	defer end.Stop()
	look := time.NewTicker(groupPoll)
	defer look.Stop()
	waited, reaped := p.waited, false
	for p.group.alive(reaped) {
		select {
		case <-waited:
			waited, reaped = nil, true
		case <-look.C:
		case <-end.C:
			return false
		}
	}
	return true
}

func name(cmd *exec.Cmd) string { return filepath.Base(cmd.Path) }

// A CommandError says how a command ended that was interrupted because its
// context ended.
type CommandError struct {
	Name   string // the last element of the command's path
	Cause  error  // [context.Cause] of the context
	Err    error  // what [exec.Cmd.Wait] returned; nil if it exited with 0
	Killed bool   // the grace period was not enough for the whole group
	Left   bool   // something of the group is there even so; but for Linux with proc(5) it may be zombies
}

// Error reads `ctxio: run "make": context canceled: signal: killed (killed after the grace period)`.
func (e *CommandError) Error() string {
	text := fmt.Sprintf("ctxio: run %q: %v: ", e.Name, e.Cause)
	if e.Err != nil {
		text += e.Err.Error()
	} else {
		text += "exit status 0"
	}
	switch {
	case e.Left:
		text += " (some of its processes survived SIGKILL)"
	case e.Killed:
		text += " (killed after the grace period)"
	}
	return text
}

// Unwrap returns Cause and, unless it is nil, Err, which as a rule is an
// *[exec.ExitError].
func (e *CommandError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Cause}
	}
	return []error{e.Cause, e.Err}
}
