// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"errors"

	"github.com/go-quiesce/quiesce/sigmux"
)

// maxCauses bounds what is kept of an app that is asked to stop over and over.
const maxCauses = 100

// A cause is what a [Cause] in the report is made of.
type cause struct {
	kind      CauseKind
	component string
	err       error
	stack     string
	at        int64
}

// newCause makes a cause; its time is set when it is recorded.
func newCause(kind CauseKind, err error) cause { return cause{kind: kind, err: err} }

// exitCode returns what the cause's error wants the exit code to be. What no
// process can exit with is no wish: an os/exec.ExitError says -1 for a child
// that died of a signal, and 256 would come out as 0.
func (c *cause) exitCode() (int, bool) {
	var coder interface{ ExitCode() int }
	if c.kind != CauseSignal && errors.As(c.err, &coder) {
		code := coder.ExitCode()
		return code, code >= 0 && code <= 255
	}
	return 0, false
}

// failure reports whether the cause is something that went wrong.
func (c *cause) failure() bool { return c.kind == CauseFailure || c.kind == CauseStartFailed }

// signal returns the signal behind the cause, nil if there is none.
func (c *cause) signal() *sigmux.SignalError {
	var s *sigmux.SignalError
	if c.kind != CauseSignal || !errors.As(c.err, &s) {
		return nil
	}
	return s
}

// addCauseLocked records a cause and reports whether it is the first. The list
// is replaced rather than changed: it is read without the lock.
func (a *App) addCauseLocked(c cause) bool {
	var list []cause
	if old := a.causes.Load(); old != nil {
		list = *old
	}
	if len(list) == maxCauses {
		return false
	}
	list = append(list[:len(list):len(list)], c)
	a.causes.Store(&list)
	return len(list) == 1
}

// firstCause returns why the app is stopping, nil while it is not.
func (a *App) firstCause() *cause {
	if list := a.causes.Load(); list != nil {
		return &(*list)[0]
	}
	return nil
}

// stopError returns the first cause's error, nil while there is none.
func (a *App) stopError() error {
	if c := a.firstCause(); c != nil {
		return c.err
	}
	return nil
}
