// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

const (
	// DefaultTimeout is how long a child process may live unless its [Command]
	// says otherwise.
	DefaultTimeout = time.Minute

	// headroom is what is kept of the test's deadline: a child that hangs fails
	// its own test, with what it printed, and not the whole binary.
	headroom = 10 * time.Second
)

// A Command says how to start a child process; see [Child] for the simplest
// one. Only what is needed has to be set. It may be copied, and started again.
type Command struct {
	// Args are the program and its arguments; the program is looked up in PATH.
	// Empty means the test binary itself.
	Args []string

	// Env is added to the environment of the test. A program built with -race
	// is told not to sleep a second before it exits, unless Env sets GORACE.
	Env []string

	// Dir is the working directory; empty means that of the test.
	Dir string

	// Ready is awaited on standard output by Start, as by [Process.Await].
	// Empty means that Start does not wait.
	Ready string

	// FullStdout and FullStderr make the output a pipe that is full from the
	// beginning, and that is not read before [Process.Unplug]. Only on Unix.
	// Otherwise outputs are read and kept.
	FullStdout, FullStderr bool

	// ReportDir is where the program keeps its report, if it does; see
	// [quiesce.WithReportDir].
	ReportDir string

	// Timeout bounds the life of the child. Zero means [DefaultTimeout];
	// negative is a mistake. The deadline of the test bounds it too.
	Timeout time.Duration
}

// Start starts the command, and waits for its ready line if it has one. It
// fails the test if that does not come. All three standard streams are pipes.
//
// When the test is over the child is killed, with everything in its process
// group, which is its own. A child that lives too long is sent SIGQUIT, so that
// a Go program prints its stacks, and is then killed; whatever waits for it
// fails the test with all that it printed. Nothing kills the child of a test
// binary that is itself killed: have it end when its standard input does.
func (c Command) Start(t testing.TB) *Process {
	t.Helper()
	p := &Process{t: t, reportDir: c.ReportDir, ended: make(chan struct{})}
	if err := p.start(c); err != nil {
		t.Fatalf("quiescetest: start %q: %v", c.Args, err)
	}
	t.Cleanup(p.cleanup)
	if c.Ready != "" {
		p.ready = p.Await(c.Ready)
	}
	return p
}

// command returns what os/exec is to run.
func (c Command) command() (*exec.Cmd, error) {
	if c.Timeout < 0 {
		return nil, fmt.Errorf("timeout %v is negative", c.Timeout)
	}
	args := c.Args
	if len(args) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		args = []string{self}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), "GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
	cmd.Env = append(cmd.Env, c.Env...)
	ownGroup(cmd)
	return cmd, nil
}

// limit returns how long a child of t that is started now may live.
func (c Command) limit(t testing.TB) time.Duration {
	limit := c.Timeout
	if limit == 0 {
		limit = DefaultTimeout
	}
	if d, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if deadline, ok := d.Deadline(); ok {
			limit = min(limit, time.Until(deadline)-headroom)
		}
	}
	return max(limit, 0)
}

// childVariable is the environment variable that makes a test binary a child.
const childVariable = "QUIESCETEST_CHILD"

// Child returns the command that starts the test binary as the child of that
// name, with further arguments, for it to read from os.Args[1:]. The test
// binary must call [Children] in its TestMain.
//
// To put another program around it, such as nohup or a shell, change Args.
func Child(t testing.TB, name string, args ...string) Command {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatalf("quiescetest: the test binary: %v", err)
	}
	return Command{Args: append([]string{self}, args...), Env: []string{childVariable + "=" + name}}
}

// Children makes the test binary its own child processes. Call it first in
// TestMain. If the binary was started with [Child] it runs the function of that
// name and exits with 0 when that returns; otherwise it does nothing.
func Children(children map[string]func()) {
	name, ok := os.LookupEnv(childVariable)
	if !ok {
		return
	}
	os.Unsetenv(childVariable)
	run, ok := children[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "quiescetest: no child %q\n", name)
		os.Exit(2)
	}
	run()
	os.Exit(0)
}
