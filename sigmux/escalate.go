// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"os"
	"slices"
	"syscall"
	"time"
)

// CoalesceWindow is how long a terminating signal stands for its repeats: a
// wrapper and a terminal that both deliver one Ctrl-C must not look like two. A
// repeat counts if it comes this long or longer after the last of its own kind
// that was reported; one that comes earlier is coalesced.
const CoalesceWindow = 200 * time.Millisecond

// A Step is what a terminating signal means, given those before it.
type Step uint8

// The steps, in the order in which they are climbed. Each of the last three is
// reached at most once.
const (
	Recorded Step = iota // a repeat that the policy does not let escalate, or one after Forced
	Graceful             // the first: stop, finishing what was started
	Hurried              // the second: cut short what is not critical
	Forced               // the third: exit now
)

// String returns "recorded", "graceful", "hurried" or "forced".
func (s Step) String() string {
	switch s {
	case Recorded:
		return "recorded"
	case Graceful:
		return "graceful"
	case Hurried:
		return "hurried"
	case Forced:
		return "forced"
	}
	return "invalid step"
}

// A Policy says which signals ask the program to end, and which of them mean
// more when they are repeated. It is plain data.
type Policy struct {
	// Name is for messages.
	Name string

	// Signals terminate: the first to arrive, whichever it is, is Graceful. At
	// least one, none twice.
	Signals []os.Signal

	// Repeats are those of Signals that climb a step when they arrive after the
	// first, even if the first was of another kind. The others are Recorded.
	// Empty means that nothing escalates.
	Repeats []os.Signal
}

// Interactive is the policy for a person at a terminal: TERM and INT both
// terminate, and every further one climbs a step.
func Interactive() Policy {
	sigs := []os.Signal{syscall.SIGTERM, os.Interrupt}
	return Policy{Name: "interactive", Signals: sigs, Repeats: slices.Clone(sigs)}
}

// Orchestrated is the policy for Kubernetes and systemd: TERM and INT both
// terminate, but only INT climbs. There a TERM is often sent twice with nobody
// in a hurry: by a preStop hook and then by the kubelet.
func Orchestrated() Policy {
	return Policy{
		Name:    "orchestrated",
		Signals: []os.Signal{syscall.SIGTERM, os.Interrupt},
		Repeats: []os.Signal{os.Interrupt},
	}
}

// A ladder is the state of one escalation: pure decisions, no clock, no lock.
type ladder struct {
	policy Policy
	top    Step        // the highest step reached; Recorded before the first
	last   []time.Time // by index in policy.Signals: its last arrival that was not coalesced
}

func newLadder(p Policy) ladder {
	return ladder{policy: p, last: make([]time.Time, len(p.Signals))}
}

// judge says what the arrival of a signal means: its step, or that it is
// coalesced with the last of its kind. The signal must be one of the policy's.
func (l *ladder) judge(sig os.Signal, at time.Time) (step Step, coalesced bool) {
	last := &l.last[slices.Index(l.policy.Signals, sig)]
	if !last.IsZero() && at.Sub(*last) < CoalesceWindow {
		return l.top, true
	}
	*last = at
	if l.top == Recorded || l.top < Forced && slices.Contains(l.policy.Repeats, sig) {
		l.top++
		return l.top, false
	}
	return Recorded, false
}
