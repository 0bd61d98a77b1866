// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/sigmux"
)

// lastDump is how long a child that took too long has to write the stacks of
// its goroutines before it is killed.
const lastDump = 2 * time.Second

// A Process is a running child process, or one that has ended. Its methods are
// safe for concurrent use, but those that can fail the test must be called on
// the test's goroutine, as testing.T.FailNow must.
type Process struct {
	t         testing.TB
	cmd       *exec.Cmd
	reportDir string
	ready     string
	target    atomic.Int64 // whom Signal signals, 0: the child itself
	in        *os.File
	out, err  *stream
	began     time.Time
	took      time.Duration // set when ended is closed
	timer     *time.Timer
	expired   atomic.Bool
	ended     chan struct{} // closed when the child and its outputs have ended
}

// A Result is how a child process ended.
type Result struct {
	Code           int             // the exit code; -1 if a signal killed it
	Signal         os.Signal       // that killed it, nil if it exited
	Stdout, Stderr string          // what it wrote to each, as far as it was read
	Took           time.Duration   // from its start to the end of its outputs
	Report         *quiesce.Report // nil if there is none
}

// Status returns "exit code 3" or "killed by SIGTERM".
func (r *Result) Status() string {
	if r.Signal != nil {
		return "killed by " + sigmux.Name(r.Signal)
	}
	return fmt.Sprintf("exit code %d", r.Code)
}

func (p *Process) start(c Command) (err error) {
	if p.cmd, err = c.command(); err != nil {
		return err
	}
	in, ours, err := os.Pipe()
	if err != nil {
		return err
	}
	defer in.Close()
	out, outErr := newStream(c.FullStdout)
	errs, errErr := newStream(c.FullStderr)
	defer out.closeTheirs()
	defer errs.closeTheirs()
	p.in, p.out, p.err = ours, out, errs
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = in, out.theirs, errs.theirs
	p.began = time.Now()
	if err := errors.Join(outErr, errErr); err != nil {
		p.closePipes()
		return err
	}
	if err := p.cmd.Start(); err != nil {
		p.closePipes()
		return err
	}
	p.timer = time.AfterFunc(c.limit(p.t), p.expire)
	go out.collect()
	go errs.collect()
	go p.reap()
	return nil
}

func (p *Process) reap() {
	_ = p.cmd.Wait() // its state says it
	<-p.out.done
	<-p.err.done
	p.took = time.Since(p.began)
	close(p.ended)
}

// expire ends a child that has lived too long.
func (p *Process) expire() {
	p.expired.Store(true)
	_ = p.send(quit)
	time.AfterFunc(lastDump, p.kill)
}

// kill ends everything that the child has started and that has not left its
// process group. Whoever else holds its pipes is cut off.
func (p *Process) kill() {
	killGroup(p.cmd)
	p.closePipes()
}

func (p *Process) closePipes() {
	p.in.Close()
	p.out.close()
	p.err.close()
}

func (p *Process) cleanup() {
	p.timer.Stop()
	p.kill()
	<-p.ended
}

// PID returns the process id of the child.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Ready returns the ready line, "" if none was awaited.
func (p *Process) Ready() string { return p.ready }

// Follow makes [Process.Signal] signal another process: the program under test,
// if the child is a shell or another wrapper around it.
func (p *Process) Follow(pid int) { p.target.Store(int64(pid)) }

// Signal sends a signal to the child, or to whom [Process.Follow] said. It
// reports whether there was still a process to send it to. Any other error
// fails the test. On Windows only os.Kill can be sent.
func (p *Process) Signal(sig os.Signal) bool {
	p.t.Helper()
	return p.sent(sig, p.send(sig))
}

// SignalGroup sends a signal to every process in the child's process group, as
// a terminal does. On Windows it is the same as Signal.
func (p *Process) SignalGroup(sig os.Signal) bool {
	p.t.Helper()
	return p.sent(sig, signalGroup(p.cmd, sig))
}

func (p *Process) sent(sig os.Signal, err error) bool {
	p.t.Helper()
	if err != nil && !isGone(err) {
		p.t.Fatalf("quiescetest: send %s: %v", sigmux.Name(sig), err)
	}
	return err == nil
}

