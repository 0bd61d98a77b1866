// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"fmt"
	"os"
)

// A TrapKind is a way in which a process can be started so that signals do not
// do what its author expects.
type TrapKind uint8

// The kinds of trap.
const (
	IgnoredByParent TrapKind = iota + 1 // Trap.Signal is ignored and stays so
	BlockedByParent                     // Trap.Signal is blocked in the mask we inherited
	MaskUnknown                         // the inherited mask cannot be read here
	IsPID1                              // we are PID 1
	ShellAbove                          // our parent is PID 1 and a shell
)

// String returns "ignored", "blocked", "mask unknown", "pid 1" or "shell above".
func (k TrapKind) String() string {
	switch k {
	case IgnoredByParent:
		return "ignored"
	case BlockedByParent:
		return "blocked"
	case MaskUnknown:
		return "mask unknown"
	case IsPID1:
		return "pid 1"
	case ShellAbove:
		return "shell above"
	}
	return "invalid trap kind"
}

// A Trap is something about signals that the process inherited.
type Trap struct {
	Kind   TrapKind  // what is odd
	Signal os.Signal // nil unless Kind is about one signal
	Detail string    // what it means, in a sentence
}

// String returns a log line.
func (t Trap) String() string {
	if t.Signal == nil {
		return fmt.Sprintf("inherited: %v: %s", t.Kind, t.Detail)
	}
	return fmt.Sprintf("inherited: %s %v: %s", Name(t.Signal), t.Kind, t.Detail)
}

// Inherited returns the traps that the process was started in: SIGINT and SIGHUP
// that the parent ignores (they are left ignored, see [Mux.Listen]), signals
// blocked in the inherited mask, being PID 1, and a shell that is PID 1 above
// us. Call it before anything takes signals, because that ends the ignoring.
//
// It cannot see what the Go runtime undoes before any Go code runs: an ignored
// signal other than those two, and a blocked SIGHUP, SIGINT, SIGQUIT, SIGABRT or
// SIGTERM. These work as if they had not been inherited. Without a Linux /proc
// the mask is unknown and a shell above is not noticed; on systems without Unix
// signals there is no mask to report.
func Inherited(src Source) []Trap {
	return inherited(src, process{proc: "/proc", pid: os.Getpid(), ppid: os.Getppid()})
}

// A process is what inherited looks at; tests make their own.
type process struct {
	proc      string // where the proc file system is
	pid, ppid int
}

func inherited(src Source, p process) []Trap {
	var traps []Trap
	for _, sig := range []os.Signal{os.Interrupt, sigHUP} {
		if leftAlone(src, sig) {
			traps = append(traps, Trap{IgnoredByParent, sig, "by whoever started us (nohup, & in a script); it stays ignored"})
		}
	}
	traps = append(traps, p.blocked()...)
	if p.pid == 1 {
		traps = append(traps, Trap{IsPID1, nil, "orphans are ours to reap, and nobody can die of a signal here"})
	}
	if shell := p.shellAbove(); shell != "" {
		traps = append(traps, Trap{ShellAbove, nil, fmt.Sprintf("%q is PID 1 and does not pass signals on: start us with exec", shell)})
	}
	return traps
}
