// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce"
)

const (
	// grace and readinessDelay are what the shop is given. The delay is long
	// enough for the balancer to look away: a probe, its propagation, and as
	// much again for a machine that is busy with other things.
	grace          = 10 * time.Second
	readinessDelay = 400 * time.Millisecond

	// startPatience is how long a process may take to say that it is ready.
	startPatience = 30 * time.Second

	// stopPatience is when a process that was asked to stop is killed: a little
	// after it should have ended itself.
	stopPatience = grace + 2*time.Second

	// pipePatience bounds the wait for output after the end of a process.
	pipePatience = time.Second

	// stderrTail is how much of what a process says is kept for an error.
	stderrTail = 4 << 10
)

// A child is one process of the shop.
type child struct {
	instance

	cmd    *exec.Cmd
	stderr *tail
	reader *io.PipeReader
	writer *io.PipeWriter
	report string // folder
	ended  chan struct{}
	err    error // of Wait; valid when ended is closed
}

// start starts a program on a database and waits for its ready line. The end of
// ctx kills it.
func start(ctx context.Context, program, db, brokerURL, reportDir string) (*child, error) {
	c := &child{stderr: &tail{}, report: reportDir, ended: make(chan struct{})}
	c.cmd = exec.CommandContext(
		ctx, program, "-addr", "127.0.0.1:0", "-admin", "127.0.0.1:0", "-db", db, "-broker", brokerURL,
		"-grace", grace.String(), "-delay", readinessDelay.String(), "-report-dir", reportDir,
	)
	c.cmd.Env = withoutQuiesce(os.Environ())
	c.cmd.WaitDelay = pipePatience
	c.cmd.Stderr = c.stderr
	c.reader, c.writer = io.Pipe()
	c.cmd.Stdout = c.writer
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go c.wait()
	if err := c.ready(ctx); err != nil {
		c.kill()
		return nil, fmt.Errorf("start %s: %w\n%s", filepath.Base(program), err, c.stderr)
	}
	return c, nil
}

// withoutQuiesce removes the variables that change how the shop stops.
func withoutQuiesce(env []string) []string {
	var kept []string
	for _, e := range env {
		if !strings.HasPrefix(e, "QUIESCE_") {
			kept = append(kept, e)
		}
	}
	return kept
}

func (c *child) wait() {
	c.err = c.cmd.Wait()
	c.writer.Close()
	close(c.ended)
}

// ready waits for the line that says where the process serves.
func (c *child) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startPatience, errors.New("not ready in time"))
	defer cancel()
	result := make(chan error, 1)
	go func() {
		lines := bufio.NewReader(c.reader)
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &c.instance)
		}
		result <- err
		io.Copy(io.Discard, lines) // until wait closes the pipe
	}()
	select {
	case err := <-result:
		if errors.Is(err, io.EOF) {
			err = errors.New("ended before it was ready")
		}
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// terminate sends SIGTERM.
func (c *child) terminate() error { return c.cmd.Process.Signal(syscall.SIGTERM) }

// kill ends the process, if it has not ended, and waits until it has.
func (c *child) kill() {
	c.cmd.Process.Kill()
	<-c.ended
}

// errStuck is a process that outlived its grace period.
var errStuck = fmt.Errorf("still running %v after SIGTERM: killed", stopPatience)

// await waits for the end after terminate and returns the exit code, -1 if the
// process died of a signal.
func (c *child) await() (int, error) {
	select {
	case <-c.ended:
		return c.cmd.ProcessState.ExitCode(), nil
	case <-time.After(stopPatience):
		c.kill()
		return -1, errStuck
	}
}

// readReport returns the report that the process left.
func (c *child) readReport() (*quiesce.Report, error) {
	data, err := os.ReadFile(filepath.Join(c.report, "report.json"))
	if err != nil {
		return nil, err
	}
	r := new(quiesce.Report)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("report.json: %w", err)
	}
	return r, nil
}

// A tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	data []byte // guarded by mu
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, p...)
	if extra := len(t.data) - stderrTail; extra > 0 {
		t.data = append(t.data[:0], t.data[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.data)
}
