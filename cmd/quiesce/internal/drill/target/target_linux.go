// SPDX-License-Identifier: Apache-2.0

package target

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// statusPatience is how long is waited for the status of a process that has exited: its
// parent may not have reaped it yet.
const statusPatience = 100 * time.Millisecond

// A Target is a server under test: one process, with its descendants. [Start], [Attach]
// and [Unit] make them. It is safe for concurrent use.
type Target struct {
	pid    int
	start  uint64 // with pid: names it for good
	began  time.Time
	handle *os.Process // holds a pidfd; nil: it had exited before it could be opened
	tree   *tree
	unit   string        // of systemd; empty: none
	own    bool          // it was started by us
	exited chan struct{} // closed when exit and exitAt are there

	ctx    context.Context // of what waits for the exit
	cancel context.CancelFunc
	watch  sync.WaitGroup // what waits for the exit

	exit   record.Exit
	exitAt time.Time

	mu        sync.Mutex
	looked    bool        // the tree's sockets have been looked at
	killed    bool        // by us
	signalled time.Time   // last
	next      *Target     // its successor
	before    *generation // who was there before Upgrade; nil: it was not called
}

func newTarget(pid int, tr *tree) *Target {
	t := &Target{pid: pid, tree: tr, exited: make(chan struct{})}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// PID is the process of the server.
func (t *Target) PID() int { return t.pid }

// Began is when the server was started; when it was attached to, if it was not started
// here.
func (t *Target) Began() time.Time { return t.began }

// Exited is closed when the server has exited, whoever still holds its output. It is
// closed too if the guard is lost.
func (t *Target) Exited() <-chan struct{} { return t.exited }

// Exit returns how and when the server exited; it is to be called after Exited.
//
// If the server is not a child of ours the code is known only since Linux 6.15, or from
// systemd; otherwise Unknown is set. The same is so if the guard was lost.
func (t *Target) Exit() (record.Exit, time.Time) {
	<-t.exited
	return t.exit, t.exitAt
}

// Signal sends a signal to the server, or to its process group, and returns when it did.
// It returns [os.ErrProcessDone] if the server has exited; another process that has got
// its number is never signalled.
func (t *Target) Signal(s syscall.Signal, group bool) (at time.Time, err error) {
	t.lookOnce()
	return t.send(s, group)
}

func (t *Target) send(s syscall.Signal, group bool) (at time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.handle == nil || isClosed(t.exited) {
		return time.Time{}, os.ErrProcessDone
	}
	if s == syscall.SIGKILL {
		t.killed = true
	}
	at = time.Now()
	t.signalled = at
	if group {
		return at, t.signalGroup(s)
	}
	return at, t.handle.Signal(s)
}

// signalGroup does so by the handle if the server leads its group, which one that was
// started here does, and the kernel can.
func (t *Target) signalGroup(s syscall.Signal) error {
	group, err := syscall.Getpgid(t.pid)
	switch {
	case err != nil:
		return os.ErrProcessDone
	case group <= 1 || group == syscall.Getpgrp():
		return fmt.Errorf("process group %d is not the server's", group)
	case group == t.pid:
		err = syscall.EINVAL
		t.handle.WithHandle(func(h uintptr) { err = signalGroup(h, s) })
		if err == nil || err == syscall.ESRCH {
			return err
		}
	}
	return syscall.Kill(-group, s)
}

// lookOnce sees to it that the sockets of the server have been looked at while it lives.
func (t *Target) lookOnce() {
	t.mu.Lock()
	looked := t.looked
	t.looked = true
	t.mu.Unlock()
	if !looked {
		t.tree.look()
	}
}

// Listening returns the TCP addresses on which the server or a descendant listens,
// sorted. What it sees, unix sockets too, is remembered for [Target.Leftovers]: call it
// when the server is ready.
func (t *Target) Listening() ([]string, error) {
	if isClosed(t.exited) {
		return nil, os.ErrProcessDone
	}
	h := t.tree.look()
	t.mu.Lock()
	t.looked = true
	t.mu.Unlock()
	addrs := map[string]bool{}
	for _, l := range h.tcp {
		addrs[l.addr.String()] = true
	}
	return slices.Sorted(maps.Keys(addrs)), nil
}

// Close kills the server and all its descendants, reaps them, and removes the directory
// that was made for it. It returns when they are gone, and an error if some cannot be
// killed. A server that was attached to is left alone.
//
// A target that has a successor leaves it and the rest to the successor's Close. Later
// calls do nothing and return the result of the first.
func (t *Target) Close() error {
	t.mu.Lock()
	t.before.forget()
	if t.next != nil {
		t.mu.Unlock()
		if !t.own {
			t.release()
		}
		return nil
	}
	if t.own && !isClosed(t.exited) {
		t.killed = true
	}
	t.mu.Unlock()
	err := t.tree.close()
	if t.own {
		<-t.exited
	}
	t.release()
	return err
}

// release lets go what we have of the process.
func (t *Target) release() {
	t.cancel()
	t.watch.Wait()
	if t.handle != nil {
		t.handle.Release() // and again: that is no error that matters
	}
}

// finish says that the server has exited.
func (t *Target) finish(e record.Exit, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.Killed = t.killed && e.Signal == SignalName(syscall.SIGKILL)
	t.exit, t.exitAt = e, at
	close(t.exited)
}

// exitOf reads a status of wait4.
func exitOf(status syscall.WaitStatus) record.Exit {
	if status.Signaled() {
		return record.Exit{Code: -1, Signal: SignalName(status.Signal())}
	}
	return record.Exit{Code: status.ExitStatus()}
}

// unknownExit is that of a process whose status nobody tells us.
func unknownExit() record.Exit { return record.Exit{Code: -1, Unknown: true} }

// awaitFate waits for the exit of a child of the guard.
func (t *Target) awaitFate(f *fate) {
	<-f.done
	t.fromFate(f)
}

func (t *Target) fromFate(f *fate) {
	if f.how.Kind == "" {
		t.finish(unknownExit(), time.Now())
		return
	}
	e := exitOf(syscall.WaitStatus(f.how.Status))
	e.CPU, e.MaxRSS = f.how.CPU, f.how.MaxRSS
	t.finish(e, moment(f.how.At))
}

// awaitOther waits for the exit of a process that is not a child of ours, or perhaps not
// yet: f is what the guard will say then; nil if there is no guard.
func (t *Target) awaitOther(pidfd *os.File, f *fate) {
	defer pidfd.Close()
	stop := context.AfterFunc(t.ctx, func() { pidfd.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	err := awaitExit(pidfd)
	at := time.Now()
	if err != nil {
		return
	}
	if f == nil {
		t.finish(t.askStatus(pidfd), at)
		return
	}
	select {
	case <-f.done:
		t.fromFate(f)
	case <-time.After(statusPatience):
		t.finish(t.askStatus(pidfd), at)
	}
}

// askStatus asks whoever may know how a process ended: systemd, the kernel.
func (t *Target) askStatus(pidfd *os.File) record.Exit {
	if t.unit != "" {
		if e, err := unitExit(t.ctx, t.unit, t.pid); err == nil {
			return e
		}
	}
	for end := time.Now().Add(statusPatience); time.Now().Before(end) && t.ctx.Err() == nil; time.Sleep(time.Millisecond) {
		if status, ok := exitStatus(pidfd); ok {
			return exitOf(status)
		}
	}
	return unknownExit()
}

var errNotStarted = errors.New("no argument: which program is to be started?")
