// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sigmux

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childMode is the environment variable that makes the test binary a child.
const childMode = "SIGMUX_TEST_CHILD"

// emulator is the environment variable that names the program under which the
// test binary runs, such as qemu-aarch64. Children need it too.
const emulator = "QUIESCE_EMULATOR"

func notEmulated(t *testing.T, why string) {
	t.Helper()
	if e := os.Getenv(emulator); e != "" {
		t.Skipf("not under %s: %s", e, why)
	}
}

func TestMain(m *testing.M) {
	mode := os.Getenv(childMode)
	if mode == "" {
		heedIgnored()
		os.Exit(m.Run())
	}
	run, ok := children[mode]
	if !ok {
		run, ok = systemChildren[mode]
	}
	if !ok {
		fmt.Println("no such child:", mode)
		os.Exit(99)
	}
	run()
}

// heedIgnored makes sure that our children start with default actions even if
// we ourselves were started by nohup or in the background: a caught signal has
// its default action after exec, an ignored one stays ignored.
func heedIgnored() {
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
}

// children are the programs under test. Each ends by itself when its standard
// input does.
var children = map[string]func(){
	"naive":       func() { ready(); untilEOF() },
	"notify":      childNotify,
	"exit code":   childExitCode,
	"plain 130":   childPlain130,
	"traps":       childTraps,
	"traps late":  childTrapsLate,
	"ignoring":    childIgnoring,
	"close":       childClose,
	"close burst": childCloseBurst,
	"burst":       func() { childBurst(Orchestrated()) },
	"burst tty":   func() { childBurst(Interactive()) },
	"die twice":   childDieTwice,
	"pid 1":       childPID1,
	"pid 1 naive": childPID1Naive,
}

// spawned is what the programs print first, with what the parent may signal.
const spawned = "ready"

func ready() { fmt.Println(spawned, os.Getpid()) }

func untilEOF() { _, _ = io.Copy(io.Discard, os.Stdin) }

func childNotify() {
	ctx, _ := NotifyContext(context.Background())
	ready()
	<-ctx.Done()
	fmt.Println(context.Cause(ctx))
	untilEOF()
}

func childExitCode() {
	ctx, stop := NotifyContext(context.Background())
	ready()
	<-ctx.Done()
	stop()
	os.Exit(ExitCode(ctx, fmt.Errorf("work: %w", ctx.Err())))
}

func childPlain130() {
	ctx, _ := NotifyContext(context.Background())
	ready()
	<-ctx.Done()
	os.Exit(130)
}

func childTraps() {
	for _, trap := range Inherited(OS()) {
		fmt.Println(trap)
	}
	ready()
	untilEOF()
}

// childTrapsLate looks when the runtime's signal thread exists already, often
// enough to meet the main thread, whichever that is by now.
func childTrapsLate() {
	_, stop := NotifyContext(context.Background())
	defer stop()
	for range 100 {
		done := make(chan []Trap)
		go func() { done <- Inherited(OS()) }()
		runtime.Gosched()
		for _, trap := range <-done {
			fmt.Println(trap)
		}
	}
	ready()
	untilEOF()
}

func childIgnoring() {
	m := New(OS())
	tell := func(d Delivery, s Step) { fmt.Println(s, Name(d.Signal)) }
	hup := func(Delivery) { fmt.Println("hup") }
	if _, err := m.Handle(syscall.SIGHUP, "hup", hup); err != nil || m.Escalate(Interactive(), tell) != nil {
		os.Exit(98)
	}
	traps := Inherited(OS())
	_ = m.Listen()
	for _, trap := range traps {
		fmt.Println(trap)
	}
	ready()
	untilEOF()
}

func childClose() {
	m, steps := New(OS()), make(chan Step, 1)
	if m.Escalate(Interactive(), func(_ Delivery, s Step) { steps <- s }) != nil || m.Listen() != nil {
		os.Exit(98)
	}
	ready()
	fmt.Println(<-steps)
	m.Close()
	fmt.Println("closed")
	untilEOF()
}

// childCloseBurst opens and closes muxes under fire.
func childCloseBurst() {
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = syscall.Kill(os.Getpid(), syscall.SIGUSR1)
			}
		}
	}()
	var received uint64
	for range 300 {
		m, closed := New(OS()), false
		f := func(Delivery) {
			if closed { // with the race detector, also proves that Close waited
				fmt.Println("called after Close")
			}
		}
		_, err1 := m.Handle(syscall.SIGUSR1, "inline", f, Inline())
		_, err2 := m.Handle(syscall.SIGUSR1, "goroutine", f)
		_, err3 := m.Handle(syscall.SIGUSR1, "thread", f, OwnThread())
		if err1 != nil || err2 != nil || err3 != nil || m.Listen() != nil {
			fmt.Println("refused")
		}
		runtime.Gosched()
		m.Close()
		closed = true
		c := m.Counts()[0]
		received += c.Received
		if c.Received != c.Acted+c.Coalesced+c.Ignored || c.Pending != 0 {
			fmt.Printf("counts %+v\n", c)
		}
	}
	close(stop)
	fmt.Println("some received:", received > 0)
}

