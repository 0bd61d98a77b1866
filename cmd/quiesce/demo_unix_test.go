// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestDemoInterrupted: the demo cleans up after itself, its processes too, and
// dies of the signal.
func TestDemoInterrupted(t *testing.T) {
	temp := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "quiesce", "demo", "-rounds", "100") // TestMain put it there
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "round 2") {
	}
	// SIGINT would be left alone if whoever started the tests ignores it.
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	for lines.Scan() {
	}
	err = cmd.Wait()
	if ws := cmd.ProcessState.Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v, want death of SIGTERM; stderr: %s", err, &stderr)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind in its temporary folder: %v, %v", left, err)
	}
	for _, line := range processesWith(t, temp) {
		t.Errorf("still running: %s", line)
	}
}

// processesWith returns the command lines of the running processes that name
// a folder.
func processesWith(t *testing.T, dir string) []string {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(files) == 0 {
		t.Log("no /proc here: not looking for processes that were left behind")
	}
	var found []string
	for _, f := range files {
		data, _ := os.ReadFile(f) // it may have ended since
		if line := strings.ReplaceAll(string(data), "\x00", " "); strings.Contains(line, dir) {
			found = append(found, line)
		}
	}
	return found
}
