// SPDX-License-Identifier: Apache-2.0

package target

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// leftRest is how long Leftovers waits before it looks again for processes that may
// still go.
const (
	leftRest    = time.Millisecond
	leftRestMax = 20 * time.Millisecond
)

// Leftovers returns what the server has left behind: processes, zombies, listening
// sockets, unix sockets by name, files in the directories that are watched. It is to be
// called after Exited, and before Close.
//
// Processes have until settle has passed, or ctx has ended, to go by themselves and to
// clean up; without any there is nothing to wait for.
//
// A zombie counts if its parent lives and is of the server's tree, or was the server and
// exited without having waited for it. What a successor has is not left behind. Of a
// server that was attached to, those processes and sockets are known that were there
// when [Target.Listening] or [Target.Signal] was called.
func (t *Target) Leftovers(ctx context.Context, settle time.Duration) []record.Leftover {
	end := time.Now().Add(settle)
	for rest := leftRest; ; rest = min(2*rest, leftRestMax) {
		left, alive := t.left()
		if !alive || !time.Now().Before(end) {
			return left
		}
		select {
		case <-ctx.Done():
			return left
		case <-time.After(min(rest, time.Until(end))):
		}
	}
}

// left looks once. Alive says that there are processes, so that it may change.
func (t *Target) left() (left []record.Leftover, alive bool) {
	processes, alive, dead := t.remaining()
	for _, p := range processes {
		left = append(left, processLeft(p))
	}
	for _, z := range dead {
		left = append(left, record.Leftover{
			Kind: record.LeftZombie, What: fmt.Sprintf("pid %d (%s)", z.PID, z.Name),
			Detail: "it had exited, and the server exited without waiting for it",
		})
	}
	if t.successor() == nil {
		left = append(left, t.tree.socketsLeft(processes)...)
		left = appendNew(left, newFiles(t.tree.watch, t.tree.known))
	}
	return left, alive
}

func (t *Target) successor() *Target {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.next
}

// remaining returns the processes that are there, zombies among them that count, whether
// there are any, and the children that the server has not waited for.
func (t *Target) remaining() (processes []process, alive bool, dead []unreaped) {
	if g := t.tree.guard; g != nil {
		m, err := g.call(request{Op: opLeft}, nil)
		if err != nil {
			return nil, false, nil
		}
		for _, z := range m.Unreaped {
			if z.Parent == t.pid {
				dead = append(dead, z)
			}
		}
		if !m.Any {
			return nil, false, dead
		}
		alive = true
	}
	all := t.tree.processes()
	for _, p := range withoutBranch(all, t.successor()) {
		// The server itself may be a zombie of another parent, and orphans are reaped by us.
		if p.pid != t.pid && (!p.zombie() || contains(all, p.parent)) {
			processes = append(processes, p)
		}
	}
	if t.tree.guard == nil || t.successor() != nil {
		alive = len(processes) > 0
	}
	return processes, alive, dead
}

// withoutBranch leaves out a target and what is below it.
func withoutBranch(processes []process, t *Target) []process {
	if t == nil {
		return processes
	}
	branch := map[int]bool{t.pid: true}
	var kept []process
	for _, p := range processes { // parents come before their children
		if branch[p.pid] || branch[p.parent] {
			branch[p.pid] = true
		} else {
			kept = append(kept, p)
		}
	}
	return kept
}

func contains(processes []process, pid int) bool {
	return slices.ContainsFunc(processes, func(p process) bool { return p.pid == pid })
}

func processLeft(p process) record.Leftover {
	if p.zombie() {
		return record.Leftover{
			Kind: record.LeftZombie, What: p.String(),
			Detail: fmt.Sprintf("pid %d, its parent, has not waited for it", p.parent),
		}
	}
	l := record.Leftover{Kind: record.LeftProcess, What: p.String()}
	if p.state == 'T' {
		l.Detail = "stopped"
	}
	return l
}

// socketsLeft returns the sockets that processes hold, and those that were held once and
// are still there: in other hands, or as a name in the file system.
func (t *tree) socketsLeft(processes []process) []record.Leftover {
	h := holds(processes)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.tcp) > 0 {
		for _, l := range listeners(t.root) {
			if old, ok := t.tcp[l.inode]; ok && old == l {
				h.tcp[l.inode] = l
			}
		}
	}
	var left []record.Leftover
	for inode, l := range h.tcp {
		what := fmt.Sprintf("tcp %v inode %d", l.addr, inode)
		left = append(left, record.Leftover{Kind: record.LeftSocket, What: what, Detail: h.holder(inode)})
	}
	names := map[string]string{}
	for inode, name := range h.unix {
		names[name] = h.holder(inode)
	}
	for name := range t.unix {
		if info, err := os.Lstat(name); err == nil && info.Mode()&fs.ModeSocket != 0 && names[name] == "" {
			names[name] = "nobody listens there any more"
		}
	}
	for name, detail := range names {
		left = append(left, record.Leftover{Kind: record.LeftUnix, What: name, Detail: detail})
	}
	slices.SortFunc(left, func(a, b record.Leftover) int { return cmp.Compare(a.What, b.What) })
	return left
}

func (h held) holder(inode uint64) string {
	if p, ok := h.by[inode]; ok {
		return fmt.Sprintf("held by %v", p)
	}
	return "held by a process that the server did not start"
}

// appendNew leaves out what is there by another way of looking.
func appendNew(left, more []record.Leftover) []record.Leftover {
	for _, m := range more {
		if !slices.ContainsFunc(left, func(l record.Leftover) bool { return l.What == m.What }) {
			left = append(left, m)
		}
	}
	return left
}
