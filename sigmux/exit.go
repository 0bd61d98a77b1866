// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"context"
	"errors"
	"os"
)

// A SignalError says that a signal asked the program to end. It is the cause of
// a context of [NotifyContext], always as a pointer.
type SignalError struct {
	Signal os.Signal // which
	Sender Sender    // who sent it, where known
}

// Error returns "terminated by SIGTERM", and by whom where that is known.
func (e *SignalError) Error() string {
	s := "terminated by " + Name(e.Signal)
	if e.Sender.Known {
		s += " from " + e.Sender.String()
	}
	return s
}

// Is makes errors.Is(err, context.Canceled) true: a signal cancels.
func (e *SignalError) Is(target error) bool { return target == context.Canceled }

// ExitCode returns 128+n for signal number n, as shells do.
func (e *SignalError) ExitCode() int { return 128 + Number(e.Signal) }

// ExitCode returns the exit code of a program whose work ran under ctx and
// returned err, or ends the program if a signal ended ctx:
//
//  1. If err is a failure of its own: what its ExitCode method says, if there is
//     one in its chain and it says 0 to 255; else 1.
//  2. If a signal ended ctx: [Die] of that signal, whatever else err is. A shell
//     sees that and stops its script or loop, which it does not for an exit
//     code of 130. Deferred functions do not run: call ExitCode last. Where a
//     process cannot die of it (PID 1, Windows) the code is 128+n.
//  3. Otherwise 0 if err is nil, else 1.
//
// The error or cause of ctx, also wrapped, is not a failure of its own once ctx
// has ended. An error that joins several is one if any of them is: the failure
// is what the caller has to know. So return ctx's error by itself, or wrapped
// alone, from work that was merely interrupted.
func ExitCode(ctx context.Context, err error) int {
	if err != nil && !(ctx.Err() != nil && isEcho(ctx, err)) {
		return failureCode(err)
	}
	if s, ok := errors.AsType[*SignalError](context.Cause(ctx)); ok {
		Die(s.Signal)
		return s.ExitCode()
	}
	if err != nil {
		return 1
	}
	return 0
}

// isEcho reports whether err only repeats that ctx has ended.
func isEcho(ctx context.Context, err error) bool {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		all := e.Unwrap()
		for _, err := range all {
			if err != nil && !isEcho(ctx, err) {
				return false
			}
		}
		return len(all) > 0
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return isEcho(ctx, inner)
		}
	}
	return errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))
}

// failureCode asks err for its exit code. An os/exec.ExitError says -1 for a
// child that died of a signal; that is none.
func failureCode(err error) int {
	var e interface{ ExitCode() int }
	if errors.As(err, &e) {
		if n := e.ExitCode(); n >= 0 && n <= 255 {
			return n
		}
	}
	return 1
}
