// SPDX-License-Identifier: Apache-2.0

package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"time"
)

// A generation is who was there when a server was asked to replace itself.
type generation struct {
	old []process // below the server

	// memory is /proc/PID/maps of the server. It shows the memory that the process had
	// when it was opened: nothing, once exec has given it another. All else that tells of
	// an exec may come out the same: the start time and the program's file do, and without
	// ASLR the addresses of the stack, too. Nil: it may not be read.
	memory *os.File
}

// Upgrade is Signal for the signal on which the server replaces itself. It remembers who
// is there before.
func (t *Target) Upgrade(s syscall.Signal, group bool) (time.Time, error) {
	t.lookOnce()
	g := new(generation)
	for _, p := range t.tree.processes() {
		if p.pid != t.pid && !p.zombie() {
			g.old = append(g.old, p)
		}
	}
	g.memory, _ = os.Open(fmt.Sprintf("/proc/%d/maps", t.pid)) // another user's may not be opened
	t.mu.Lock()
	t.before.forget()
	t.before = g
	t.mu.Unlock()
	return t.send(s, group)
}

func (g *generation) forget() {
	if g != nil && g.memory != nil {
		g.memory.Close()
	}
}

// anew looks at the server, and whether it has become a program anew.
func (g *generation) anew(t *Target) (self process, anew bool) {
	changed := false
	if g != nil && g.memory != nil {
		_, err := g.memory.ReadAt(make([]byte, 1), 0)
		changed = err == io.EOF
	}
	self, err := readProcess(t.pid) // after that: one that exits has no memory either
	if err != nil || self.start != t.start {
		return process{}, false
	}
	return self, changed && !self.zombie() && self.flags&exiting == 0
}

// stayed reports whether the server has replaced itself and is the same process. Without
// a new program that is so only if it had children and all are others now.
func (g *generation) stayed(self process, anew bool, all []process) bool {
	if g == nil || self.pid == 0 || !anew && (len(g.old) == 0 || slices.ContainsFunc(g.old, process.alive)) {
		return false
	}
	if anew && self.listens() {
		return true
	}
	return slices.ContainsFunc(all, func(p process) bool {
		return (anew || p.parent == self.pid && p.forked()) && p.pid != self.pid && !slices.ContainsFunc(g.old, p.is) && p.listens()
	})
}

// is reports whether both are the same process.
func (p process) is(other process) bool { return p.pid == other.pid && p.start == other.start }

// alive reports whether the process is still there.
func (p process) alive() bool {
	now, err := readProcess(p.pid)
	return err == nil && now.is(p) && !now.zombie()
}

// Replaced waits until all are gone that were below the server before Upgrade. The server
// itself may stay; see Exited.
func (t *Target) Replaced(ctx context.Context) error {
	for _, p := range t.generation() {
		if err := p.awaitExit(ctx); err != nil {
			return fmt.Errorf("%v, which was there before, has not ended: %w", p, err)
		}
	}
	return nil
}

func (t *Target) generation() []process {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.before == nil {
		return nil
	}
	return t.before.old
}

func (p process) awaitExit(ctx context.Context) error {
	pidfd, err := openProcess(p.pid)
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	if err != nil {
		return err
	}
	defer pidfd.Close()
	if !p.alive() { // the number may be another's
		return nil
	}
	stop := context.AfterFunc(ctx, func() { pidfd.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if awaitExit(pidfd) != nil {
		return context.Cause(ctx)
	}
	return nil
}

// KillReplaced kills what was there before Upgrade of a server that has a successor, and
// leaves that alone. What was not started by us is not killed.
func (t *Target) KillReplaced() error {
	next := t.successor()
	if !t.own || next == nil {
		return nil
	}
	var errs []error
	for _, p := range t.generation() {
		errs = append(errs, p.kill())
	}
	if next.pid != t.pid {
		_, err := t.Signal(syscall.SIGKILL, false)
		if !errors.Is(err, os.ErrProcessDone) {
			errs = append(errs, err)
		}
		<-t.exited
	}
	return errors.Join(errs...)
}
