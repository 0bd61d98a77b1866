// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"fmt"
	"strings"
	"time"
)

// An UnstoppedError says which tasks still ran when [Scope.Close] had no time left.
type UnstoppedError struct {
	Scope  string        // path of the scope that was closed
	After  time.Duration // since Close was called
	Cause  error         // why it could not wait any longer
	Survey *Survey       // who still runs, and where
}

// Error names the tasks, in one line.
func (e *UnstoppedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "scope: close %q: after %v", e.Scope, e.After.Round(time.Millisecond))
	for i, g := range e.Survey.Groups {
		switch {
		case i == 0:
			b.WriteString(" still running: ")
		case i == maxNamed:
			fmt.Fprintf(&b, " and %d more", len(e.Survey.Groups)-maxNamed)
			return b.String() + ": " + e.Cause.Error()
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q of %q", g.Task, g.Scope)
		if g.Count > 1 {
			fmt.Fprintf(&b, " (%d)", g.Count)
		}
	}
	return b.String() + ": " + e.Cause.Error()
}

// maxNamed is how many groups the text of an error names.
const maxNamed = 8

// Unwrap returns the cause.
func (e *UnstoppedError) Unwrap() error { return e.Cause }

// unstopped surveys the abandoned.
func (s *Scope) unstopped() *Survey {
	return s.survey(func(n *node) bool { return n.abandoned })
}

// A Stack is where some goroutines of a [Group] are.
type Stack struct {
	Count   int    `json:"count"`             // goroutines with this stack
	Blocked string `json:"blocked,omitempty"` // what they wait in: "chan receive", "I/O wait"; "" if that is not known
	Proven  bool   `json:"proven,omitempty"`  // the garbage collector has proven that they can never wake
	Text    string `json:"text"`              // a line for each function, the innermost first
}

// An Orphan is goroutines that a task has started with a bare go statement. They
// carry its labels, and nobody owns them.
type Orphan struct {
	Scope string `json:"scope"` // path of the task's scope
	Task  string `json:"task"`  // its name
	Stack
}
