// SPDX-License-Identifier: Apache-2.0

package target

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// startAlone starts a role that is not below a guard, in a session of its own.
func startAlone(t *testing.T, role string) (*exec.Cmd, string) {
	t.Helper()
	c := command(role)
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		c.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return c, strings.TrimSpace(strings.TrimPrefix(line, "ready"))
}

func TestAttach(t *testing.T) {
	c, addr := startAlone(t, "server")
	server, err := Attach(c.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if got, err := server.Listening(); err != nil || len(got) != 1 || got[0] != addr {
		t.Errorf("listening on %q, %v; want %q", got, err, addr)
	}
	at, err := server.Signal(syscall.SIGTERM, true)
	if err != nil {
		t.Fatal(err)
	}
	c.Wait()
	awaitClosed(t, "exit", server.Exited())
	e, exited := server.Exit()
	if want := (record.Exit{}); e != want && e != unknownExit() {
		t.Errorf("exit %+v, want %+v, or unknown before Linux 6.15", e, want)
	}
	if exited.Before(at) {
		t.Errorf("exited %v before it was signalled", at.Sub(exited))
	}
	if left := server.Leftovers(t.Context(), time.Second); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// What belonged to the server when it was last looked at is found though it has gone to
// another parent.
func TestAttachedLeftovers(t *testing.T) {
	m := mark(t)
	t.Cleanup(func() {
		for _, p := range marked(m) {
			p.kill()
		}
	})
	c, addr := startAlone(t, "tree")
	server, err := Attach(c.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if got, err := server.Listening(); err != nil || len(got) != 1 || got[0] != addr {
		t.Errorf("listening on %q, %v; want %q", got, err, addr)
	}
	if _, err := server.Signal(syscall.SIGKILL, false); err != nil {
		t.Fatal(err)
	}
	c.Wait()
	awaitClosed(t, "exit", server.Exited())
	want := treeSize - 2 // the daemon had left the tree before anybody looked
	if left := server.Leftovers(t.Context(), 0); len(left) != want {
		t.Errorf("left %v, want %d", left, want)
	}
}

func TestAttachedIsNotKilled(t *testing.T) {
	c, _ := startAlone(t, "server")
	server, err := Attach(c.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("the server ended with %v, want by itself", err)
	}
}

func TestAttachRefuses(t *testing.T) {
	inGroup := command("server")
	out, _ := inGroup.StdoutPipe()
	if err := inGroup.Start(); err != nil {
		t.Fatal(err)
	}
	defer inGroup.Wait()
	defer inGroup.Process.Kill()
	bufio.NewReader(out).ReadString('\n')
	gone := exec.Command("true")
	gone.Run()
	alone, _ := startAlone(t, "server")
	for _, tt := range []struct {
		pid  int
		want string
	}{
		{1, "whole system"},
		{0, "whole system"},
		{-1, "whole system"},
		{-alone.Process.Pid, "whole system"},
		{os.Getpid(), "the drill itself"},
		{os.Getppid(), "an ancestor"},
		{inGroup.Process.Pid, "own process group"},
		{gone.Process.Pid, "no such process"},
		{thread(t, alone.Process.Pid), "a thread"},
	} {
		server, err := Attach(tt.pid)
		if err == nil {
			server.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Attach(%d): %v, want %q", tt.pid, err, tt.want)
		}
	}
}

// thread returns a thread of a process that is not its first.
func thread(t *testing.T, pid int) int {
	t.Helper()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		var tid int
		if fmt.Sscan(task.Name(), &tid); tid != pid {
			return tid
		}
	}
	t.Fatal("a Go program with one thread")
	return 0
}

func TestAttachZombie(t *testing.T) {
	c := command("exit", "0")
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Wait()
	eventually(t, "it has exited", func() bool {
		p, err := readProcess(c.Process.Pid)
		return err == nil && p.zombie()
	})
	if _, err := Attach(c.Process.Pid); err == nil || !strings.Contains(err.Error(), "it has exited") {
		t.Errorf("error %v", err)
	}
}

func TestSignalAfterClose(t *testing.T) {
	server, _ := start(t, "server")
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	for _, group := range []bool{false, true} {
		if _, err := server.Signal(syscall.SIGTERM, group); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("group %v: %v", group, err)
		}
	}
}
