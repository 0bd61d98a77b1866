// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
)

const (
	// DefaultTimeout is how long a child process may live unless its [Command]
	// says otherwise.
	DefaultTimeout = time.Minute

	// headroom is what is kept of the test's deadline, so that a child that
	// hangs fails its own test with what it printed, and not the whole binary.
	headroom = 10 * time.Second

	// lastDump is how long a child that took too long has to write the stacks
	// of its goroutines before it is killed.
	lastDump = 2 * time.Second
)

// A Command says how to start a child process; see [Child] for the simplest
// one. Only what is needed has to be set. It may be copied and started again.
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

	// Stdout and Stderr say what is at the other end. Standard input is always
	// a pipe; see [Process.Send] and [Process.CloseStdin].
	Stdout, Stderr Output

	// ReportDir is where the program keeps its report, if it does; see
	// [quiesce.WithReportDir].
	ReportDir string

	// Timeout bounds the life of the child. Zero means [DefaultTimeout]. It is
	// bounded in turn by the deadline of the test. Negative is a mistake.
	Timeout time.Duration
}

// Output says what is at the other end of a child's standard output or error.
type Output uint8

// The outputs.
const (
	Collect Output = iota // it is read and kept
	Full                  // a pipe that is full from the beginning and not read before [Process.Unplug]; Unix only
	Broken                // a pipe that nobody can read any more
)

// Start starts the command, and waits for its ready line if it has one. When
// the test is over the child is killed, with everything in its process group.
// A child that lives too long is sent SIGQUIT, so that a Go program prints its
// stacks, and then killed, and whatever waits for it fails the test with all
// that it printed.
//
// Children do not notice when the test binary itself is killed: have them end
// when their standard input does.
func (c Command) Start(t testing.TB) *Process {
	t.Helper()
	p, err := c.start(t)
	if err != nil {
		t.Fatalf("quiescetest: start %q: %v", c.Args, err)
	}
	t.Cleanup(p.cleanup)
	if c.Ready != "" {
		p.ready = p.Await(c.Ready)
	}
	return p
}

func (c Command) start(t testing.TB) (p *Process, err error) {
	if len(c.Args) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		c.Args = []string{self}
	}
	p = &Process{t: t, c: c, ended: make(chan struct{})}
	p.cmd = exec.Command(c.Args[0], c.Args[1:]...)
	p.cmd.Dir = c.Dir
	p.cmd.Env = append(append(os.Environ(), "GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0"), c.Env...)
	ownGroup(p.cmd)
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
		if err != nil {
			p.closeOurs()
		}
	}()
	in, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	theirs, p.in = append(theirs, in), ours
	p.cmd.Stdin = in
	for _, o := range []struct {
		kind Output
		file *any
		to   **stream
	}{{c.Stdout, new(any), &p.out}, {c.Stderr, new(any), &p.err}} {
		s, file, err := newStream(o.kind)
		if err != nil {
			return nil, err
		}
		*o.to = s
		theirs = append(theirs, file)
	}
	p.cmd.Stdout, p.cmd.Stderr = theirs[1], theirs[2]
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.target.Store(int64(p.cmd.Process.Pid))
	p.timer = time.AfterFunc(c.limit(t), p.expire)
	p.out.begin(c.Stdout)
	p.err.begin(c.Stderr)
	go p.reap()
	return p, nil
}
