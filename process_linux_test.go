// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// unshared puts c into new namespaces, as the options of unshare say. It skips
// the test where that is not allowed.
func unshared(t *testing.T, c quiescetest.Command, options ...string) quiescetest.Command {
	t.Helper()
	unshare := append([]string{"unshare"}, options...)
	if out, err := exec.Command(unshare[0], append(unshare[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("needs the right to make namespaces: %s: %v: %s", strings.Join(unshare, " "), err, bytes.TrimSpace(out))
	}
	c.Args = append(unshare, c.Args...)
	return c
}

// startPID1 starts c as PID 1 of a namespace of its own and follows it, or its
// first child if it is a shell.
func startPID1(t *testing.T, c quiescetest.Command, deep bool) *quiescetest.Process {
	t.Helper()
	c = unshared(t, c, "--pid", "--fork", "--kill-child", "--mount-proc")
	c.Ready = "ready "
	p := c.Start(t)
	pid := onlyChild(t, p.PID())
	if want := "ready 1"; !deep && p.Ready() != want {
		t.Fatalf("the child says %q, want %q", p.Ready(), want)
	}
	if deep {
		pid = onlyChild(t, pid)
	}
	p.Follow(pid)
	return p
}

// onlyChild returns the one child of a process.
func onlyChild(t *testing.T, parent int) int {
	t.Helper()
	stats, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	child := 0
	for _, d := range stats {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // it may have gone
		_, rest, _ := bytes.Cut(stat, []byte(") "))
		if f := bytes.Fields(rest); len(f) > 1 && string(f[1]) == strconv.Itoa(parent) {
			child = pid
		}
	}
	if child == 0 {
		t.Fatalf("process %d has no child", parent)
	}
	return child
}

// TestPID1: nobody can die of a signal there: Go would exit with 2.
func TestPID1(t *testing.T) {
	for _, tc := range []struct {
		preset string
		sig    syscall.Signal
		args   []string
		want   string
	}{
		{"kubernetes", syscall.SIGTERM, nil, "exit code 0"},
		{"kubernetes", syscall.SIGINT, nil, "exit code 0"},
		{"kubernetes", syscall.SIGTERM, []string{"-job"}, "exit code 143"},
		{"interactive", syscall.SIGTERM, nil, "exit code 0"},
		{"interactive", syscall.SIGINT, nil, "exit code 0"},
		{"interactive", syscall.SIGINT, []string{"-job"}, "exit code 130"},
	} {
		t.Run(fmt.Sprint(tc.preset, " ", tc.sig, tc.args), func(t *testing.T) {
			p := startPID1(t, stations(t, append(tc.args, "-preset="+tc.preset)...), false)
			p.AwaitStderr("inherited: pid 1")
			p.Await("running")
			p.Signal(tc.sig)
			holds(t, ended(t, p, tc.want).Stdout, wholeStop)
		})
	}
}

func TestPID1Forced(t *testing.T) {
	p := startPID1(t, quiescetest.Child(t, "hanger", "-preset=interactive"), false)
	p.Signal(syscall.SIGINT)
	p.Await("at drain")
	pastWindow()
	p.Signal(syscall.SIGINT)
	p.Await("hurried")
	pastWindow()
	p.Signal(syscall.SIGINT)
	ended(t, p, "exit code 130")
}

// TestShellAbove: a shell as PID 1 does not pass signals on, and we say so.
func TestShellAbove(t *testing.T) {
	c := around(stations(t, "-preset=kubernetes"), `"$@"; exit $?`)
	p := startPID1(t, c, true)
	p.AwaitStderr(`inherited: shell above: "sh" is PID 1`)
	p.Await("running")
	p.Signal(syscall.SIGTERM)
	ended(t, p, "exit code 0")
}

// TestWithoutProc: what cannot be read is reported, and everything else works.
func TestWithoutProc(t *testing.T) {
	c := around(stations(t), `mount -t tmpfs none /proc && exec "$@"`)
	p := startChild(t, unshared(t, c, "--mount"))
	p.AwaitStderr("mask unknown")
	p.Await("running")
	p.Signal(syscall.SIGUSR1)
	p.AwaitStderr(`app "stations" is running`)
	p.Signal(syscall.SIGTERM)
	ended(t, p, "exit code 0")
}

// TestFullDisk: the report cannot be kept. The exit code is as if it could, the
// reason is on standard error, and no half report or clean marker is left, also
// none of an earlier run.
func TestFullDisk(t *testing.T) {
	for _, tc := range []struct{ name, before, want string }{
		{"new", "", "left: running"},
		{"after a clean run", `touch "$0/keep/clean" && echo '{"schema":1}' >"$0/keep/report.json" &&`, "left: running"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			c := stations(t, "-preset=kubernetes", "-fill", "-dir="+dir+"/keep")
			script := `mount -t tmpfs -o size=64k none "$0" && mkdir "$0/keep" && ` + tc.before +
				` "$@"; code=$?; echo left: $(ls "$0/keep"); exit $code`
			c.Args = append([]string{"sh", "-c", script, dir}, c.Args...)
			p := startChild(t, unshared(t, c, "--mount"))
			p.Await("running")
			p.Signal(syscall.SIGTERM)
			r := ended(t, p, "exit code 0")
			holds(t, r.Stderr, "quiesce: warning: report not kept: ", "no space left on device", "clean, code 0")
			if !strings.HasSuffix(r.Stdout, tc.want+"\n") && !strings.HasSuffix(r.Stdout, "left:\n") {
				t.Errorf("want %q at the end of\n%s", tc.want, r.Stdout)
			}
		})
	}
}
