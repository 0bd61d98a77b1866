// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"
)

// A Delivery is what a handler is told about a signal. It is a plain value.
type Delivery struct {
	Signal os.Signal // which

	// At is when the mux saw the signal; when Count is more than one, the
	// oldest of them. The kernel does not say when it was sent.
	At time.Time

	// Count is how many arrivals the delivery stands for, at least 1. More than
	// one came together while the route was masked or busy. The kernel and the
	// Go runtime merge equal signals that are on their way before anyone can
	// count them: an arrival is what reached the mux, not what was sent.
	Count int

	// Sender is who sent it, where known.
	Sender Sender
}

// A Sender is the process that sent a signal. The zero value means unknown,
// which is all that os/signal can say.
type Sender struct {
	Known    bool   // the other fields mean something
	PID, UID int    // meaningless unless Known; PID 0 is the kernel, or outside our PID namespace
	Name     string // the process's short name; empty when unknown
}

// String returns "pid 4242 (kill) uid 0", or "unknown".
func (s Sender) String() string {
	switch {
	case !s.Known:
		return "unknown"
	case s.Name == "":
		return fmt.Sprintf("pid %d uid %d", s.PID, s.UID)
	}
	return fmt.Sprintf("pid %d (%s) uid %d", s.PID, printable(s.Name), s.UID)
}

// printable replaces what could steer a terminal or forge a log line: a process
// chooses its own name.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
