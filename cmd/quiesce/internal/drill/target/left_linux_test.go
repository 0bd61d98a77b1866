// SPDX-License-Identifier: Apache-2.0

package target

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

func TestLeftProcesses(t *testing.T) {
	server, addr := start(t, "tree")
	if got, err := server.Listening(); err != nil || len(got) != 1 || got[0] != addr {
		t.Errorf("listening on %q, %v; want %q", got, err, addr)
	}
	stop(t, server, syscall.SIGKILL)
	if e, _ := server.Exit(); !e.Killed {
		t.Errorf("exit %+v", e)
	}
	left := server.Leftovers(t.Context(), 0)
	stopped := 0
	for _, l := range left {
		if l.Kind != record.LeftProcess {
			t.Errorf("left %v, want processes only", l)
		}
		if l.Detail == "stopped" {
			stopped++
		}
	}
	if len(left) != treeSize-1 || stopped != 1 {
		t.Errorf("left %v, want %d, one of them stopped", left, treeSize-1)
	}
}

func TestLeftDaemon(t *testing.T) {
	server, _ := start(t, "parent", "daemon")
	stop(t, server, syscall.SIGTERM)
	left := server.Leftovers(t.Context(), 0)
	if len(left) != 1 || left[0].Kind != record.LeftProcess || !strings.HasPrefix(left[0].What, "pid ") {
		t.Errorf("left %v, want one process", left)
	}
}

// Who ends within the time to settle is not left, and Leftovers does not wait longer.
func TestLeftSettles(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	server, err := Start(t.Context(), Spec{Argv: []string{"sh", "-c", "(read x <" + fifo + ") & exit 0"}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	awaitClosed(t, "exit", server.Exited())
	if left := server.Leftovers(t.Context(), 0); len(left) != 1 {
		t.Errorf("left %v, want the reader", left)
	}
	looked := make(chan []record.Leftover)
	go func() { looked <- server.Leftovers(t.Context(), time.Hour) }()
	os.WriteFile(fifo, []byte("now\n"), 0)
	if left := <-looked; len(left) > 0 {
		t.Errorf("left %v after it was told to go", left)
	}
}

func TestLeftoversEndsWithItsContext(t *testing.T) {
	server, _ := start(t, "parent")
	stop(t, server, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if left := server.Leftovers(ctx, time.Hour); len(left) != 1 {
		t.Errorf("left %v, want the child", left)
	}
}

// The child that the server never waited for; its own zombie is ours and does not count.
func TestLeftZombieOfTheServer(t *testing.T) {
	server, _ := start(t, "zombie")
	child := descendants(server.PID())
	if len(child) != 1 || !child[0].zombie() {
		t.Fatalf("below the server is %v, want a zombie", child)
	}
	stop(t, server, syscall.SIGTERM)
	began := time.Now()
	left := server.Leftovers(t.Context(), time.Hour)
	if len(left) != 1 || left[0].Kind != record.LeftZombie || !strings.HasPrefix(left[0].What, fmt.Sprintf("pid %d ", child[0].pid)) {
		t.Errorf("left %v, want the zombie %d", left, child[0].pid)
	}
	if took := time.Since(began); took > patience {
		t.Errorf("took %v, though a zombie does not go", took)
	}
}

// A zombie whose parent lives on after the server.
func TestLeftZombieOfAChild(t *testing.T) {
	argv, _ := self("zombie")
	lines := newLines()
	server, err := Start(t.Context(), Spec{
		Argv:   []string{"sh", "-c", argv[0] + " & read x <&3; exit 0"},
		Env:    append(os.Environ(), roleTest+"=zombie"),
		Output: lines,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	lines.await("ready") // the shell has ended by now, or soon will: it has no descriptor 3
	awaitClosed(t, "exit", server.Exited())
	kinds := map[record.LeftoverKind]int{}
	left := server.Leftovers(t.Context(), 0)
	for _, l := range left {
		kinds[l.Kind]++
	}
	if kinds[record.LeftZombie] != 1 || kinds[record.LeftProcess] != 1 {
		t.Errorf("left %v, want a process and its zombie", left)
	}
}

// Orphans that end while the server lives are reaped by the guard and leave nothing.
func TestOrphansAreNotZombies(t *testing.T) {
	server, err := Start(t.Context(), Spec{Argv: []string{"sh", "-c", "for i in 1 2 3 4 5; do (true & true & exit 0); done; exit 0"}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	awaitClosed(t, "exit", server.Exited())
	for _, l := range server.Leftovers(t.Context(), patience) {
		if l.Kind != record.LeftZombie { // one may have ended in the very moment of the server's end
			t.Errorf("left %v", l)
		}
	}
}

func TestLeftSocketsAndFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "before"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	abstract := fmt.Sprintf("quiesce-test-%d-%d", os.Getpid(), time.Now().UnixNano())
	server, _ := startWith(t, Spec{Watch: []string{dir}, Dir: dir}, "litter", dir, abstract)
	if _, err := server.Listening(); err != nil {
		t.Fatal(err)
	}
	stop(t, server, syscall.SIGTERM)
	left := server.Leftovers(t.Context(), 0)
	quoted := regexp.QuoteMeta(dir)
	for _, want := range []struct {
		kind         record.LeftoverKind
		what, detail string
	}{
		{record.LeftProcess, `pid \d+ \(.*\)`, ``},
		{record.LeftSocket, `tcp 127\.0\.0\.1:\d+ inode \d+`, `held by pid \d+ \(.*\)`},
		{record.LeftUnix, quoted + `/held\.sock`, `held by pid \d+ \(.*\)`},
		{record.LeftUnix, quoted + `/gone\.sock`, `nobody listens there any more`},
		{record.LeftUnix, `@` + abstract, `held by pid \d+ \(.*\)`},
		{record.LeftFile, regexp.QuoteMeta(server.tree.tmp) + `/left\.tmp`, `4 bytes`},
		{record.LeftFile, quoted + `/server\.pid`, `0 bytes`},
		{record.LeftFile, quoted + `/spool`, `a directory`},
	} {
		n := 0
		for i, l := range left {
			if l.Kind == want.kind && full(want.what, l.What) && full(want.detail, l.Detail) {
				left = append(left[:i], left[i+1:]...)
				n++
				break
			}
		}
		if n == 0 {
			t.Errorf("no leftover %v %s (%s)", want.kind, want.what, want.detail)
		}
	}
	if len(left) > 0 {
		t.Errorf("left too: %v", left)
	}
}

func full(pattern, s string) bool { return regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(s) }
