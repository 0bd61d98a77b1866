// SPDX-License-Identifier: Apache-2.0

package target

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A doomed drill is another process that has started a tree.
type doomed struct {
	cmd                   *exec.Cmd
	stdin                 io.WriteCloser
	stdout                io.ReadCloser
	guard, keeper, server int
}

func startDoomed(t *testing.T) *doomed {
	t.Helper()
	d := &doomed{cmd: command("drill")}
	d.cmd.Stderr = nil // it panics as told
	d.stdin, _ = d.cmd.StdinPipe()
	d.stdout, _ = d.cmd.StdoutPipe()
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.cmd.Process.Kill()
		d.cmd.Wait()
	})
	line, err := bufio.NewReader(d.stdout).ReadString('\n')
	if err == nil {
		_, err = fmt.Sscan(line, &d.guard, &d.keeper, &d.server)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Whatever happens to the drill or to what guards the server, nothing stays.
func TestNothingOutlives(t *testing.T) {
	for _, tt := range []struct {
		name  string
		doom  func(d *doomed)
		drill bool // it survives
		dir   bool // so does the server's directory, for nobody is left who knows of it
	}{
		{"drill killed", func(d *doomed) { d.cmd.Process.Kill() }, false, false},
		{"drill terminated", func(d *doomed) { d.cmd.Process.Signal(syscall.SIGTERM) }, false, false},
		{"drill hung up", func(d *doomed) { d.cmd.Process.Signal(syscall.SIGHUP) }, false, false},
		{"drill panics", func(d *doomed) { io.WriteString(d.stdin, "panic\n") }, false, false},
		{"output of the drill closed", func(d *doomed) { d.stdout.Close(); io.WriteString(d.stdin, "print\n") }, false, false},
		{"guard killed", func(d *doomed) { syscall.Kill(d.guard, syscall.SIGKILL) }, true, true},
		{"keeper killed", func(d *doomed) { syscall.Kill(d.keeper, syscall.SIGKILL) }, true, false},
		{"drill and guard killed", func(d *doomed) { syscall.Kill(d.guard, syscall.SIGKILL); d.cmd.Process.Kill() }, false, true},
		{"drill and keeper killed", func(d *doomed) { syscall.Kill(d.keeper, syscall.SIGKILL); d.cmd.Process.Kill() }, false, false},
		{"all terminated", func(d *doomed) {
			for _, pid := range []int{d.guard, d.keeper, d.cmd.Process.Pid} {
				syscall.Kill(pid, syscall.SIGTERM)
			}
		}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := mark(t)
			t.Setenv("TMPDIR", t.TempDir())
			d := startDoomed(t)
			if n := len(marked(m)); n != treeSize+3 {
				t.Fatalf("%d processes, want %d, a drill, its guard and keeper", n, treeSize)
			}
			tt.doom(d)
			eventually(t, "the tree is gone", func() bool {
				n := 0
				for _, p := range marked(m) {
					if p.pid != d.cmd.Process.Pid {
						n++
					}
				}
				return n == 0
			})
			if tt.drill && len(marked(m)) != 1 {
				t.Error("the drill has ended too")
			}
			if left, err := filepath.Glob(filepath.Join(os.TempDir(), "quiesce-drill-*")); err != nil || (len(left) > 0) != tt.dir {
				t.Errorf("directories %q, %v", left, err)
			}
			if !tt.drill {
				eventually(t, "the drill ends", func() bool { return len(marked(m)) == 0 })
			}
		})
	}
}

// The drill hears of it when it has lost its guard.
func TestGuardLost(t *testing.T) {
	guards.empty()
	argv, env := self("server")
	lines := newLines()
	server, err := Start(t.Context(), Spec{Argv: argv, Env: env, Output: lines})
	if err != nil {
		t.Fatal(err)
	}
	lines.await("ready")
	syscall.Kill(server.tree.guard.pid, syscall.SIGKILL)
	awaitClosed(t, "exit", server.Exited())
	if e, _ := server.Exit(); !e.Unknown || e.Code != -1 {
		t.Errorf("exit %+v, want an unknown one", e)
	}
	if err := server.Close(); err == nil || !strings.Contains(err.Error(), "guard") {
		t.Errorf("Close: %v", err)
	}
	if _, err := os.Stat(server.tree.tmp); err == nil {
		t.Errorf("%s is still there", server.tree.tmp)
	}
	again, _ := start(t, "server")
	stop(t, again, syscall.SIGTERM)
}
