// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

var (
	// ErrEnded is the cause of a stop when a component's Run returned nil
	// although nobody had asked it to; see [Job] and [MayEnd].
	ErrEnded = errors.New("run ended unasked")

	// ErrExited stands for a call of runtime.Goexit in a hook or a task.
	ErrExited = scope.ErrExited

	// ErrForced is the cause with which contexts end when a stop is hurried.
	ErrForced = errors.New("stop hurried")

	// ErrReentrant is returned by [App.Wait] when it is called from inside a
	// hook of the same app, which the app would wait for in turn.
	ErrReentrant = errors.New("quiesce: wait from inside a hook of the same app")

	// ErrPhaseClosed is returned by [App.Hook], [App.OnAnnounce] and
	// [App.OnFlush] once the phase has begun. The function was not and will
	// not be called: the caller still owns what it wanted to release.
	ErrPhaseClosed = errors.New("phase has begun")

	// ErrIncomplete is matched by the error of a stop that had to cut or skip
	// hooks because its grace period was over. The same error also matches
	// context.DeadlineExceeded.
	ErrIncomplete = errors.New("grace period over before the stop was complete")

	// ErrStopped is returned by [App.Run] on an app that had already run.
	ErrStopped = errors.New("quiesce: an app runs once")

	// ErrShutdown is the cause of a stop asked for by Shutdown(nil).
	ErrShutdown = errors.New("shutdown requested")

	// ErrInterrupted is matched by the error of a stop that came before every
	// [Job] had ended well.
	ErrInterrupted = errors.New("stopped before every job had ended")

	// ErrJobsDone is the cause of a stop that began because every [Job] had
	// ended well.
	ErrJobsDone = errors.New("all jobs ended")
)

// A PanicError is a panic in a hook or a task, as an error.
type PanicError = scope.PanicError

// An OverrunError is the cause with which a hook's context ends when the hook
// is about to overrun: shortly before its deadline.
type OverrunError struct {
	Component string        // name of the component or free hook
	Hook      HookKind      // which of its hooks
	Allowed   time.Duration // from the hook's begin to its deadline
}

// Error names the hook and the time it had.
func (e *OverrunError) Error() string {
	return fmt.Sprintf("quiesce: %s %q: not done within %v", e.Hook, e.Component, round(e.Allowed))
}

// Is reports a match with context.DeadlineExceeded.
func (e *OverrunError) Is(target error) bool { return target == context.DeadlineExceeded }

// A HookError says which hook went wrong, and how. Hook errors are what the
// error of [App.Run] is made of, beside the cause of the stop.
type HookError struct {
	Component string   // name of the component or free hook
	Hook      HookKind // which of its hooks
	Outcome   Outcome  // how it ended
	Place     string   // file:line of the Add or Hook call
	Err       error    // what it returned, or what stands for that

	text string // of Err, where it was asked already
}

// Error reads `stop "db" failed: connection refused`.
func (e *HookError) Error() string {
	text := fmt.Sprintf("%s %q %s", e.Hook, e.Component, e.Outcome)
	switch {
	case e.text != "":
		text += ": " + e.text
	case e.Err != nil:
		text += ": " + ask(e.Err).text
	}
	return text
}

// Unwrap returns what the hook returned.
func (e *HookError) Unwrap() error { return e.Err }

// A ConfigError is a mistake in how the app was put together. All of them are
// collected and returned together by [App.Plan] and [App.Run], before anything
// starts.
type ConfigError struct {
	App     string // the app's name
	Subject string // what it is about: `component "db"`, `option WithGracePeriod`
	Place   string // file:line of the call, "" for the environment
	Problem string // what is wrong
}

// Error reads `quiesce: app "shop": component "db" (main.go:12): duplicate name …`.
func (e *ConfigError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "quiesce: app %q: %s", e.App, e.Subject)
	if e.Place != "" {
		fmt.Fprintf(&b, " (%s)", e.Place)
	}
	b.WriteString(": " + e.Problem)
	return b.String()
}

// ExitCode returns 4: the app did not start.
func (e *ConfigError) ExitCode() int { return CodeStartFailed }
