// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
)

// s31 is about what each signal does when nobody listens.
func s31() claim.Claim {
	return claim.Claim{
		ID:       "S31",
		Told:     "Every signal that a Go program does not listen to ends it.",
		Programs: map[string]func(){"answering": answering, "writes": writesToNobody},
		Trial: func(x *claim.Trial) {
			needNamespaces(x)
			s31Ordinary(x)
			s31Writes(x)
			s31First(x)
		},
		So:      "Take SIGTERM, SIGINT and, if it is not to end the program, SIGHUP; leave SIGQUIT its dump. A SIGUSR1 or SIGALRM that would have ended a program in C needs a listener to have any effect. A program whose output goes into a pipe ends with the reader, without a word, unless it takes or ignores SIGPIPE.",
		Covered: []string{"quiesce.App.Main", "sigmux.NotifyContext"},
	}
}

// asked are the signals that people ask about.
var asked = []syscall.Signal{
	syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGABRT,
	syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGPIPE,
	syscall.SIGCHLD, syscall.SIGWINCH, syscall.SIGCONT, syscall.SIGURG, syscall.SIGTSTP,
}

// Of the signals 1 to 31, bar SIGKILL and SIGSTOP:
var (
	killing = []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM}
	dumping = []syscall.Signal{
		syscall.SIGQUIT, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE,
		syscall.SIGSEGV, syscall.SIGSTKFLT, syscall.SIGSYS,
	}
	stopping = []syscall.Signal{syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU}
	nothing  = []syscall.Signal{
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE, syscall.SIGALRM, syscall.SIGCHLD, syscall.SIGCONT,
		syscall.SIGURG, syscall.SIGXCPU, syscall.SIGXFSZ, syscall.SIGVTALRM, syscall.SIGPROF, syscall.SIGWINCH,
		syscall.SIGIO, syscall.SIGPWR,
	}
	deadlyInC = []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE, syscall.SIGALRM}
)

// catchable returns the signals 1 to 31 that a program could take.
func catchable() []syscall.Signal {
	var out []syscall.Signal
	for sig := syscall.Signal(1); sig <= 31; sig++ {
		if sig != syscall.SIGKILL && sig != syscall.SIGSTOP {
			out = append(out, sig)
		}
	}
	return out
}

// s31Ordinary sends them to an ordinary process.
func s31Ordinary(x *claim.Trial) {
	x.Helper()
	did := outcomes(catchable(), func() *subject { return newSubject(x, x.Program("answering")) })
	for _, sig := range asked {
		x.Told(did[sig].ends(), "%s, sent by somebody", sigmux.Name(sig))
	}
	only := func(o outcome, sigs []syscall.Signal) bool { return slices.Equal(withOutcome(did, o), sigs) }
	x.Fact(only(dies, killing), "SIGHUP, SIGINT and SIGTERM kill: the parent sees a death by the signal, and nothing is printed.")
	x.Fact(only(dumps, dumping), "SIGQUIT, SIGABRT, and the signals that stand for errors when somebody sends them (SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSTKFLT, SIGSYS), print the stacks of all goroutines to standard error; the parent sees exit code 2, not a death by a signal.")
	x.Fact(only(stops, stopping), "SIGTSTP, SIGTTIN and SIGTTOU stop the program until SIGCONT.")
	inC := outcomes(deadlyInC, func() *subject { return newSubject(x, quiescetest.Command{Args: []string{"cat"}}) })
	caught := processMasks(newSubject(x, x.Program("answering")).pid).caught
	unhandled := slices.DeleteFunc(slices.Clone(nothing), caught.has)
	x.Fact(only(goesOn, nothing) && slices.Equal(unhandled, []syscall.Signal{syscall.SIGCONT}) && len(withOutcome(inC, dies)) == len(deadlyInC),
		"All others below 32 do nothing, among them SIGUSR1, SIGUSR2, SIGPIPE and SIGALRM, which kill a program in C (cat): for each but SIGCONT the runtime has a handler that looks for a listener and returns (runtime/signal_unix.go, sighandler).")
}

