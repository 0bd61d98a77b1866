// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"fmt"
	"strings"
	"time"
)

// A Record is one event with its number and its time. Numbers begin at 1 and
// have no gaps: an app's events are in one total order, in which an effect
// never stands before what caused it.
type Record struct {
	Seq   uint64    // from 1, without gaps
	At    time.Time // when it happened
	Event Event     // what happened
}

// An Event is something that happened to an app. The set of events is sealed:
// each is one of the struct types below, and each prints as one line.
type Event interface {
	fmt.Stringer
	event()
}

// The events.
type (
	// StateChanged says that the state word moved.
	StateChanged struct {
		From, To State // before and after
	}

	// StopRequested says that a stop was asked for. First is false for causes
	// that came after the first; they are recorded and change nothing.
	StopRequested struct {
		Cause Cause // why
		First bool  // it began the stop
	}

	// Hurry says that the stop was hurried: see [App.Hurry].
	Hurry struct {
		Cause string // why
	}

	// ForcedEnd says that a third signal forced the end of the app.
	ForcedEnd struct {
		Signal string // the one that forced it
		Sender Sender // who sent it, where known
	}

	// WatchdogFired says that the grace period was over before the stop was.
	WatchdogFired struct{}

	// SignalRecorded says that a signal came that changes nothing: a repeat
	// that does not escalate, a reload request during a stop.
	SignalRecorded struct {
		Signal string // which
		Count  int    // how many arrivals it stands for
		Sender Sender // who sent the first of them, where known
	}

	// TrapInherited says what this process inherited that bends its signals:
	// one line of [sigmux.Inherited].
	TrapInherited struct {
		Trap string // for people
	}

	// PhaseBegun and PhaseEnded enclose one pass over the components.
	PhaseBegun struct {
		Phase Phase         // which phase
		Outer bool          // the pass over the outer components
		Limit time.Duration // 0: none
		Delay time.Duration // the readiness delay, in announce
	}
	// PhaseEnded says that everything in the phase has ended.
	PhaseEnded struct {
		Phase Phase         // which phase
		Outer bool          // the pass over the outer components
		Took  time.Duration // since it began
	}

	// DelayEnded says that the readiness delay is over, and whether early.
	DelayEnded struct {
		Took  time.Duration // since the phase began
		Early bool          // it was cut short
	}

	// HookBegun says that a hook was called, or, for a Run at its turn in a
	// stop, that it was asked to end (Asked).
	HookBegun struct {
		Component string        // or the free hook's name
		Hook      HookKind      // which of its hooks
		Phase     Phase         // in which it runs
		Allowed   time.Duration // until its deadline; 0: no deadline
		Asked     bool          // a Run that is asked to end
	}

	// HookEnded says how a hook ended.
	HookEnded struct {
		Component string        // or the free hook's name
		Hook      HookKind      // which of its hooks
		Phase     Phase         // in which it ran
		Outcome   Outcome       // how it ended
		Took      time.Duration // since it began
		Err       error         // nil for OK
		Reason    string        // why it was skipped or cut
	}

	// HookCut says that a hook's context was ended before it returned, because
	// it overran, the stop was hurried, or its start was called off.
	HookCut struct {
		Component string   // or the free hook's name
		Hook      HookKind // which of its hooks
		Cause     error    // with which its context ends
		Forced    bool     // its Force or Fallback was called now
	}

	// LateReturn says that an abandoned hook returned after all.
	LateReturn struct {
		Component string        // or the free hook's name
		Hook      HookKind      // which of its hooks
		After     time.Duration // since it was abandoned
	}

	// Waiting is repeated every few seconds while a stop waits.
	Waiting struct {
		For  []string      // hooks in flight: `drain "http"`
		Left time.Duration // of the grace period
	}
)

func (StateChanged) event()   {}
func (StopRequested) event()  {}
func (Hurry) event()          {}
func (ForcedEnd) event()      {}
func (WatchdogFired) event()  {}
func (SignalRecorded) event() {}
func (TrapInherited) event()  {}
func (PhaseBegun) event()     {}
func (PhaseEnded) event()     {}
func (DelayEnded) event()     {}
func (HookBegun) event()      {}
func (HookEnded) event()      {}
func (HookCut) event()        {}
func (LateReturn) event()     {}
func (Waiting) event()        {}

// String reads `running -> draining`.
func (e StateChanged) String() string { return e.From.String() + " -> " + e.To.String() }

