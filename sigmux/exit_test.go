// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
)

type coded int

func (c coded) Error() string { return fmt.Sprintf("code %d", int(c)) }
func (c coded) ExitCode() int { return int(c) }

// TestExitCode has the cases that do not end the process; child processes have
// the others.
func TestExitCode(t *testing.T) {
	live := t.Context()
	canceled, cancel := context.WithCancel(live)
	cancel()
	caused, cancelCause := context.WithCancelCause(live)
	why := coded(9)
	cancelCause(why)
	terminated, terminate := context.WithCancelCause(live)
	terminate(&SignalError{Signal: syscall.SIGTERM})

	for _, tc := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"nothing", live, nil, 0},
		{"failure", live, io.EOF, 1},
		{"failure with a code", live, fmt.Errorf("in: %w", coded(7)), 7},
		{"failure with code 0", live, coded(0), 0},
		{"code of a child that died of a signal", live, coded(-1), 1},
		{"code too large", live, coded(256), 1},
		{"someone else's cancellation", live, context.Canceled, 1},
		{"someone else's signal", live, &SignalError{Signal: syscall.SIGTERM}, 128 + 15},
		{"stopped, done", canceled, nil, 0},
		{"stopped, echo", canceled, canceled.Err(), 1},
		{"cause is an echo, its code is not asked", caused, fmt.Errorf("work: %w", why), 1},
		{"failure of its own beats the signal", terminated, io.EOF, 1},
		{"with its code", terminated, coded(7), 7},
		{"joined with the echo", terminated, errors.Join(context.Canceled, coded(7)), 7},
		{"wrapped with the echo", terminated, fmt.Errorf("%w: %w", io.EOF, context.Canceled), 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := ExitCode(tc.ctx, tc.err); got != tc.want {
				t.Errorf("ExitCode = %d, want %d", got, tc.want)
			}
		})
	}
}

type uncomparable []string

func (u uncomparable) Error() string { return "uncomparable" }

type hollow struct{}

func (hollow) Error() string { return "hollow" }
func (hollow) Unwrap() error { return nil }

func TestIsEcho(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := &SignalError{Signal: os.Interrupt}
	cancel(cause)
	odd, cancelOdd := context.WithCancelCause(t.Context())
	cancelOdd(uncomparable{"a"})
	for _, tc := range []struct {
		name string
		ctx  context.Context
		err  error
		want bool
	}{
		{"error", ctx, context.Canceled, true},
		{"cause", ctx, cause, true},
		{"another signal", ctx, &SignalError{Signal: syscall.SIGTERM}, true}, // it is a cancellation, too
		{"wrapped", ctx, fmt.Errorf("read: %w", context.Canceled), true},
		{"all joined", ctx, errors.Join(context.Canceled, fmt.Errorf("x: %w", cause)), true},
		{"one is not", ctx, errors.Join(context.Canceled, io.EOF), false},
		{"deadline", ctx, context.DeadlineExceeded, false},
		{"wraps nothing", ctx, hollow{}, false},
		{"cause that cannot be compared", odd, uncomparable{"a"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := isEcho(tc.ctx, tc.err); got != tc.want {
				t.Errorf("isEcho(%v) = %v, want %v", tc.err, got, tc.want)
			}
		})
	}
}

func TestSignalError(t *testing.T) {
	for _, tc := range []struct {
		sender Sender
		want   string
	}{
		{Sender{}, "terminated by SIGTERM"},
		{Sender{Known: true, PID: 4242, Name: "kill"}, "terminated by SIGTERM from pid 4242 (kill) uid 0"},
		{Sender{Known: true, PID: 7, UID: 1000}, "terminated by SIGTERM from pid 7 uid 1000"},
		{Sender{Known: true, PID: 7, Name: "a\x1b[2J\nb"}, "terminated by SIGTERM from pid 7 (a?[2J?b) uid 0"},
	} {
		e := &SignalError{Signal: syscall.SIGTERM, Sender: tc.sender}
		if got := e.Error(); got != tc.want {
			t.Errorf("Error = %q, want %q", got, tc.want)
		}
	}
	if got := (&SignalError{Signal: os.Interrupt}).ExitCode(); got != 130 {
		t.Errorf("ExitCode = %d, want 130", got)
	}
}

func TestWords(t *testing.T) {
	for _, tc := range []struct {
		got  fmt.Stringer
		want string
	}{
		{Recorded, "recorded"},
		{Graceful, "graceful"},
		{Hurried, "hurried"},
		{Forced, "forced"},
		{Step(9), "invalid step"},
		{Panicked, "panicked"},
		{Exited, "exited"},
		{Overran, "overran"},
		{FaultKind(0), "invalid fault kind"},
		{IgnoredByParent, "ignored"},
		{BlockedByParent, "blocked"},
		{MaskUnknown, "mask unknown"},
		{IsPID1, "pid 1"},
		{ShellAbove, "shell above"},
		{TrapKind(0), "invalid trap kind"},
	} {
		if got := tc.got.String(); got != tc.want {
			t.Errorf("%T: %q, want %q", tc.got, got, tc.want)
		}
	}
}

type foreign string

func (f foreign) String() string { return string(f) }
func (foreign) Signal()          {}

func TestNameAndNumber(t *testing.T) {
	for _, tc := range []struct {
		sig    os.Signal
		name   string
		number int
	}{
		{os.Interrupt, "SIGINT", 2},
		{syscall.SIGTERM, "SIGTERM", 15},
		{syscall.SIGKILL, "SIGKILL", 9},
		{syscall.Signal(0), "signal 0", 0},
		{syscall.Signal(99), "signal 99", 99},
		{foreign("guest stop"), "guest stop", 0},
		{nil, "no signal", 0},
	} {
		if name, number := Name(tc.sig), Number(tc.sig); name != tc.name || number != tc.number {
			t.Errorf("%v is %q, %d; want %q, %d", tc.sig, name, number, tc.name, tc.number)
		}
	}
}
