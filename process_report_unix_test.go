// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiesce_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// TestPreviousRun: each start learns how the run before it ended.
func TestPreviousRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "on demand")
	for i, life := range []struct {
		previous string
		end      syscall.Signal
		want     string
	}{
		{"previous: none", syscall.SIGTERM, "exit code 0"},
		{"previous: clean true, report true", syscall.SIGKILL, "killed by SIGKILL"},
		{"previous: clean false, report false", syscall.SIGKILL, "killed by SIGKILL"},
		{"previous: clean false, report false", syscall.SIGTERM, "exit code 0"},
		{"previous: clean true, report true", syscall.SIGTERM, "exit code 0"},
	} {
		c := quiescetest.Child(t, "previous", "-dir="+dir)
		c.ReportDir = dir
		p := c.Start(t)
		if got := p.Await("previous: "); got != life.previous {
			t.Errorf("life %d says %q, want %q", i, got, life.previous)
		}
		p.Await("running")
		p.Signal(life.end)
		r := ended(t, p, life.want)
		if clean := r.Report != nil && r.Report.Clean && r.Report.Causes[0].Signal == "SIGTERM"; clean != (life.end == syscall.SIGTERM) {
			t.Errorf("life %d left the report %+v", i, r.Report)
		}
	}
}

func TestPreviousRunUnclean(t *testing.T) {
	dir := t.TempDir()
	c := stations(t, "-dir="+dir, "-preset=interactive", "-obey", "-hold=drain")
	c.ReportDir = dir
	p := startChild(t, c)
	p.Await("running")
	p.Signal(syscall.SIGINT)
	p.Await("at drain")
	pastWindow()
	p.Signal(syscall.SIGINT)
	r := ended(t, p, "exit code 3")
	if r.Report == nil || r.Report.Clean || r.Report.Code != quiesce.CodeUnclean || r.Report.Hurried < 0 {
		t.Errorf("report %+v", r.Report)
	}
	next := quiescetest.Child(t, "previous", "-dir="+dir).Start(t)
	if got, want := next.Await("previous: "), "previous: clean false, report true"; got != want {
		t.Errorf("says %q, want %q", got, want)
	}
}

// TestForcedEndLeavesReport: also a third signal leaves a report behind. The process
// gives it 50 ms, which may be too little on a machine that does other things: then it
// leaves none, never half of one.
func TestForcedEndLeavesReport(t *testing.T) {
	const tries = 3
	for range tries {
		r := forcedEnd(t)
		if r.Report == nil {
			continue
		}
		if r.Report.Clean || r.Report.Code != 130 || r.Report.Forced < 0 {
			t.Errorf("report %+v", r.Report)
		}
		return
	}
	t.Errorf("no report in %d forced ends", tries)
}

// forcedEnd runs a child that hangs, and ends it with three signals.
func forcedEnd(t *testing.T) *quiescetest.Result {
	t.Helper()
	dir := t.TempDir()
	c := quiescetest.Child(t, "hanger", "-dir="+dir)
	c.ReportDir = dir
	p := startChild(t, c)
	p.Signal(syscall.SIGINT)
	p.Await("at drain")
	pastWindow()
	p.Signal(syscall.SIGINT)
	p.Await("hurried")
	pastWindow()
	p.Signal(syscall.SIGINT)
	return ended(t, p, "exit code 130")
}

func TestTerminationLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "termination-log")
	start := func() string {
		p := startChild(t, stations(t, "-preset=kubernetes", "-term="+file))
		p.Await("running")
		p.Signal(syscall.SIGTERM)
		return ended(t, p, "exit code 0").Stderr
	}
	if stderr := start(); strings.Contains(stderr, "warning") {
		t.Errorf("warns of a missing file, which nobody wants:\n%s", stderr)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("made a file that the kubelet had not made")
	}
	if err := os.WriteFile(file, []byte("of the last container, and longer than what comes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, string(text), "stations stopped in", "clean, code 0", "terminated by SIGTERM")
	if strings.Contains(string(text), "last container") {
		t.Errorf("kept what was there: %q", text)
	}
}