func (p *Process) send(sig os.Signal) error {
	if pid := p.target.Load(); pid != 0 {
		other, err := os.FindProcess(int(pid))
		if err != nil {
			return err
		}
		defer other.Release()
		return other.Signal(sig)
	}
	return p.cmd.Process.Signal(sig)
}

// Await waits for a line on standard output that contains text and comes after
// the last line that was awaited, and returns it. It fails the test if the
// output ends or the child's time is over before that.
func (p *Process) Await(text string) string {
	p.t.Helper()
	return p.await(p.out, "standard output", text)
}

// AwaitStderr is Await on standard error.
func (p *Process) AwaitStderr(text string) string {
	p.t.Helper()
	return p.await(p.err, "standard error", text)
}

func (p *Process) await(s *stream, name, text string) string {
	p.t.Helper()
	line, ok := s.await(text)
	if !ok {
		p.t.Fatalf("quiescetest: %q did not come on %s%s", text, name, p.printed())
	}
	return line
}

// printed describes the child for a failure. If its output has ended it is
// about to end too, and the rest of what it has to say is on its way.
func (p *Process) printed() string {
	state := "is running"
	limit := time.NewTimer(lastDump + time.Second)
	defer limit.Stop()
	select {
	case <-p.ended:
		state = "ended with " + p.result().Status()
	case <-limit.C:
	}
	if p.expired.Load() {
		state = "took too long and was killed"
	}
	return fmt.Sprintf("; the child %s\nstdout:\n%s\nstderr:\n%s", state, p.out.text(), p.err.text())
}

// Stdout returns what the child has printed on standard output so far.
func (p *Process) Stdout() string { return p.out.text() }

// Stderr returns what the child has printed on standard error so far.
func (p *Process) Stderr() string { return p.err.text() }

// CloseStdout stops reading standard output, as a reader does that goes away:
// the child's writes fail from then on, or kill it.
func (p *Process) CloseStdout() { p.out.close() }

// CloseStderr is CloseStdout for standard error.
func (p *Process) CloseStderr() { p.err.close() }

// Unplug begins to read the outputs that were full from the beginning. What
// made them full is thrown away, the rest is collected.
func (p *Process) Unplug() {
	p.out.unplug()
	p.err.unplug()
}

// Send writes text to the child's standard input, and reports whether that was
// still open.
func (p *Process) Send(text string) bool {
	_, err := io.WriteString(p.in, text)
	return err == nil
}

// CloseStdin ends the child's standard input. It may be called more than once.
func (p *Process) CloseStdin() { p.in.Close() }

// Wait waits until the child and everyone who shares its outputs have ended,
// and returns how; it does not make it end. Outputs that were full from the
// beginning are not waited for. It fails the test if the child's time is over
// first. Later calls return the same.
func (p *Process) Wait() *Result {
	p.t.Helper()
	<-p.ended
	if p.expired.Load() {
		p.t.Fatalf("quiescetest: not over in time%s", p.printed())
	}
	r := p.result()
	var err error
	if r.Report, err = p.report(r.Stdout); err != nil {
		p.t.Fatalf("quiescetest: the child's report: %v", err)
	}
	return r
}

// result returns all but the report of a child that has ended.
func (p *Process) result() *Result {
	state := p.cmd.ProcessState
	r := &Result{Code: state.ExitCode(), Stdout: p.out.text(), Stderr: p.err.text(), Took: p.took}
	if s, ok := state.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		r.Signal = s.Signal()
	}
	return r
}

// report reads the report from the report directory if the command has one, or
// else from the last line of standard output that is one.
func (p *Process) report(stdout string) (*quiesce.Report, error) {
	var data []byte
	if p.reportDir != "" {
		var err error
		if data, err = os.ReadFile(filepath.Join(p.reportDir, "report.json")); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			return nil, err
		}
	} else {
		for line := range bytes.Lines([]byte(stdout)) {
			if bytes.HasPrefix(line, []byte(`{"schema":`)) {
				data = line
			}
		}
	}
	if data == nil {
		return nil, nil
	}
	r := new(quiesce.Report)
	return r, json.Unmarshal(data, r)
}
