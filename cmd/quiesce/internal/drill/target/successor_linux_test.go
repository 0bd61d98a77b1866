// SPDX-License-Identifier: Apache-2.0

package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSuccessor(t *testing.T) {
	old, addr := start(t, "upgrade")
	if _, err := old.Signal(syscall.SIGUSR2, false); err != nil {
		t.Fatal(err)
	}
	next, err := old.Successor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	awaitClosed(t, "exit of the old one", old.Exited())
	if e, _ := old.Exit(); e.Code != 0 || e.Killed {
		t.Errorf("exit of the old one %+v", e)
	}
	if left := old.Leftovers(t.Context(), time.Second); len(left) > 0 {
		t.Errorf("the old one left %v", left)
	}
	if err := old.Close(); err != nil {
		t.Error(err)
	}
	if got, err := next.Listening(); err != nil || len(got) != 1 || got[0] != addr {
		t.Errorf("the successor listens on %q, %v; want %q", got, err, addr)
	}
	if next.PID() == old.PID() {
		t.Error("the successor is the old one")
	}
	stop(t, next, syscall.SIGTERM)
	if e, at := next.Exit(); e.Code != 3 || e.CPU <= 0 || at.IsZero() {
		t.Errorf("exit of the successor %+v at %v", e, at)
	}
	if left := next.Leftovers(t.Context(), time.Second); len(left) > 0 {
		t.Errorf("the successor left %v", left)
	}
}

func TestNoSuccessor(t *testing.T) {
	server, _ := start(t, "server")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := server.Successor(ctx); err == nil || !strings.Contains(err.Error(), "no other process") {
		t.Errorf("error %v", err)
	}
}

// againServer becomes itself anew on USR2, and keeps its listener; with an argument it has
// a child each time, for which it does not wait. It exits with 0 on SIGTERM.
func againServer(args []string) {
	const socket = 100 // its descriptor, the second time
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR2)
	l, err := net.FileListener(os.NewFile(socket, "inherited"))
	if err != nil {
		l = listen()
	}
	if len(args) > 0 {
		startStubborn("stubborn", nil)
	}
	fmt.Println("ready", l.Addr())
	if <-signals == syscall.SIGTERM {
		return
	}
	f, _ := l.(*net.TCPListener).File()
	if err := syscall.Dup3(int(f.Fd()), socket, 0); err != nil {
		panic(err)
	}
	panic(syscall.Exec("/proc/self/exe", os.Args, os.Environ()))
}

func upgrade(t *testing.T, old *Target) (next *Target) {
	t.Helper()
	if _, err := old.Upgrade(syscall.SIGUSR2, false); err != nil {
		t.Fatal(err)
	}
	next, err := old.Successor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// One that becomes itself anew follows itself, over and over.
func TestSuccessorInPlace(t *testing.T) {
	argv, env := self("again")
	out := newLines()
	server, err := Start(t.Context(), Spec{Argv: argv, Env: env, Output: out})
	if err != nil {
		t.Fatal(err)
	}
	addr := out.await("ready")
	for range 3 {
		next := upgrade(t, server)
		out.await("ready") // for the next signal
		if next.PID() != server.PID() || next == server || isClosed(server.Exited()) {
			t.Fatalf("the successor has pid %d, the server %d", next.PID(), server.PID())
		}
		if err := server.Replaced(t.Context()); err != nil {
			t.Error(err)
		}
		if got, err := next.Listening(); err != nil || len(got) != 1 || got[0] != addr {
			t.Errorf("the successor listens on %q, %v; want %q", got, err, addr)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		server = next
	}
	defer server.Close()
	stop(t, server, syscall.SIGTERM)
	if e, _ := server.Exit(); e.Code != 0 || e.Signal != "" {
		t.Errorf("exit of the last %+v", e)
	}
}

// What was there before is waited for, and killed without its successor.
func TestReplaced(t *testing.T) {
	server, _ := start(t, "again", "with a child")
	next := upgrade(t, server)
	defer next.Close()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errors.New("too late"))
	defer cancel()
	if err := server.Replaced(ctx); err == nil || !strings.Contains(err.Error(), "has not ended: too late") {
		t.Errorf("error %v", err)
	}
	children := func() (n int) {
		for _, p := range descendants(next.PID()) {
			if p.alive() {
				n++
			}
		}
		return n
	}
	eventually(t, "both children are there", func() bool { return children() == 2 })
	if err := server.KillReplaced(); err != nil {
		t.Error(err)
	}
	if err := server.Replaced(t.Context()); err != nil {
		t.Error(err)
	}
	if n := children(); n != 1 || isClosed(next.Exited()) {
		t.Errorf("%d children, want 1; the successor has exited: %v", n, isClosed(next.Exited()))
	}
	server.Close()
}

// Nor is one killed that is another process.
func TestKillReplaced(t *testing.T) {
	server, _ := start(t, "upgrade", "stay")
	next := upgrade(t, server)
	defer next.Close()
	if err := server.KillReplaced(); err != nil {
		t.Error(err)
	}
	if e, _ := server.Exit(); !e.Killed || isClosed(next.Exited()) {
		t.Errorf("exit %+v; the successor has exited: %v", e, isClosed(next.Exited()))
	}
	server.Close()
}

// The successor of a process that was attached to is found when that has ended, and nobody
// has seen them together.
func TestSuccessorStray(t *testing.T) {
	c, addr := startAlone(t, "upgrade")
	server, err := Attach(c.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Upgrade(syscall.SIGUSR2, false); err != nil {
		t.Fatal(err)
	}
	c.Wait()
	awaitClosed(t, "exit of the old one", server.Exited())
	next, err := server.Successor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := next.Listening(); err != nil || len(got) != 1 || got[0] != addr {
		t.Errorf("the successor listens on %q, %v; want %q", got, err, addr)
	}
	server.Close()
	next.Close()
	if isClosed(next.Exited()) || syscall.Kill(next.PID(), 0) != nil {
		t.Error("Close has killed what it has not started")
	}
}

// One that dies of the signal has none, which is known at once.
func TestSuccessorOfNobody(t *testing.T) {
	server, _ := start(t, "server")
	defer server.Close()
	if _, err := server.Upgrade(syscall.SIGTERM, false); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Successor(t.Context()); err == nil || !strings.Contains(err.Error(), "no process of it is left") {
		t.Errorf("error %v", err)
	}
}