// childBurst prints each step with its time and, at the end, the counts.
func childBurst(p Policy) {
	m := New(OS())
	start := time.Now()
	tell := func(d Delivery, s Step) { fmt.Println(s, d.At.Sub(start).Microseconds()) }
	_, err := m.Handle(syscall.SIGUSR1, "usr1", func(Delivery) {})
	if err != nil || m.Escalate(p, tell) != nil || m.Listen() != nil {
		os.Exit(98)
	}
	ready()
	untilEOF()
	m.Close()
	for _, c := range m.Counts() {
		fmt.Println(Name(c.Signal), c.Received, c.Acted, c.Coalesced, c.Ignored)
	}
}

// childDieTwice is more stubborn each time; Die must get through the Notify.
func childDieTwice() {
	ready()
	held := make(chan os.Signal, 1)
	signal.Notify(held, syscall.SIGTERM, syscall.SIGUSR1)
	signal.Ignore(syscall.SIGINT)
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGUSR1} {
		start := time.Now()
		Die(sig)
		fmt.Println("survived", Name(sig), "and waited:", time.Since(start) >= dieWait)
	}
	Die(syscall.SIGTERM)
	fmt.Println("survived")
}

// childPID1 has a listener, so that even PID 1 gets the signal.
func childPID1() {
	for _, trap := range Inherited(OS()) {
		fmt.Println(trap)
	}
	ctx, stop := NotifyContext(context.Background())
	_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
	<-ctx.Done()
	stop()
	os.Exit(ExitCode(ctx, nil))
}

func childPID1Naive() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
	untilEOF()
}

// A child is a running program under test, or one around it.
type child struct {
	*testing.T
	cmd   *exec.Cmd
	in    io.Closer
	lines *bufio.Scanner
	pid   int // of the program under test
}

// childLimit bounds a child's life; each takes a fraction of it.
const childLimit = time.Minute

// self returns a command for the test binary in a mode, maybe inside another:
// the arguments of that, in which "SELF" stands for the test binary.
func self(t *testing.T, mode string, around ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if len(around) == 0 {
		around = []string{"SELF"}
	}
	program := []string{exe}
	if e := os.Getenv(emulator); e != "" {
		program = []string{e, exe}
	}
	ctx, cancel := context.WithTimeout(context.Background(), childLimit)
	t.Cleanup(cancel)
	var args []string
	for _, arg := range around {
		if arg == "SELF" {
			args = append(args, program...)
		} else {
			args = append(args, strings.ReplaceAll(arg, "SELF", strings.Join(program, " ")))
		}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childMode+"="+mode, "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Stderr = os.Stderr
	return cmd
}

// start runs cmd until the program is ready; lines printed before that are
// returned.
func start(t *testing.T, cmd *exec.Cmd) (*child, []string) {
	t.Helper()
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{T: t, cmd: cmd, in: in, lines: bufio.NewScanner(out)}
	t.Cleanup(func() {
		in.Close()     // ends it, if nothing has
		_ = cmd.Wait() // an error says that somebody waited before
	})
	var before []string
	for c.lines.Scan() {
		if _, err := fmt.Sscanf(c.lines.Text(), spawned+" %d", &c.pid); err == nil {
			return c, before
		}
		before = append(before, c.lines.Text())
	}
	t.Fatalf("child ended before it was ready: %v, printed %q", cmd.Wait(), before)
	return nil, nil
}

func (c *child) signal(sig syscall.Signal) {
	c.Helper()
	if err := syscall.Kill(c.pid, sig); err != nil {
		c.Fatal(err)
	}
}

// line reads one line and compares it.
func (c *child) line(want string) {
	c.Helper()
	if c.lines.Scan(); c.lines.Text() != want {
		c.Fatalf("child printed %q, want %q", c.lines.Text(), want)
	}
}

// rest reads the remaining lines and waits.
func (c *child) rest() ([]string, syscall.WaitStatus) {
	c.Helper()
	var lines []string
	for c.lines.Scan() {
		lines = append(lines, c.lines.Text())
	}
	_ = c.cmd.Wait() // the status says it
	return lines, c.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

// diedOf expects silence and death by sig.
func (c *child) diedOf(sig syscall.Signal) {
	c.Helper()
	lines, status := c.rest()
	if !status.Signaled() || status.Signal() != sig || len(lines) > 0 {
		c.Errorf("child printed %q and ended with status %#x, want death by %s", lines, int(status), Name(sig))
	}
}

// exited expects an exit code.
func (c *child) exited(code int) []string {
	c.Helper()
	lines, status := c.rest()
	if !status.Exited() || status.ExitStatus() != code {
		c.Errorf("child printed %q and ended with status %#x, want exit code %d", lines, int(status), code)
	}
	return lines
}
