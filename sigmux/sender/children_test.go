// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64) && !quiesce_nosender

package sender

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
)

// emulator is the environment variable that names the program under which the
// test binary runs, such as qemu-aarch64. Children need it too.
const emulator = "QUIESCE_EMULATOR"

func TestMain(m *testing.M) {
	quiescetest.Children(children)
	os.Exit(m.Run())
}

// children are the programs under test. Each ends by itself when its standard
// input does.
var children = map[string]func(){
	"mux":       childMux,
	"send":      childSend,
	"self":      childSelf,
	"kernel":    childKernel,
	"several":   childSeveral,
	"survivor":  childSurvivor,
	"foreign":   childForeign,
	"storm":     childStorm,
	"children":  childChildren,
	"context":   childContext,
	"reset":     childReset,
	"dump":      childDump,
	"terminal":  childTerminal,
	"inherited": childInherited,
}

// start starts a child and waits until it is ready.
func start(t *testing.T, name string, args ...string) *quiescetest.Process {
	t.Helper()
	return ready(t, quiescetest.Child(t, name, args...))
}

func ready(t *testing.T, c quiescetest.Command) *quiescetest.Process {
	t.Helper()
	c.Ready = "ready"
	return emulated(c).Start(t)
}

func emulated(c quiescetest.Command) quiescetest.Command {
	if e := os.Getenv(emulator); e != "" {
		c.Args = append([]string{e}, c.Args...)
	}
	return c
}

func notEmulated(t *testing.T, why string) {
	t.Helper()
	if e := os.Getenv(emulator); e != "" {
		t.Skipf("not under %s: %s", e, why)
	}
}

func say(args ...any) { fmt.Println(args...) }

func untilEOF() { _, _ = io.Copy(io.Discard, os.Stdin) }

// must ends a child in which something went wrong that is not under test.
func must(err error) {
	if err != nil {
		say(err)
		os.Exit(99)
	}
}

// listen has a mux call f for each signal of the names in the arguments.
func listen(f func(sigmux.Delivery), sigs ...os.Signal) *sigmux.Mux {
	m := sigmux.New(OS())
	for _, sig := range sigs {
		_, err := m.Handle(sig, "test", f, sigmux.Inline())
		must(err)
	}
	must(m.Listen())
	must(Supported())
	return m
}

func printed(d sigmux.Delivery) { say(sigmux.Name(d.Signal), "from", d.Sender) }

// childMux prints what it receives: its arguments are signal numbers.
func childMux() {
	var sigs []os.Signal
	for _, arg := range os.Args[1:] {
		n, err := strconv.Atoi(arg)
		must(err)
		sigs = append(sigs, syscall.Signal(n))
	}
	listen(printed, sigs...)
	say("ready")
	untilEOF()
}

// childSend sends a signal, its second argument, to a process, the first, as
// often as the third says.
func childSend() {
	pid, err1 := strconv.Atoi(os.Args[1])
	sig, err2 := strconv.Atoi(os.Args[2])
	times, err3 := strconv.Atoi(os.Args[3])
	must(err1)
	must(err2)
	must(err3)
	say("ready")
	bufio.NewScanner(os.Stdin).Scan() // go
	for range times {
		must(syscall.Kill(pid, syscall.Signal(sig)))
	}
	say("sent")
	untilEOF()
}

// childSelf signals itself in all ways, as another user.
func childSelf() {
	uid, err := strconv.Atoi(os.Args[1])
	must(err)
	must(syscall.Setuid(uid))
	got := make(chan sigmux.Delivery)
	listen(func(d sigmux.Delivery) { got <- d }, syscall.SIGTERM, syscall.SIGUSR1, syscall.Signal(40))
	pid := os.Getpid()
	for _, way := range []struct {
		name string
		send func() error
	}{
		{"kill", func() error { return syscall.Kill(pid, syscall.SIGTERM) }},
		{"tgkill", func() error { return errnoOf(syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(pid), uintptr(pid), 10)) }},
		{"sigqueue", func() error { return sigqueue(pid, 40, pid, uid) }},
	} {
		must(way.send())
		by := (<-got).Sender
		say(way.name, by.Known, by.PID == pid, by.UID, by.Kernel, by.Name != "")
	}
}

