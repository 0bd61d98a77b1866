// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"time"
)

// FaultsKept is how many faults a [Mux] remembers: the latest.
const FaultsKept = 32

// A FaultKind is what a handler did wrong.
type FaultKind uint8

// The kinds of fault.
const (
	Panicked FaultKind = iota + 1 // recovered; Fault.Value and Fault.Stack say more
	Exited                        // it called runtime.Goexit
	Overran                       // it had not returned when its Timeout was over
)

// String returns "panicked", "exited" or "overran".
func (k FaultKind) String() string {
	switch k {
	case Panicked:
		return "panicked"
	case Exited:
		return "exited"
	case Overran:
		return "overran"
	}
	return "invalid fault kind"
}

// A Fault is a handler that did not do its job. The others still did theirs.
type Fault struct {
	Signal  os.Signal     // being handled
	Handler string        // the route's or the policy's name
	Kind    FaultKind     // what went wrong
	Value   any           // of the panic
	Stack   []byte        // of a panic or Goexit, where it happened
	Limit   time.Duration // the Timeout that was overrun
}

// String returns a log line, without the stack.
func (f Fault) String() string {
	s := fmt.Sprintf("handler %q of %s %v", f.Handler, Name(f.Signal), f.Kind)
	switch f.Kind {
	case Panicked:
		return fmt.Sprintf("%s: %v", s, f.Value)
	case Overran:
		return fmt.Sprintf("%s its %v", s, f.Limit)
	}
	return s
}

// OnFault has f called for every later fault, instead of the function set
// before; nil only stops that. Without it a fault is only remembered, see
// [Mux.Faults]: a program should set it, because a panic in a handler is not
// printed otherwise. f may be called on a signal goroutine and from several
// goroutines at once; it must not block and must not panic.
func (m *Mux) OnFault(f func(Fault)) {
	if f == nil {
		m.onFault.Store(nil)
		return
	}
	m.onFault.Store(&f)
}

// Faults returns the latest faults, at most [FaultsKept], oldest first.
func (m *Mux) Faults() []Fault {
	m.faultMu.Lock()
	defer m.faultMu.Unlock()
	return slices.Clone(m.faults)
}

func (m *Mux) fault(f Fault) {
	m.faultMu.Lock()
	if len(m.faults) == FaultsKept {
		m.faults = slices.Delete(m.faults, 0, 1)
	}
	m.faults = append(m.faults, f)
	m.faultMu.Unlock()
	if tell := m.onFault.Load(); tell != nil {
		(*tell)(f)
	}
}

// caught is deferred around a handler. It recovers a panic; a Goexit cannot be
// stopped, so whoever needs the goroutine must start another.
func (m *Mux) caught(sig os.Signal, handler string, returned *bool) {
	if *returned {
		return
	}
	f := Fault{Signal: sig, Handler: handler, Kind: Exited, Value: recover(), Stack: debug.Stack()}
	if f.Value != nil {
		f.Kind = Panicked
	}
	m.fault(f)
}
