// SPDX-License-Identifier: Apache-2.0

package target

import (
	"maps"
	"os"
	"slices"
	"sync"
	"time"
)

// copyPatience is how long Close waits for the rest of the output when all who could
// write it are gone. Only a descriptor that was passed out of the tree makes it wait.
const copyPatience = time.Second

// A tree is a server with its descendants, and its successors with theirs.
type tree struct {
	guard *guard // nil: attached
	root  int    // process: of the guard, or the server that was attached to
	tmp   string // that was made for the server; removed in the end
	watch []string
	known map[string]bool // paths that were there before the server

	output *os.File      // the reading end
	copied chan struct{} // closed when the output is at its end

	mu      sync.Mutex
	tcp     map[uint64]listener // that were seen to be held; guarded by mu
	unix    map[string]bool     // guarded by mu
	members map[int]process     // of an attached tree: nobody adopts them; guarded by mu

	closing sync.Once
	err     error // of closing
}

func newTree(g *guard, root int) *tree {
	return &tree{guard: g, root: root, tcp: map[uint64]listener{}, unix: map[string]bool{}, members: map[int]process{}}
}

// processes returns those of the tree that are there. If the server was attached to,
// that is what is below it and what has once been seen there.
func (t *tree) processes() []process {
	found := descendants(t.root)
	if t.guard != nil {
		return found
	}
	if p, err := readProcess(t.root); err == nil {
		found = append([]process{p}, found...)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for pid, old := range t.members {
		if p, err := readProcess(pid); err != nil || p.start != old.start {
			delete(t.members, pid)
		} else if !slices.ContainsFunc(found, func(f process) bool { return f.pid == pid }) {
			found = append(found, p)
		}
	}
	for _, p := range found {
		t.members[p.pid] = p
	}
	return found
}

// strays returns the processes of the machine that hold a socket on which the tree
// listened, and are not among those that are known. Where nobody adopts, a process that the
// server has started right before it ended is found by nothing else.
func (t *tree) strays(known []process) []process {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(descendants(0), func(p process) bool {
		return slices.ContainsFunc(known, p.is) || !slices.ContainsFunc(sockets(p.pid), func(inode uint64) bool {
			_, ok := t.tcp[inode]
			return ok
		})
	})
}

// look sees which sockets the tree holds, and remembers them.
func (t *tree) look() held {
	h := holds(t.processes())
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.Copy(t.tcp, h.tcp)
	for _, name := range h.unix {
		t.unix[name] = true
	}
	return h
}

// close kills the tree if it is ours, waits for the rest of its output, and takes the
// guard back.
func (t *tree) close() error {
	t.closing.Do(func() {
		if t.guard == nil {
			return
		}
		t.err = t.kill()
		t.await()
		os.RemoveAll(t.tmp)
	})
	return t.err
}

func (t *tree) kill() error {
	m, err := t.guard.call(request{Op: opKill}, nil)
	if err == nil && m.Error != "" {
		err = errorString(m.Error)
	}
	if err != nil {
		t.guard.end()
		return err
	}
	guards.put(t.guard)
	return nil
}

// await waits until the output is copied.
func (t *tree) await() {
	late := time.AfterFunc(copyPatience, func() { t.output.Close() })
	defer late.Stop()
	<-t.copied
}

type errorString string

func (e errorString) Error() string { return string(e) }
