// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// USR2 starts a new nginx, and QUIT stops the old one. In the foreground it does not do
// that: it takes its parent for the nginx that it has followed.
func TestNginxUpgrade(t *testing.T) {
	c := nginxUpgrade(t)
	c.Setup.Grace = 2 * time.Second
	drilled(t, c, expectation{
		verdict: record.Fail,
		fails:   []string{"served-throughout"},
		races:   everyFail(),
	})
}

func nginxUpgrade(t *testing.T) drill.Config {
	c := nginx(t, "SIGQUIT")
	c.Situations = nil
	c.Setup.Mode, c.Upgrade, c.Setup.Rounds = record.Upgrade, syscall.SIGUSR2, 4
	c.Replay = &record.Schedule{
		Situation: record.Plain, Window: 30 * time.Millisecond, Loads: []string{"keepalive", "new"},
		Signals: []record.SignalAt{{Signal: "SIGUSR2", After: 30 * time.Millisecond}, {Signal: "SIGQUIT", After: time.Second}},
	}
	return c
}

// As a daemon it does. The drill follows it from one to the next.
func TestNginxUpgradeDaemon(t *testing.T) {
	c := nginxUpgrade(t)
	c.Setup.PID, c.Setup.Command = startDaemon(t, c.Setup.Command), nil
	run := drilled(t, c, expectation{
		verdict: record.Pass,
		races:   everyFail("served-throughout"),
	})
	followed(t, run, record.MarkExited)
	if syscall.Kill(-c.Setup.PID, 0) != nil {
		t.Error("nothing is left of it: the drill has ended what it had not started")
	}
}

// HUP has the master start other workers, and the old ones leave.
func TestNginxReload(t *testing.T) {
	c := nginx(t, "SIGQUIT")
	c.Situations = nil
	c.Setup.Mode, c.Upgrade, c.Setup.Rounds = record.Upgrade, syscall.SIGHUP, 6
	run := drilled(t, c, expectation{
		verdict: record.Pass,
		races:   everyFail("served-throughout"),
	})
	followed(t, run, record.MarkReplaced)
}

// The master becomes a program anew, which starts other workers, and the old ones leave.
func TestHAProxyReload(t *testing.T) {
	c := haproxy(t, "SIGUSR1", "", "")
	c.Situations = nil
	c.Setup.Command = slices.Replace(c.Setup.Command, 1, 2, "-W")
	c.Setup.Mode, c.Upgrade, c.Setup.Rounds = record.Upgrade, syscall.SIGUSR2, 6
	run := drilled(t, c, expectation{
		verdict: record.Pass,
		races:   everyFail("served-throughout"),
	})
	followed(t, run, record.MarkReplaced)
}

// followed checks that in each round there was a successor, and an end of what was before.
func followed(t *testing.T, run *record.Run, end record.MarkKind) {
	t.Helper()
	if len(run.Rounds) != run.Setup.Rounds {
		t.Errorf("%d rounds, want %d", len(run.Rounds), run.Setup.Rounds)
	}
	for i := range run.Rounds {
		r := &run.Rounds[i]
		has := func(what record.MarkKind) bool {
			return slices.ContainsFunc(r.Marks, func(m record.Mark) bool { return m.What == what })
		}
		if r.Problem != "" || !has(record.MarkSuccessor) || !has(end) || r.Exit.Killed {
			t.Errorf("round %d: problem %q, exit %+v, marks %v", r.Number, r.Problem, r.Exit, r.Marks)
		}
	}
}

// startDaemon starts nginx in the background and returns its pid, which is that of a
// process group, too.
func startDaemon(t *testing.T, command []string) int {
	t.Helper()
	command = slices.DeleteFunc(slices.Clone(command), func(arg string) bool { return arg == "-g" || arg == foreground })
	if err := exec.Command(command[0], command[1:]...).Run(); err != nil { // who reads its output would wait for its end
		t.Fatal(err)
	}
	pid := readPID(t, filepath.Join(filepath.Dir(command[len(command)-1]), "nginx.pid"))
	t.Cleanup(func() { _ = syscall.Kill(-pid, syscall.SIGKILL) })
	return pid
}

// readPID waits for the file: the daemon writes it when the process that was started has
// ended.
func readPID(t *testing.T, file string) int {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && pid > 1 && leads(pid) {
			return pid
		}
	}
	t.Fatalf("%s: no pid", file)
	return 0
}

// leads reports whether the process has made a group of its own.
func leads(pid int) bool {
	group, err := syscall.Getpgid(pid)
	return err == nil && group == pid
}
