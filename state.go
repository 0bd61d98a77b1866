// SPDX-License-Identifier: Apache-2.0

package quiesce

import "fmt"

// A State is a station of an app's life. States go one way:
//
//	new ──> starting ──> running ──> draining ──> stopping ──> stopped
//	 │          │                     ▲   │                    ▲   ▲
//	 │          └─────────────────────┘   └────────────────────┘   │
//	 └─────────────────────────────────────────────────────────────┘
//
// Draining covers the announce and drain phases, stopping covers stop and
// flush. An app that is asked to stop while starting goes to draining, one
// that is asked before Run goes straight to stopped, as does one whose end is
// forced or comes from the watchdog.
type State uint32

// The states, in order.
const (
	StateNew      State = iota // not run yet
	StateStarting              // components are becoming ready
	StateRunning               // everything is ready
	StateDraining              // asked to stop: announce and drain
	StateStopping              // everything is quiet: stop and flush
	StateStopped               // over; the report is complete
	numStates
)

// stateTable is the one place that says what states there are: their names,
// the coarse view for whoever needs only three, and where each can go.
var stateTable = [numStates]struct {
	name   string
	coarse string
	next   []State
}{
	StateNew:      {"new", "running", []State{StateStarting, StateStopped}},
	StateStarting: {"starting", "running", []State{StateRunning, StateDraining}},
	StateRunning:  {"running", "running", []State{StateDraining}},
	StateDraining: {"draining", "draining", []State{StateStopping, StateStopped}},
	StateStopping: {"stopping", "draining", []State{StateStopped}},
	StateStopped:  {"stopped", "stopped", nil},
}

// String returns the state's name as it stands in reports: "draining".
func (s State) String() string {
	if s < numStates {
		return stateTable[s].name
	}
	return fmt.Sprintf("state(%d)", uint32(s))
}

// Coarse returns the view of those who tell only three states apart:
// "running" up to the stop request, "draining" from then on, "stopped".
func (s State) Coarse() string {
	if s < numStates {
		return stateTable[s].coarse
	}
	return s.String()
}

// MarshalText implements encoding.TextMarshaler.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *State) UnmarshalText(text []byte) error {
	for i := range stateTable {
		if stateTable[i].name == string(text) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("quiesce: unknown state %q", text)
}

// State returns the app's state. It is one atomic load, safe from anywhere.
func (a *App) State() State { return State(a.state.Load()) }

// Ready reports whether the app takes work: its state is running. It turns
// false inside the call that asks the app to stop, before any other effect of
// the stop can be seen. It does not run the checks of [App.Check]; [App.Readyz]
// does.
func (a *App) Ready() bool { return a.State() == StateRunning }

// Reached returns a channel that is closed once the app's state is s or a later
// one. It is legal at any time; a long poll or an event stream selects on
// Reached(StateDraining) to end in time. A state that was passed over (running,
// when the app was stopped during its start) counts as reached.
func (a *App) Reached(s State) <-chan struct{} {
	if s >= numStates {
		panic("quiesce: Reached of an unknown state")
	}
	return a.reached[s]
}

// Done returns a channel that is closed when the app is stopped.
func (a *App) Done() <-chan struct{} { return a.reached[StateStopped] }

// enterLocked moves the state word on to s. The caller holds a.mu, so a state
// change is never in the middle of a decision that depends on it; readers need
// no lock.
func (a *App) enterLocked(s State) {
	from := a.entered
	if s <= from {
		return
	}
	a.entered = s
	a.state.Store(uint32(s))
	for i := from + 1; i <= s; i++ {
		close(a.reached[i])
	}
	a.emitLocked(StateChanged{From: from, To: s})
}