func errnoOf(_, _ uintptr, errno syscall.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}

// sigqueue is sigqueue(3): the sender fills in who it says it is.
func sigqueue(pid, sig, from, uid int) error {
	info := struct {
		signo, errno, code, _ int32
		pid                   int32
		uid                   uint32
		value                 uint64
		_                     [96]byte
	}{signo: int32(sig), code: -1, pid: int32(from), uid: uint32(uid)}
	return errnoOf(syscall.RawSyscall(syscall.SYS_RT_SIGQUEUEINFO, uintptr(pid), uintptr(sig), uintptr(unsafe.Pointer(&info))))
}

// childKernel gets signals that no process sent.
func childKernel() {
	got := make(chan sigmux.Delivery)
	listen(func(d sigmux.Delivery) { got <- d }, syscall.SIGALRM, syscall.SIGCHLD)
	timer := [4]int64{3: 1000} // once, in a millisecond
	must(errnoOf(syscall.RawSyscall(syscall.SYS_SETITIMER, 0, uintptr(unsafe.Pointer(&timer)), 0)))
	printed(<-got)
	child := exec.Command("true")
	must(child.Start())
	by := (<-got).Sender
	say("of our child:", by.Kernel, by.PID == child.Process.Pid, strings.HasPrefix(by.String(), "the kernel about pid "))
	must(child.Wait())
}

// childSeveral has several that want to know, one of whom is not asked before
// the others are gone.
func childSeveral() {
	late := make(chan os.Signal, 1)
	who := OS().(sigmux.Attributor).Attribute(late, syscall.SIGTERM)
	ctx, stop := sigmux.NotifyContextFrom(context.Background(), OS(), syscall.SIGTERM)
	defer stop()
	told := make(chan sigmux.Delivery, 2)
	a := listen(func(d sigmux.Delivery) { told <- d }, syscall.SIGTERM)
	b := listen(func(d sigmux.Delivery) { told <- d }, syscall.SIGTERM)
	say("ready")
	printed(<-told)
	printed(<-told)
	<-ctx.Done()
	say(context.Cause(ctx))
	a.Close()
	b.Close()
	OS().Stop(late)
	say("late:", who(<-late))
	say("once more:", who(syscall.SIGTERM))
	say("another:", who(syscall.SIGINT))
}

// childSurvivor signals itself after whatever others do to the signal.
func childSurvivor() {
	sig := syscall.SIGTERM
	other := make(chan os.Signal, 1)
	again := func() (<-chan os.Signal, func(os.Signal) sigmux.Sender) {
		c := make(chan os.Signal, 1)
		return c, OS().(sigmux.Attributor).Attribute(c, sig)
	}
	c, who := again()
	check := func(after string) {
		must(syscall.Kill(os.Getpid(), sig))
		by := who(<-c)
		say(after+":", by.PID == os.Getpid())
	}
	check("at first")
	signal.Notify(other, sig)
	check("another Notify")
	signal.Stop(other)
	check("its Stop")
	signal.Reset(sig)
	c, who = again()
	check("Reset")
	signal.Ignore(sig)
	c, who = again()
	check("Ignore")
	unhook(sig)
	check("loss") // nobody knows
	check("loss, and one more")
}

// unhook puts Go's handler back, as the runtime does when it has passed a signal
// on to a thread of C.
func unhook(sig syscall.Signal) {
	var a sigaction
	must(rtSigaction(int(sig), nil, &a))
	a.handler = next
	must(rtSigaction(int(sig), &a, nil))
}