// writesToNobody writes to a pipe that has lost its reader, in the way that its
// argument says, and then tells how that went.
func writesToNobody() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	r.Close()
	saved, err := syscall.Dup(2)
	if err != nil {
		panic(err)
	}
	report := os.NewFile(uintptr(saved), "report")
	for fd := 1; fd <= 2; fd++ {
		if err := syscall.Dup3(int(w.Fd()), fd, 0); err != nil {
			panic(err)
		}
	}
	_, err = map[string]func([]byte) (int, error){
		"stdout":   os.Stdout.Write,
		"stderr":   os.Stderr.Write,
		"other":    w.Write,
		"raw":      func(b []byte) (int, error) { return syscall.Write(1, b) },
		"listener": func(b []byte) (int, error) { notified(1, syscall.SIGPIPE); return os.Stdout.Write(b) },
		"ignored":  func(b []byte) (int, error) { signal.Ignore(syscall.SIGPIPE); return os.Stdout.Write(b) },
	}[os.Args[1]]([]byte("x"))
	fmt.Fprintln(report, "error:", err)
}

// s31Writes is about SIGPIPE as the kernel sends it: to the thread that writes.
func s31Writes(x *claim.Trial) {
	x.Helper()
	run := func(how string) *quiescetest.Result { return x.Run("writes", how) }
	survived := func(r *quiescetest.Result) bool {
		return r.Code == 0 && strings.Contains(r.Stderr, "error: ") && strings.Contains(r.Stderr, "broken pipe")
	}
	stdout, stderr, other := run("stdout"), run("stderr"), run("other")
	x.Told(stdout.Signal != nil, "SIGPIPE from a write to standard output")
	x.Told(stderr.Signal != nil, "SIGPIPE from a write to standard error")
	x.Told(other.Signal != nil, "SIGPIPE from a write to any other file")
	x.Fact(stdout.Signal == syscall.SIGPIPE && stderr.Signal == syscall.SIGPIPE && survived(other),
		"A write to a pipe without a reader kills with SIGPIPE if it is to standard output or standard error, and returns EPIPE otherwise.")
	x.Fact(survived(run("raw")) && survived(run("listener")) && survived(run("ignored")),
		"It is package os that sends this SIGPIPE when a write to its file 1 or 2 has failed (os/file_unix.go, epipecheck): `syscall.Write` to descriptor 1 returns EPIPE, and so does every write once the program listens to SIGPIPE or ignores it.")
}

// s31First sends them to a program that is PID 1.
func s31First(x *claim.Trial) {
	x.Helper()
	did := outcomes(catchable(), func() *subject { return newFirstSubject(x, x.Program("answering")) })
	pipe := asPID1(x.Program("writes", "stdout")).Start(x).Wait()
	x.Fact(slices.Equal(withOutcome(did, exits), killing) && pipe.Code == codeAsPID1(syscall.SIGPIPE) && pipe.Signal == nil,
		"As PID 1 the program dies of none of these: SIGHUP, SIGINT, SIGTERM and the SIGPIPE of standard output end it with exit code 2 up to Go 1.26 and with 128+n from Go 1.27 on, and nothing is printed.")
	x.Fact(slices.Equal(withOutcome(did, dumps), dumping), "As PID 1 SIGQUIT and the others with a dump are the same as elsewhere.")
	idle := slices.Sorted(slices.Values(slices.Concat(nothing, stopping)))
	x.Fact(slices.Equal(withOutcome(did, goesOn), idle), "As PID 1 everything else, SIGTSTP among them, does nothing.")
	asElsewhere := true
	for _, sig := range asked {
		asElsewhere = asElsewhere && did[sig].ends()
	}
	x.Told(asElsewhere, "each of the signals named here, as PID 1")
}
