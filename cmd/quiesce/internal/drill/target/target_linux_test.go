// SPDX-License-Identifier: Apache-2.0

package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

func TestExit(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script string
		want   record.Exit
	}{
		{"ok", "exit 0", record.Exit{}},
		{"code", "exit 7", record.Exit{Code: 7}},
		{"signal", "kill -USR1 $$", record.Exit{Code: -1, Signal: "SIGUSR1"}},
		{"killed by itself", "kill -KILL $$", record.Exit{Code: -1, Signal: "SIGKILL"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := time.Now()
			server, err := Start(t.Context(), Spec{Argv: []string{"sh", "-c", tt.script}})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			awaitClosed(t, "exit", server.Exited())
			after := time.Now()
			e, at := server.Exit()
			if e.MaxRSS < 100<<10 || e.CPU <= 0 {
				t.Errorf("cpu %v, max rss %d", e.CPU, e.MaxRSS)
			}
			e.MaxRSS, e.CPU = 0, 0
			if e != tt.want {
				t.Errorf("exit %+v, want %+v", e, tt.want)
			}
			if began := server.Began(); began.Before(before) || at.Before(began) || after.Before(at) {
				t.Errorf("began %v, exited %v after before; now %v", began.Sub(before), at.Sub(before), after.Sub(before))
			}
			if _, err := server.Signal(syscall.SIGTERM, false); !errors.Is(err, os.ErrProcessDone) {
				t.Errorf("signal after the exit: %v", err)
			}
		})
	}
}