// childForeign has handlers that are not Go's. They are never called.
func childForeign() {
	var old sigaction
	sig := syscall.SIGUSR1
	must(rtSigaction(int(sig), nil, &old))
	for _, a := range []sigaction{
		{handler: old.handler + 1, flags: old.flags, restorer: old.restorer, mask: old.mask},
		{handler: old.handler, flags: old.flags &^ saSiginfo, restorer: old.restorer, mask: old.mask},
		{}, // the default
	} {
		must(rtSigaction(int(sig), &a, nil))
		c := make(chan os.Signal, 1)
		OS().(sigmux.Attributor).Attribute(c, sig)
		var now sigaction
		must(rtSigaction(int(sig), nil, &now))
		say(Supported(), now == a)
		OS().Stop(c)
	}
	must(rtSigaction(int(sig), &old, nil))
	printed := listen(printed, sig) // and now there is nothing wrong
	printed.Close()
	OS().Notify(make(chan os.Signal, 1), syscall.SIGSEGV)
	OS().(sigmux.Attributor).Attribute(make(chan os.Signal, 1), syscall.SIGSEGV)
	say(Supported())
}

// childStorm prints who sent SIGUSR1 how often, 0 for unknown, and SIGTERM at
// once, while the garbage collector is kept busy. It ends with SIGINT.
func childStorm() {
	senders := make(map[int]int) // of the one goroutine that handles SIGUSR1
	m := listen(func(d sigmux.Delivery) { senders[d.Sender.PID]++ }, syscall.SIGUSR1)
	over := make(chan struct{})
	for sig, f := range map[os.Signal]func(sigmux.Delivery){
		syscall.SIGTERM: printed,
		syscall.SIGINT:  func(sigmux.Delivery) { close(over) },
	} {
		_, err := m.Handle(sig, "test", f)
		must(err)
	}
	go churn(over)
	say("ready")
	<-over
	m.Close()
	for pid, n := range senders {
		say("sender", pid, n)
	}
}

func churn(over <-chan struct{}) {
	for keep := [64][]byte{}; ; {
		for i := range keep {
			keep[i] = make([]byte, 1<<14)
		}
		select {
		case <-over:
			return
		default:
			runtime.GC()
		}
	}
}

// childChildren prints the signal masks of a program that it starts, before and
// after signals are hooked.
func childChildren() {
	masks := func() string {
		out, err := exec.Command("grep", "^Sig[BIC]", "/proc/self/status").Output()
		must(err)
		return strings.Join(strings.Fields(string(out)), " ")
	}
	before := masks()
	m := listen(printed, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGCHLD, syscall.SIGWINCH)
	hooked := masks()
	m.Close()
	say("ready", strings.Contains(before, "SigCgt:"), hooked == before, masks() == before)
	_ = syscall.Kill(os.Getpid(), syscall.SIGWINCH) // whose default is nothing
	untilEOF()
}

func childContext() {
	ctx, _ := sigmux.NotifyContextFrom(context.Background(), OS())
	say("ready")
	<-ctx.Done()
	say(context.Cause(ctx))
	untilEOF()
}

func childReset() {
	listen(printed, syscall.SIGTERM)
	signal.Reset(syscall.SIGTERM)
	say("ready")
	untilEOF()
}

func childDump() {
	m := listen(printed, syscall.SIGQUIT)
	m.Close()
	say("ready")
	untilEOF()
}

func childTerminal() {
	listen(printed, syscall.SIGINT, syscall.SIGHUP)
	say("ready")
	time.Sleep(time.Minute) // standard input is the terminal, which ends; the test does not wait
}

// childInherited takes SIGINT, which whoever started it ignores, and gives it
// back.
func childInherited() {
	say("ignored:", signal.Ignored(os.Interrupt))
	a := OS().(sigmux.Attributor)
	for range 2 {
		c := make(chan os.Signal, 1)
		who := a.Attribute(c, os.Interrupt)
		must(syscall.Kill(os.Getpid(), syscall.SIGINT))
		by := who(<-c)
		say("taken:", by.PID == os.Getpid())
		a.Stop(c)
		var now sigaction
		must(rtSigaction(int(syscall.SIGINT), nil, &now))
		say("given back:", now.handler == 1)
	}
}
