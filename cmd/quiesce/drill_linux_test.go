// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/show"
)

// soon is how long the kernel and the guards may take to end what is left.
const soon = 20 * time.Second

// TestDrillEnded: the drill does what it asks of servers. Whatever ends it in the
// middle of a round, no process of the server is left, not even one that hides; and if
// it can, it reports what it has seen, and dies of the signal.
func TestDrillEnded(t *testing.T) {
	server := buildServer(t)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGKILL} {
		for species, seen := range map[string]string{"correct": "goserver", "leaks-a-daemon": "sleep", "ignores-term": "goserver"} {
			t.Run(species+"/"+sig.String(), func(t *testing.T) {
				if signal.Ignored(sig) {
					t.Skipf("whoever started the tests ignores %v, and so would the drill", sig)
				}
				d := startDrill(t, server, species)
				d.awaitRound(t, seen)
				if err := d.cmd.Process.Signal(sig); err != nil {
					t.Error(err)
				}
				d.awaitEnd(t, sig)
				if sig != syscall.SIGKILL {
					d.checkReport(t)
				}
			})
		}
	}
}

// A drilling is a drill that runs in a process of its own.
type drilling struct {
	cmd    *exec.Cmd
	dir    string // what its processes have in their environment, too
	stdout bytes.Buffer
	stderr *bufio.Scanner
}

func startDrill(t *testing.T, server, species string) *drilling {
	t.Helper()
	d := &drilling{dir: t.TempDir()}
	d.cmd = exec.CommandContext( // TestMain put quiesce there
		t.Context(), "quiesce", "drill", "--duration", "5m", "--grace", "2s", "--situations", "none", "--connections", "4",
		"--json", filepath.Join(d.dir, "report.json"), "--url", "http://127.0.0.1:{port}/",
		"--", server, "-addr", "127.0.0.1:{port}", "-species", species,
	)
	d.cmd.Env = append(os.Environ(), "QUIESCE_TEST_MARK="+d.dir)
	d.cmd.Stdout = &d.stdout
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	d.stderr = bufio.NewScanner(stderr)
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return d
}

// awaitRound waits until a round is over and a process of the next one is there.
func (d *drilling) awaitRound(t *testing.T, process string) {
	t.Helper()
	for d.stderr.Scan() && !strings.HasPrefix(d.stderr.Text(), "1 round") {
	}
	await(t, "a process with "+process, func() bool {
		for _, line := range markedProcesses(t, d.dir) {
			if strings.Contains(line, process) && !strings.Contains(line, "drill") {
				return true
			}
		}
		return false
	})
}

// awaitEnd waits for the end of the drill and of all that it has started.
func (d *drilling) awaitEnd(t *testing.T, sig syscall.Signal) {
	t.Helper()
	for d.stderr.Scan() {
	}
	err := d.cmd.Wait()
	if ws := d.cmd.ProcessState.Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != sig {
		t.Errorf("ended with %v, want death of %v", err, sig)
	}
	if sig != syscall.SIGKILL { // then it had the time for that
		for _, line := range markedProcesses(t, d.dir) {
			if !strings.Contains(line, "quiesce-") { // guards go when they see that it has gone
				t.Errorf("still running: %s", line)
			}
		}
	}
	await(t, "nothing that runs", func() bool { return len(markedProcesses(t, d.dir)) == 0 })
}

// checkReport looks at what an ended drill says.
func (d *drilling) checkReport(t *testing.T) {
	t.Helper()
	if !strings.Contains(d.stdout.String(), "ended early: ") {
		t.Errorf("it does not say that it was ended:\n%s", &d.stdout)
	}
	f, err := os.Open(filepath.Join(d.dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	run, err := show.FromJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	if run.Interrupted == "" || len(run.Rounds) == 0 || run.Verdict == record.Pass {
		t.Errorf("interrupted %q, %d rounds, %s; want a reason, rounds and no PASS", run.Interrupted, len(run.Rounds), run.Verdict)
	}
}

// markedProcesses returns the command lines of the running processes whose environment
// names a folder.
func markedProcesses(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil || len(files) == 0 {
		t.Fatalf("no processes to be seen: %v", err)
	}
	var found []string
	for _, f := range files {
		if data, _ := os.ReadFile(f); !bytes.Contains(data, []byte("QUIESCE_TEST_MARK="+dir)) { // it may have ended since
			continue
		}
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
		found = append(found, filepath.Dir(f)+": "+strings.ReplaceAll(string(line), "\x00", " "))
	}
	return found
}

// await asks until the answer is yes: nobody tells us of processes that are not ours.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	for !ok() {
		if ctx.Err() != nil {
			t.Fatalf("there was not %s within %v", what, soon)
		}
		runtime.Gosched()
	}
}

// TestDrillBrokenPipe: whoever reads the report may go; that is said, and not that the
// server is at fault.
func TestDrillBrokenPipe(t *testing.T) {
	var stderr bytes.Buffer
	code := run([]string{
		"drill", "--rounds", "1", "--situations", "none", "--connections", "2", "--url", "http://127.0.0.1:{port}/",
		"--", buildServer(t), "-addr", "127.0.0.1:{port}",
	}, brokenWriter{}, &stderr)
	if code != codeInternal || !strings.Contains(stderr.String(), "quiesce: error: drill: ") {
		t.Errorf("exit code %d, stderr %s", code, &stderr)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