func TestSignal(t *testing.T) {
	server, addr := start(t, "server")
	if got, err := server.Listening(); err != nil || !slices.Equal(got, []string{addr}) {
		t.Errorf("listening on %q, %v; want %q", got, err, addr)
	}
	before := time.Now()
	at, err := server.Signal(syscall.SIGTERM, false)
	if err != nil {
		t.Fatal(err)
	}
	awaitClosed(t, "exit", server.Exited())
	e, exited := server.Exit()
	if e.Code != 0 || e.Signal != "" || e.Killed {
		t.Errorf("exit %+v", e)
	}
	if at.Before(before) || exited.Before(at) {
		t.Errorf("signalled %v, exited %v after before", at.Sub(before), exited.Sub(before))
	}
	if left := server.Leftovers(t.Context(), time.Second); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestSignalGroup(t *testing.T) {
	var out bytes.Buffer
	script := `trap 'echo parent' USR1; sh -c 'trap "echo child; exit" USR1; echo ready; while :; do sleep 0.01; done' & wait; wait`
	lines := newLines()
	server, err := Start(t.Context(), Spec{Argv: []string{"sh", "-c", script}, Output: writers{lines, &out}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	lines.await("ready")
	if _, err := server.Signal(syscall.SIGUSR1, true); err != nil {
		t.Fatal(err)
	}
	awaitClosed(t, "exit", server.Exited())
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"parent", "child"} {
		if !strings.Contains(out.String(), who) {
			t.Errorf("the %s was not signalled: %q", who, out.String())
		}
	}
}

type writers [2]interface{ Write([]byte) (int, error) }

func (w writers) Write(p []byte) (int, error) {
	w[0].Write(p)
	return w[1].Write(p)
}

// The server must not be reached by what the terminal sends to the drill's group.
func TestSessionOfItsOwn(t *testing.T) {
	server, _ := start(t, "server")
	sid := func(pid int) int {
		sid, _, _ := syscall.Syscall(syscall.SYS_GETSID, uintptr(pid), 0, 0)
		return int(sid)
	}
	if got := sid(server.PID()); got != server.PID() {
		t.Errorf("the session of the server is %d, want its own, %d", got, server.PID())
	}
	for _, pid := range []int{server.tree.guard.pid, server.tree.guard.keeper.Process.Pid} {
		if got := sid(pid); got == sid(0) || got == server.PID() {
			t.Errorf("pid %d is in session %d, the drill's or the server's", pid, got)
		}
	}
}

// Signals that are ignored by the drill, or by its guard, are not by the server.
func TestSignalsAreAsAtBoot(t *testing.T) {
	lines := newLines()
	server, err := Start(t.Context(), Spec{Argv: []string{"grep", "-E", "Sig(Ign|Blk)", "/proc/self/status"}, Output: lines})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for _, what := range []string{"SigBlk:", "SigIgn:"} {
		if got := lines.await(what); got != "0000000000000000" {
			t.Errorf("%s %s", what, got)
		}
	}
}

// The exit is seen while a grandchild holds the output.
func TestExitWithOutputHeld(t *testing.T) {
	server, _ := start(t, "parent")
	stop(t, server, syscall.SIGTERM)
	_, at := server.Exit()
	if late := time.Since(at); late > patience/2 {
		t.Errorf("seen %v late", late)
	}
	left := server.Leftovers(t.Context(), 0)
	if len(left) != 1 || left[0].Kind != record.LeftProcess {
		t.Errorf("left %v, want the child", left)
	}
}

func TestShell(t *testing.T) {
	server, _ := startWith(t, Spec{Shell: true}, "server", "an argument", "$HOME")
	p, err := readProcess(server.PID())
	if err != nil {
		t.Fatal(err)
	}
	if below := descendants(server.PID()); len(below) != 1 || p.name != "sh" {
		t.Fatalf("the server is %v with %v below it, want a shell with one process", p, below)
	} else if text := below[0].String(); !strings.HasSuffix(text, " an argument $HOME)") {
		t.Errorf("below the shell is %s", text)
	}
}

func TestShellPassesTheCodeOn(t *testing.T) {
	argv, env := self("exit", "9")
	server, err := Start(t.Context(), Spec{Argv: argv, Env: env, Shell: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if e, _ := server.Exit(); e.Code != 9 {
		t.Errorf("exit %+v", e)
	}
}

func TestEnvironment(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	server, err := Start(t.Context(), Spec{
		Argv: []string{"env"}, Dir: dir,
		Env:    []string{"PATH=" + os.Getenv("PATH"), "A=1", "TMPDIR=/nowhere", "A=2", roleVariable + "=" + roleGuard},
		Output: &out,
	})
	if err != nil {
		t.Fatal(err)
	}
	awaitClosed(t, "exit", server.Exited())
	tmp := server.tree.tmp
	if _, err := os.Stat(tmp); err != nil {
		t.Error(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(out.String())
	slices.Sort(got)
	want := []string{"A=2", "PATH=" + os.Getenv("PATH"), "PWD=" + dir, "TMPDIR=" + tmp}
	if !slices.Equal(got, want) {
		t.Errorf("environment %q, want %q", got, want)
	}
	if _, err := os.Stat(tmp); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s after Close: %v", tmp, err)
	}
}

// TestLargeEnvironment: one that is larger than what a socket holds. Linux takes a quarter
// of the stack's limit, 2 MiB by default.
func TestLargeEnvironment(t *testing.T) {
	const last = 11
	env := os.Environ()
	for i := range last + 1 {
		env = append(env, fmt.Sprintf("LARGE%d=%s", i, strings.Repeat("x", 100_000)))
	}
	var out bytes.Buffer
	server, err := Start(t.Context(), Spec{Argv: []string{"sh", "-c", fmt.Sprintf("echo ${#LARGE%d}", last)}, Env: env, Output: &out})
	if err != nil {
		t.Fatal(err)
	}
	awaitClosed(t, "exit", server.Exited())
	server.Close()
	if got := strings.TrimSpace(out.String()); got != "100000" {
		t.Errorf("the server saw %q", got)
	}
}

func TestStartFails(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct {
		spec Spec
		want string
	}{
		{Spec{}, "no argument"},
		{Spec{Argv: []string{""}}, "no argument"},
		{Spec{Argv: []string{"no-such-program"}}, `start "no-such-program": executable file not found in $PATH`},
		{Spec{Argv: []string{dir + "/none"}}, "none\": no such file or directory"},
		{Spec{Argv: []string{dir}}, "is a directory"},
		{Spec{Argv: []string{write("plain", "#!/bin/sh\n", 0o644)}}, "may not be run: its mode is -rw-r--r--"},
		{Spec{Argv: []string{write("odd", "\x00\x01\x02\x03", 0o755)}}, "not a program for this machine"},
		{Spec{Argv: []string{write("lost", "#!/no/such/shell\n", 0o755)}}, "not the program that is to interpret it"},
		{Spec{Argv: []string{"true"}, Dir: dir + "/none"}, "start in"},
		{Spec{Argv: []string{"true"}, Dir: write("file", "", 0o644)}, "not a directory"},
	} {
		server, err := Start(t.Context(), tt.spec)
		if err == nil {
			server.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Start(%q in %q): %v, want %q", tt.spec.Argv, tt.spec.Dir, err, tt.want)
		}
	}
}

func TestStartCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("no more"))
	guards.empty()
	if _, err := Start(ctx, Spec{Argv: []string{"true"}}); err == nil || err.Error() != "no more" {
		t.Errorf("error %v", err)
	}
}

// A process that is a guard by its environment, and was not caught by Guard, starts none:
// it would start itself for ever.
func TestGuardIsNotCaught(t *testing.T) {
	t.Setenv(roleVariable, "odd")
	guards.empty()
	if _, err := Start(t.Context(), Spec{Argv: []string{"true"}}); err == nil || !strings.Contains(err.Error(), "target.Guard") {
		t.Errorf("error %v", err)
	}
}

func TestGuardIsUsedAgain(t *testing.T) {
	guards.empty()
	m := mark(t)
	first := 0
	for range 5 {
		server, _ := start(t, "tree")
		if first == 0 {
			first = server.tree.guard.pid
		}
		if got := server.tree.guard.pid; got != first {
			t.Errorf("guard %d, want %d again", got, first)
		}
		if n := len(marked(m)); n != treeSize+2 {
			t.Errorf("%d processes, want %d and two guards", n, treeSize)
		}
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
		if e, _ := server.Exit(); !e.Killed || e.Signal != "SIGKILL" {
			t.Errorf("exit %+v, want one by us", e)
		}
		if n := len(marked(m)); n != 2 {
			t.Errorf("%d processes after Close, want two guards", n)
		}
		if err := server.Close(); err != nil {
			t.Errorf("Close again: %v", err)
		}
	}
	guards.empty()
	eventually(t, "the guard ends", func() bool { return len(marked(m)) == 0 })
}

func TestPrepare(t *testing.T) {
	guards.empty()
	m := mark(t)
	for range 2 * maxIdle {
		Prepare()
	}
	eventually(t, "the guards are there", func() bool { return len(marked(m)) == 2*maxIdle })
	server, _ := start(t, "server")
	if n := len(marked(m)); n != 2*maxIdle+1 {
		t.Errorf("%d processes, want the server and %d guards with their keepers", n, maxIdle)
	}
	stop(t, server, syscall.SIGTERM)
	server.Close()
	Release()
	if left := marked(m); len(left) > 0 {
		t.Errorf("%d processes are there after Release", len(left))
	}
}

func TestConcurrentTargets(t *testing.T) {
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			argv, env := self("exit", fmt.Sprint(i))
			server, err := Start(t.Context(), Spec{Argv: argv, Env: env})
			if err != nil {
				t.Error(err)
				return
			}
			if e, _ := server.Exit(); e.Code != i {
				t.Errorf("exit %+v, want %d", e, i)
			}
			if left := server.Leftovers(t.Context(), time.Second); len(left) > 0 {
				t.Errorf("left %v", left)
			}
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestSignalNames(t *testing.T) {
	for name, want := range map[string]syscall.Signal{"TERM": syscall.SIGTERM, "sigusr2": syscall.SIGUSR2, "SIGHUP": syscall.SIGHUP} {
		if got, err := ParseSignal(name); err != nil || got != want {
			t.Errorf("ParseSignal(%q) = %v, %v", name, got, err)
		}
	}
	if _, err := ParseSignal("SIGNIFICANT"); err == nil {
		t.Error("no error for an odd name")
	}
	if got := SignalName(syscall.SIGINT); got != "SIGINT" {
		t.Errorf("SignalName = %q", got)
	}
}
