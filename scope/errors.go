// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"errors"
	"fmt"
)

var (
	// ErrScopeClosed is matched by the error of [Scope.Go], [Scope.TryGo] and
	// [Scope.Start] in a scope that does not admit the task. Its function was not
	// called and will not be. The error is a [*ClosedError].
	ErrScopeClosed = errors.New("scope is closed")

	// ErrFull is returned by [Scope.TryGo] if the limit is reached.
	ErrFull = errors.New("scope: limit is reached")

	// ErrDraining is the cause of a scope that was shut without another one.
	ErrDraining = errors.New("no new work is taken")

	// ErrStopped is the cause of a scope that was stopped, closed, or cancelled
	// without another one.
	ErrStopped = errors.New("scope was stopped")

	// ErrDecided is the cause of a scope whose policy needs no more of its tasks:
	// see [FirstSuccess] and [Quorum].
	ErrDecided = errors.New("enough tasks have succeeded")

	// ErrExited stands for a call of runtime.Goexit in a task, which t.FailNow makes.
	ErrExited = errors.New("runtime.Goexit was called")

	// ErrReentrant is returned by [Scope.Wait] and [Scope.Close] when a task of the
	// same scope calls them, which would wait for itself.
	ErrReentrant = errors.New("scope: wait from inside a task of the same scope")
)

// textOf returns the text of a user's error, also if it panics when it is asked: who
// wants to know what runs is not to pay for that.
func textOf(err error) string { return fmt.Sprint(err) }

// A ClosedError says why a task was not admitted. It matches [ErrScopeClosed] and
// what Cause matches.
type ClosedError struct {
	Scope string // the scope's path
	State State  // its state then
	Cause error  // why it had that state
}

// Error names the scope and the reason.
func (e *ClosedError) Error() string {
	return fmt.Sprintf("scope: %q is %s: %v", e.Scope, e.State, e.Cause)
}

// Unwrap returns [ErrScopeClosed] and the cause.
func (e *ClosedError) Unwrap() []error { return []error{ErrScopeClosed, e.Cause} }

// A TaskError is the error of a task, with its name.
type TaskError struct {
	Scope   string  // the scope's path
	Task    string  // the task's name
	Outcome Outcome // Failed, Panicked or Exited
	Err     error   // what it returned, a [*PanicError], or [ErrExited]
}

// Error names the task.
func (e *TaskError) Error() string { return fmt.Sprintf("task %q of %q: %v", e.Task, e.Scope, e.Err) }

// Unwrap returns the task's error.
func (e *TaskError) Unwrap() error { return e.Err }

// A PanicError is a panic in a task, as an error.
type PanicError struct {
	Value any    // what was passed to panic
	Stack string // the goroutine's stack at the panic
}

// Error returns the panic's value without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
