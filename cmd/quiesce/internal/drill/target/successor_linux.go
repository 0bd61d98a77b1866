// SPDX-License-Identifier: Apache-2.0

package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// successorRest is how long Successor waits between two looks. One is not enough: a
// process that is about to become another program still has the sockets of its parent.
const successorRest = 5 * time.Millisecond

// Successor waits for what has replaced the server after a signal to it, and returns when
// it has seen that twice, or ctx ends. That is one of
//
//   - another process of its tree that is younger than the signal and listens on TCP, the
//     topmost of them. One that was forked and has not become a program of its own counts
//     only when the server has exited.
//   - the same process, if [Target.Upgrade] was called: it has become a program anew, and
//     it listens, or one of its new children does.
//   - the same process, if it has children that listen, and has had others, all of which
//     are gone.
//
// The successor is a target of its own, to which the tree goes over; of a server that was
// attached to that is what is below the successor. The exit of the old server is still
// seen at the old target.
func (t *Target) Successor(ctx context.Context) (*Target, error) {
	var last process
	for {
		gone := isClosed(t.exited)
		all := t.tree.processes()
		if gone && t.tree.guard == nil {
			all = append(all, t.tree.strays(all)...)
		}
		if gone && !slices.ContainsFunc(all, process.alive) {
			return nil, errors.New("it has ended, and no process of it is left")
		}
		p, ok := t.heir(all, gone)
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

// heir looks for the successor among all that there are.
func (t *Target) heir(all []process, gone bool) (process, bool) {
	t.mu.Lock()
	since, before := t.signalled, t.before
	t.mu.Unlock()
	self, anew := before.anew(t)
	if !anew {
		if p, ok := topmost(all, t.pid, since, gone); ok {
			return p, true
		}
	}
	return self, before.stayed(self, anew, all)
}

// topmost returns a process that is another program than the server and listens; any that
// does, if the server is gone.
func topmost(all []process, server int, since time.Time, gone bool) (process, bool) {
	candidates := map[int]bool{}
	for _, p := range all {
		if p.pid != server && startedSince(p, since) && (gone || !p.forked()) && p.listens() {
			candidates[p.pid] = true
		}
	}
	for _, p := range all {
		if candidates[p.pid] && !candidates[p.parent] {
			return p, true
		}
	}
	return process{}, false
}

// forked reports whether the process runs the program of its parent.
func (p process) forked() bool { return p.flags&sameAsParent != 0 }

// listens reports whether the process has a listening TCP socket.
func (p process) listens() bool { return !p.zombie() && len(holds([]process{p}).tcp) > 0 }

// ticks is how many there are in a second in /proc/PID/stat, on every Linux.
const ticks = 100

// startedSince: was the process started after the time? To a tick, in favour of it.
func startedSince(p process, at time.Time) bool {
	age := bootTime() - time.Duration(p.start)*(time.Second/ticks)
	return age <= time.Since(at)+time.Second/ticks
}

// succeed makes a process the successor.
func (t *Target) succeed(p process) (*Target, error) {
	tr := t.tree
	if tr.guard == nil { // nobody adopts: what it starts is below it
		tr = newTree(nil, p.pid)
	}
	s := newTarget(p.pid, tr)
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
