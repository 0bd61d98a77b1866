// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"errors"
	"fmt"

	"github.com/go-quiesce/quiesce/scope"
	"github.com/go-quiesce/quiesce/sigmux"
)

// maxCauses bounds what is kept of an app that is asked to stop over and over.
const maxCauses = 100

// A cause is what a [Cause] in the report is made of.
type cause struct {
	kind      CauseKind
	component string
	err       error
	told      told
	stack     string
	at        int64
}

// told is what an error says of itself. An error is user code, which may hang or
// panic: it is asked once, where that hurts nobody else, on the goroutine that
// brought it and without the lock.
type told struct {
	text  string
	code  int // the exit code it wants
	coded bool
	where string // the stacks of tasks that it says did not stop
}

// ask asks an error; a panic of it is its text. What no process can exit with is
// no wish: an os/exec.ExitError says -1 for a child that died of a signal, and
// 256 would come out as 0.
func ask(err error) (t told) {
	defer func() {
		if v := recover(); v != nil {
			t.text = fmt.Sprintf("%T, whose text panics", err)
		}
	}()
	if err == nil {
		return t
	}
	t.text = err.Error()
	var coder interface{ ExitCode() int }
	if errors.As(err, &coder) {
		t.code = coder.ExitCode()
		t.coded = t.code >= 0 && t.code <= 255
	}
	if u, ok := errors.AsType[*scope.UnstoppedError](err); ok && u.Survey != nil {
		t.where = u.Survey.Text()
	}
	return t
}

// newCause makes a cause; its time is set when it is recorded. It must not be
// called under the lock with an error of the user's.
func newCause(kind CauseKind, err error) cause { return cause{kind: kind, err: err, told: ask(err)} }

// signalCause is newCause for a signal, whose error is our own: nothing is asked
// before readiness is off.
func signalCause(d sigmux.Delivery) cause {
	return cause{kind: CauseSignal, err: &sigmux.SignalError{Signal: d.Signal, Sender: d.Sender}}
}

// hookCause is newCause for a hook that went wrong, whose error was asked already.
func hookCause(kind CauseKind, n *node, k HookKind, o Outcome, d *detail) cause {
	e := &HookError{Component: n.name, Hook: k, Outcome: o, Place: placeOf(n.site), Err: d.err, text: d.told.text}
	return cause{kind: kind, component: n.name, err: e, told: told{text: e.Error(), code: d.told.code, coded: d.told.coded}, stack: d.stack}
}

// text is what the cause says of itself.
func (c *cause) text() string {
	if c.kind == CauseSignal {
		return c.err.Error()
	}
	return c.told.text
}

// failure reports whether the cause is something that went wrong.
func (c *cause) failure() bool { return c.kind == CauseFailure || c.kind == CauseStartFailed }

// signal returns the signal behind the cause, nil if there is none.
func (c *cause) signal() *sigmux.SignalError {
	if c.kind != CauseSignal {
		return nil
	}
	s, _ := c.err.(*sigmux.SignalError)
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
