// SPDX-License-Identifier: Apache-2.0

//go:build unix

package ctxio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/ctxio"
)

// long is a grace period that is not to be used up.
const long = 20 * time.Second

// An output collects what children say.
type output struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	said chan struct{} // a token for each write
}

func newOutput() *output { return &output{said: make(chan struct{}, 100)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.Write(p)
	select {
	case o.said <- struct{}{}:
	default: // who awaits something has tokens enough
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// await returns when so many processes have said that they are ready.
func (o *output) await(t *testing.T, ready int) {
	t.Helper()
	for strings.Count(o.String(), "ready") < ready {
		wait(t, "ready", o.said)
	}
}

// A family is a command with all that descends from it.
type family struct {
	*exec.Cmd
	out  *output
	life *os.File // at its end when the last of them has died
}

func command(t *testing.T, mode string) *family {
	t.Helper()
	life, held, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	f := &family{exec.Command(os.Args[0]), newOutput(), life}
	f.Env = append(os.Environ(), childMode+"="+mode, "GORACE=atexit_sleep_ms=0")
	f.Stdout, f.Stderr = f.out, f.out
	f.ExtraFiles = []*os.File{held}
	t.Cleanup(func() {
		life.Close()
		held.Close()
	})
	return f
}

func (f *family) start(t *testing.T, ctx context.Context, grace time.Duration) *ctxio.Process {
	t.Helper()
	p, err := ctxio.Start(ctx, f.Cmd, grace)
	if err != nil {
		t.Fatal(err)
	}
	f.ExtraFiles[0].Close()
	return p
}

// wantDead checks that nobody is left, and no zombie of ours.
func (f *family) wantDead(t *testing.T) {
	t.Helper()
	within(t, "the end of all processes", func() {
		if _, err := f.life.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("life: %v", err)
		}
	})
	if _, err := syscall.Wait4(f.Process.Pid, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("wait4 = %v, want ECHILD: the command was not reaped", err)
	}
}

func TestRunOfItsOwn(t *testing.T) {
	ctx, cancel := stoppable(t)
	f := command(t, "exit3")
	err := ctxio.Run(ctx, f.Cmd, long)
	cancel(errStop)
	if e, ok := err.(*exec.ExitError); !ok || e.ExitCode() != 3 {
		t.Errorf("Run = %v, want exit status 3", err)
	}
	if f.out.String() != "has failed\n" {
		t.Errorf("output = %q", f.out)
	}
	if err := ctxio.Run(t.Context(), command(t, "exit0").Cmd, long); err != nil {
		t.Errorf("Run = %v", err)
	}
}

// Who of the family does what when it is interrupted, and what becomes of it.
func TestCancelInterruptsCommand(t *testing.T) {
	const short = time.Second // must be enough for a process to die of SIGTERM, on a busy machine
	for _, c := range []struct {
		mode   string
		ready  int
		grace  time.Duration
		killed bool
		err    string // of the command itself
		says   string // at the end
	}{
		{"dies", 1, long, false, "signal: terminated", "ready"},
		{"stopped", 1, long, false, "signal: terminated", "ready"},
		{"graceful", 1, long, false, "", "has finished"},
		{"stubborn", 1, short, true, "signal: killed", "ready"},
		{"dies", 1, 0, true, "signal: killed", "ready"},
		{"dies dies", 2, long, false, "signal: terminated", "ready"},
		{"dies graceful", 2, long, false, "signal: terminated", "has finished"},
		{"dies stubborn", 2, short, true, "signal: terminated", "ready"},
		{"stubborn stubborn", 2, short, true, "signal: killed", "ready"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			ctx, cancel := stoppable(t)
			f := command(t, c.mode)
			p := f.start(t, ctx, c.grace)
			f.out.await(t, c.ready)
			cancel(errStop)
			var err error
			within(t, "Wait", func() { err = p.Wait() })
			f.wantDead(t)
			e, ok := errors.AsType[*ctxio.CommandError](err)
			if !ok {
				t.Fatalf("Wait = %v, want a *CommandError", err)
			}
			if !errors.Is(err, errStop) || e.Killed != c.killed || e.Left {
				t.Errorf("Wait = %v (%+v)", err, e)
			}
			exit, ok := errors.AsType[*exec.ExitError](err)
			if ok != (c.err != "") || ok && exit.Error() != c.err {
				t.Errorf("the command's own error = %v, want %q", exit, c.err)
			}
			if out := strings.TrimSpace(f.out.String()); !strings.HasSuffix(out, c.says) {
				t.Errorf("output = %q, want %q at the end", out, c.says)
			}
		})
	}
}

// Wait waits for the group also where no pipe of os/exec's tells of it.
func TestGroupOutlivesCommand(t *testing.T) {
	ctx, cancel := stoppable(t)
	f := command(t, "dies graceful")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f.Stdout, f.Stderr = w, w
	p := f.start(t, ctx, long)
	w.Close()
	go io.Copy(f.out, r)
	f.out.await(t, 2)
	cancel(errStop)
	within(t, "Wait", func() {
		if err := p.Wait(); !errors.Is(err, errStop) {
			t.Errorf("Wait = %v", err)
		}
	})
	raw, err := f.life.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		if n, err := syscall.Read(int(fd), make([]byte, 1)); n != 0 || err != nil {
			t.Errorf("after Wait, life: %d, %v, want its end", n, err)
		}
	})
}

