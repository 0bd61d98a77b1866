// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"fmt"
	"os"
	"strings"
	"unicode"
)

// An Attributor is a [Source] that knows who sent its signals. A [Mux] and
// [NotifyContextFrom] ask it. The package sigmux/sender has the one for the
// operating system's signals; [Fake] is one too.
type Attributor interface {
	Source

	// Attribute is Notify, and returns a function that says who sent a signal
	// that c has received. It is called once after each receive from c, also of
	// what was still in c at Stop, and it must not block. Where several signals
	// became one arrival it says who sent the first of them.
	Attribute(c chan<- os.Signal, sigs ...os.Signal) (who func(os.Signal) Sender)
}

// notify is src.Notify, and returns whom to ask for the senders.
func notify(src Source, c chan<- os.Signal, sigs ...os.Signal) (who func(os.Signal) Sender) {
	if a, ok := src.(Attributor); ok {
		return a.Attribute(c, sigs...)
	}
	src.Notify(c, sigs...)
	return unknown
}

// unknown is all that os/signal can say.
func unknown(os.Signal) Sender { return Sender{} }

// A Sender is who sent a signal. The zero value means unknown. One that is known
// is a process that we can see (PID is not 0), somebody outside our PID
// namespace (PID is 0 and Kernel false: in a container the kubelet or whatever
// else runs it), or the kernel.
type Sender struct {
	Known bool   `json:"known"`          // the other fields mean something
	PID   int    `json:"pid"`            // of the process; if Kernel and not 0, of the child that SIGCHLD tells of
	UID   int    `json:"uid"`            // the process's real user id
	Name  string `json:"name,omitempty"` // the process's short name, or "terminal" if Kernel; empty when unknown

	// Kernel is true if no process sent the signal: a Ctrl-C or hang-up of the
	// terminal, a timer, a limit, the end of a child.
	Kernel bool `json:"kernel,omitempty"`
}

// String returns "pid 4242 (kill) uid 0", "outside the PID namespace, uid 0",
// "the terminal", "the kernel" or "unknown".
func (s Sender) String() string {
	switch {
	case !s.Known:
		return "unknown"
	case s.Kernel && s.PID != 0:
		return "the kernel about " + s.process()
	case s.Kernel && s.Name != "":
		return "the " + printable(s.Name)
	case s.Kernel:
		return "the kernel"
	case s.PID == 0:
		return fmt.Sprintf("outside the PID namespace, uid %d", s.UID)
	}
	return s.process()
}

func (s *Sender) process() string {
	if s.Name == "" {
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
