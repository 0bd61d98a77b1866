// SPDX-License-Identifier: Apache-2.0

//go:build unix

package ctxio_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/ctxio"
)

// A grace period without end does not cut off the output.
func TestEndlessGrace(t *testing.T) {
	f := command(t, "leaves graceful")
	p := f.start(t, t.Context(), math.MaxInt64)
	if f.WaitDelay != math.MaxInt64 {
		t.Errorf("WaitDelay = %v, want the longest", f.WaitDelay)
	}
	f.out.await(t, 1)
	var left int
	_, spawned, _ := strings.Cut(f.out.String(), "spawned") // before or after "ready"
	if _, err := fmt.Sscan(spawned, &left); err != nil {
		t.Fatalf("output = %q", f.out)
	}
	if err := syscall.Kill(left, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	within(t, "Wait", func() {
		if err := p.Wait(); err != nil {
			t.Errorf("Wait = %v", err)
		}
	})
	f.wantDead(t)
}

// Who calls Wait late is told what he would have been told at once.
func TestLateWait(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells a zombie from a living process")
	}
	ctx, cancel := stoppable(t)
	f := command(t, "dies dies")
	p := f.start(t, ctx, math.MaxInt64)
	f.out.await(t, 2)
	cancel(errStop)
	within(t, "the end of all processes", func() { f.life.Read(make([]byte, 1)) })
	vanished(t, "ctxio.(*Process).endGroup") // else it waits for ever, as does Wait
	err := p.Wait()
	e, ok := errors.AsType[*ctxio.CommandError](err)
	if !ok || e.Killed || e.Left {
		t.Errorf("Wait = %v, want that SIGTERM was enough", err)
	}
	f.wantDead(t)
}

// A pipe that the caller reads is interrupted by a Reader, whoever holds it.
func TestDaemonHoldsCallersPipe(t *testing.T) {
	ctx, cancel := stoppable(t)
	f := command(t, "leaves daemon:dies")
	f.Stdout, f.Stderr = nil, nil
	pipe, err := f.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := f.start(t, ctx, long)
	out := ctxio.NewReader(ctx, pipe)
	var daemon int
	for word := ""; word != "spawned"; { // before or after "ready"
		if _, err := fmt.Fscan(out, &word); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := fmt.Fscan(out, &daemon); err != nil {
		t.Fatal(err)
	}
	cancel(errStop)
	within(t, "Read", func() {
		_, err := io.ReadAll(out)
		wantCause(t, err, errStop)
	})
	within(t, "Wait", func() { p.Wait() })
	if err := syscall.Kill(daemon, syscall.SIGKILL); err != nil {
		t.Errorf("the daemon is gone: %v", err)
	}
	f.wantDead(t)
}

// A group whose processes fork and exit all the time, deaf to SIGTERM, does not
// get away.
func TestRelay(t *testing.T) {
	ctx, cancel := stoppable(t)
	f := command(t, "dies relay")
	p := f.start(t, ctx, 200*time.Millisecond)
	f.out.await(t, 3)
	cancel(errStop)
	within(t, "Wait", func() {
		if err := p.Wait(); !errors.Is(err, errStop) {
			t.Errorf("Wait = %v", err)
		}
	})
	f.wantDead(t)
}