// A process that has left the group holds the output for as long as WaitDelay.
func TestDaemonHoldsOutput(t *testing.T) {
	f := command(t, "leaves daemon:dies")
	f.WaitDelay = 50 * time.Millisecond
	p := f.start(t, t.Context(), long)
	within(t, "Wait", func() {
		if err := p.Wait(); !errors.Is(err, exec.ErrWaitDelay) {
			t.Errorf("Wait = %v, want exec.ErrWaitDelay", err)
		}
	})
	var daemon int
	_, spawned, _ := strings.Cut(f.out.String(), "spawned") // before or after "ready"
	if _, err := fmt.Sscan(spawned, &daemon); err != nil {
		t.Fatalf("output = %q", f.out)
	}
	if err := syscall.Kill(daemon, syscall.SIGKILL); err != nil {
		t.Errorf("the daemon is gone: %v", err)
	}
	f.wantDead(t)
}

// A command that cannot be obeyed with is not begun.
func TestStartRefuses(t *testing.T) {
	ended, cancel := stoppable(t)
	cancel(errStop)
	f := command(t, "exit0")
	if _, err := ctxio.Start(ended, f.Cmd, long); !errors.Is(err, errStop) || f.Process != nil {
		t.Errorf("Start = %v, process %v", err, f.Process)
	}
	bound := exec.CommandContext(t.Context(), os.Args[0])
	if _, err := ctxio.Start(t.Context(), bound, long); err == nil {
		t.Error("Start of a command with a context = nil")
	}
	f.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: os.Getpid()}
	if _, err := ctxio.Start(t.Context(), f.Cmd, long); err == nil {
		t.Error("Start in another's group = nil")
	}
	if _, err := ctxio.Start(t.Context(), exec.Command("no-such-command"), long); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("Start = %v, want exec.ErrNotFound", err)
	}
}

// A session of its own is a group too.
func TestStartWithSetsid(t *testing.T) {
	ctx, cancel := stoppable(t)
	f := command(t, "dies dies")
	f.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p := f.start(t, ctx, long)
	f.out.await(t, 2)
	cancel(errStop)
	within(t, "Wait", func() {
		if err := p.Wait(); !errors.Is(err, errStop) {
			t.Errorf("Wait = %v", err)
		}
	})
	f.wantDead(t)
}

// Commands that end of themselves and contexts that end meet in every order.
func TestRaceOfCancelAndExit(t *testing.T) {
	for range 40 {
		ctx, cancel := stoppable(t)
		f := command(t, "exit0")
		p := f.start(t, ctx, time.Second)
		var wg sync.WaitGroup
		wg.Go(func() { cancel(errStop) })
		errs := make([]error, 2)
		for i := range errs {
			wg.Go(func() { errs[i] = p.Wait() })
		}
		within(t, "Wait", wg.Wait)
		if errs[0] != errs[1] {
			t.Errorf("two calls of Wait: %v and %v", errs[0], errs[1])
		}
		if errs[0] != nil && !errors.Is(errs[0], errStop) {
			t.Errorf("Wait = %v", errs[0])
		}
		f.wantDead(t)
	}
}