// String reads `stop requested: terminated by SIGTERM`.
func (e StopRequested) String() string {
	if !e.First {
		return "stop requested again: " + e.Cause.Text
	}
	return "stop requested: " + e.Cause.Text
}

// String reads `hurried: interrupted by SIGINT`.
func (e Hurry) String() string { return "hurried: " + e.Cause }

// String reads `forced by SIGINT`, and from whom where that is known.
func (e ForcedEnd) String() string { return "forced by " + e.Signal + from(e.Sender) }

// String says that the grace period is over.
func (WatchdogFired) String() string { return "grace period over, ended by the watchdog" }

// String reads `SIGTERM from pid 1 (init) uid 0 recorded`, or without the sender.
func (e SignalRecorded) String() string {
	s := e.Signal + from(e.Sender) + " recorded"
	if e.Count > 1 {
		s += fmt.Sprintf(", %d times", e.Count)
	}
	return s
}

// from names the sender of a signal, if that is known.
func from(s Sender) string {
	if !s.Known {
		return ""
	}
	return " from " + s.String()
}

// String is the trap's own line.
func (e TrapInherited) String() string { return e.Trap }

// String reads `drain begins, at most 12s`.
func (e PhaseBegun) String() string {
	var b strings.Builder
	b.WriteString(phaseTitle(e.Phase, e.Outer) + " begins")
	if e.Delay > 0 {
		fmt.Fprintf(&b, ", readiness delay %v", e.Delay)
	}
	if e.Limit > 0 {
		fmt.Fprintf(&b, ", at most %v", round(e.Limit))
	}
	return b.String()
}

// String reads `drain ended after 1.2s`.
func (e PhaseEnded) String() string {
	return fmt.Sprintf("%s ended after %v", phaseTitle(e.Phase, e.Outer), round(e.Took))
}

// String reads `readiness delay over after 5s`.
func (e DelayEnded) String() string {
	if e.Early {
		return fmt.Sprintf("readiness delay over early, after %v", round(e.Took))
	}
	return fmt.Sprintf("readiness delay over after %v", round(e.Took))
}

// String reads `drain "http" begins, 12s left to it`.
func (e HookBegun) String() string {
	verb := "begins"
	if e.Asked {
		verb = "asked to end"
	}
	text := fmt.Sprintf("%s %q %s", e.Hook, e.Component, verb)
	if e.Allowed > 0 {
		text += fmt.Sprintf(", has %v", round(e.Allowed))
	}
	return text
}

// String reads `drain "http" ok after 1.2s`.
func (e HookEnded) String() string {
	text := fmt.Sprintf("%s %q %s", e.Hook, e.Component, e.Outcome)
	if e.Outcome != Skipped {
		text += fmt.Sprintf(" after %v", round(e.Took))
	}
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	if e.Err != nil {
		text += ": " + ask(e.Err).text
	}
	return text
}

// String reads `drain "http" cut: …`.
func (e HookCut) String() string {
	text := fmt.Sprintf("%s %q cut: %v", e.Hook, e.Component, e.Cause)
	if e.Forced {
		text += ", force called"
	}
	return text
}

// String reads `drain "http" returned 1s after it was abandoned`.
func (e LateReturn) String() string {
	return fmt.Sprintf("%s %q returned %v after it was abandoned", e.Hook, e.Component, round(e.After))
}

// String reads `waiting for drain "http", stop "db": 12s left`.
func (e Waiting) String() string {
	names := e.For
	more := ""
	if len(names) > maxWaitingNames {
		more = fmt.Sprintf(" and %d more", len(names)-maxWaitingNames)
		names = names[:maxWaitingNames]
	}
	if len(names) == 0 {
		names = []string{"the readiness delay"}
	}
	return fmt.Sprintf("waiting for %s%s: %v left", strings.Join(names, ", "), more, round(e.Left))
}

// maxWaitingNames bounds a line that a person is to read while waiting.
const maxWaitingNames = 8

func phaseTitle(p Phase, outer bool) string {
	if outer {
		return "outer " + p.String()
	}
	return p.String()
}

// round makes durations readable: four digits or so.
func round(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second || d <= -10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d >= time.Second || d <= -time.Second:
		return d.Round(10 * time.Millisecond)
	case d >= time.Millisecond || d <= -time.Millisecond:
		return d.Round(10 * time.Microsecond)
	default:
		return d.Round(100 * time.Nanosecond)
	}
}
