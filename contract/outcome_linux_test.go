// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bufio"
	"bytes"
	"fmt"
	"go/build"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
)

// An outcome is what a signal did to a program.
type outcome string

const (
	goesOn outcome = "goes on"
	stops  outcome = "stops until SIGCONT"
	dies   outcome = "dies of it"
	exits  outcome = "exits with the code of a death that is not possible, and prints nothing"
	dumps  outcome = "prints the stacks of all goroutines and exits with code 2"
)

// ends reports whether the program is gone.
func (o outcome) ends() bool { return o != goesOn && o != stops }

// answering is a program that listens to no signal and repeats each line of its
// standard input, as cat does.
func answering() {
	go bystander()
	ready()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(lines.Text())
	}
}

// bystander is a goroutine that a dump of all goroutines shows.
func bystander() { select {} }

// A subject is a program that repeats what it reads, so that it shows whether
// it is still there.
type subject struct {
	*quiescetest.Process
	x     *claim.Trial
	pid   int // of the program itself
	asked int
}

// newSubject starts a program that answers lines and returns when it does.
func newSubject(x *claim.Trial, c quiescetest.Command) *subject {
	x.Helper()
	s := &subject{Process: c.Start(x), x: x}
	s.Await(s.ask())
	s.pid = s.PID()
	return s
}

// newFirstSubject is newSubject in a new PID namespace, where it is PID 1.
func newFirstSubject(x *claim.Trial, c quiescetest.Command) *subject {
	x.Helper()
	s := newSubject(x, asPID1(c))
	s.pid = onlyChild(x, s.PID())
	s.Follow(s.pid)
	return s
}

// asPID1 returns c as the first process of a new PID namespace; see startAsPID1.
func asPID1(c quiescetest.Command) quiescetest.Command {
	c.Args = append([]string{"unshare", "--pid", "--fork", "--kill-child"}, c.Args...)
	return c
}

// ask sends a line that was not sent before.
func (s *subject) ask() string {
	s.asked++
	question := fmt.Sprintf("question %d.", s.asked)
	s.Send(question + "\n")
	return question
}

// take sends a signal to the program and returns what that did. A program that
// only stopped goes on afterwards.
func (s *subject) take(sig syscall.Signal) outcome {
	s.x.Helper()
	s.Signal(sig)
	handled(s.pid)
	for question := s.ask(); ; time.Sleep(pollInterval) {
		switch state := processState(s.pid); {
		case isGone(state):
			return s.end(sig)
		case state == 'T':
			s.Signal(syscall.SIGCONT)
			s.Await(question)
			return stops
		case strings.Contains(s.Stdout(), question):
			return goesOn
		}
	}
}

// end says how the signal ended the program.
func (s *subject) end(sig syscall.Signal) outcome {
	s.x.Helper()
	r := s.Wait()
	switch {
	case r.Signal == sig:
		return dies
	case r.Code == codeAsPID1(sig) && r.Stderr == "":
		return exits
	case r.Code == 2 && strings.HasPrefix(r.Stderr, sigmux.Name(sig)+": ") && strings.Contains(r.Stderr, "bystander"):
		return dumps
	}
	return outcome(r.Status() + ", stderr: " + r.Stderr)
}

// codeAsPID1 returns the exit code of a PID 1 that a signal should have killed,
// by the version of Go.
func codeAsPID1(sig syscall.Signal) int {
	if slices.Contains(build.Default.ReleaseTags, "go1.27") {
		return 128 + int(sig)
	}
	return 2
}

// outcomes sends each signal to a program that start starts. Those that survive
// a signal get the next one too.
func outcomes(sigs []syscall.Signal, start func() *subject) map[syscall.Signal]outcome {
	out := map[syscall.Signal]outcome{}
	var s *subject
	for _, sig := range sigs {
		if s == nil {
			s = start()
		}
		if out[sig] = s.take(sig); out[sig].ends() {
			s = nil
		}
	}
	return out
}

// withOutcome returns the signals that did that, in the order of their numbers.
func withOutcome(all map[syscall.Signal]outcome, o outcome) []syscall.Signal {
	var out []syscall.Signal
	for sig, did := range all {
		if did == o {
			out = append(out, sig)
		}
	}
	slices.Sort(out)
	return out
}

// printsUntilTerm takes sigs until SIGTERM, and then prints those it received.
func printsUntilTerm(sigs ...os.Signal) {
	c, term := notified(len(sigs), sigs...), notified(1, syscall.SIGTERM)
	ready()
	<-term
	fence()
	for _, sig := range received(c) {
		fmt.Println("received", sigmux.Name(sig))
	}
}

// receives returns what a program that ends with printsUntilTerm receives of
// the signals, by name and sorted, as there is no order between kinds.
func receives(x *claim.Trial, c quiescetest.Command, sigs ...syscall.Signal) []string {
	x.Helper()
	c.Ready = "ready"
	p := c.Start(x)
	for _, sig := range append(sigs, syscall.SIGTERM) {
		p.Signal(sig)
	}
	var got []string
	for line := range strings.Lines(p.Wait().Stdout) {
		if name, ok := strings.CutPrefix(line, "received "); ok {
			got = append(got, strings.TrimSpace(name))
		}
	}
	slices.Sort(got)
	return got
}

// handled returns when every handler of a signal sent before to the process has
// returned, or the signal has ended or stopped the process. First nothing is
// pending any more: each signal has been given to a thread. Then each thread is
// sent SIGURG, which nobody here takes and which Go threads never block, except
// in a handler: a thread has taken it when its handler has returned.
func handled(pid int) {
	awaitTaken(pid, func(m masks) sigset { return (m.pending | m.shared) &^ m.blocked })
	for _, m := range threadMasks(pid) {
		_ = syscall.Tgkill(pid, m.tid, syscall.SIGURG) // it may have ended
	}
	awaitTaken(pid, func(m masks) sigset { return m.pending })
}

// awaitTaken waits until no thread of a process has a signal waiting. It does
// not wait for a process that is stopped, which takes none.
func awaitTaken(pid int, waiting func(masks) sigset) {
	someWaits := func(m masks) bool { return waiting(m) != 0 }
	for processState(pid) != 'T' && slices.ContainsFunc(threadMasks(pid), someWaits) {
		time.Sleep(pollInterval)
	}
}

// processState returns the letter that proc_pid_stat(5) has for the state of a
// process, 0 if there is no such process.
func processState(pid int) byte {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if i := bytes.LastIndexByte(data, ')'); i >= 0 {
		return data[i+2]
	}
	return 0
}

// isGone reports whether a process in that state has ended.
func isGone(state byte) bool { return state == 0 || state == 'Z' || state == 'X' }
