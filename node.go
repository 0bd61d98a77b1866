// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"sync/atomic"
	"time"
)

// A node is a component or a free hook in the graph. What is not marked
// otherwise is fixed once the app has begun to run.
type node struct {
	app    *App
	name   string
	comp   Component
	needs  []*node // direct dependencies in the same group (inner or outer)
	users  []*node // direct dependants in the same group, set by freeze
	site   uintptr // of the Add or Hook call
	timing *timing // nil: no limits, not critical
	base   context.Context
	traits traits

	// Guarded by app.mu.
	step    uint8   // how far its turn has come
	awaits  awaited // the hook that its turn waits for
	forced  forceState
	up      atomic.Bool // written under app.mu, read without it: Start returned nil, or there is none and its turn had come
	pending int32       // neighbours that must settle before this node's turn in the pass
	tail    int64       // reserves on the longest path after this node, in the current pass
	reach   int64       // the same with its own
	hook    *flight     // Start, Announce, Drain or Stop in flight
	run     *flight     // Run in flight
	work    *flight     // the context under which Run's begun work is finished

	// Written under app.mu, read without it: reports are made while the app
	// runs, and on the way out of a process that must not wait for a lock.
	slots [numSlots]slot
}

// traits are the switches that Add's options throw.
type traits struct {
	free       bool // a free hook: comp has Announce or Stop only
	outer      bool
	job        bool
	mayEnd     bool
	bestEffort bool
}

// timing is what Limit and Critical said.
type timing struct {
	limits   [numPhases]time.Duration
	reserve  time.Duration
	critical bool
}

// forceState says how far a node's Force is: it is called once.
type forceState uint8

const (
	forceIdle forceState = iota
	forceRunning
	forceDone
)

// awaited is a hook kind plus one; zero means none.
type awaited uint8

func awaiting(k HookKind) awaited { return awaited(k) + 1 }

// numSlots is the number of hook kinds with a slot; a free hook uses that of
// Announce or Stop.
const numSlots = int(HookFree)

// A slot is the record of one hook. All stamps are nanoseconds since the app's
// base time, never zero once set.
type slot struct {
	outcome  atomic.Uint32
	forced   atomic.Bool  // its component's Force was called for it
	began    atomic.Int64 // for a Run in a stop: when it was asked
	ended    atomic.Int64
	deadline atomic.Int64 // 0: none
	detail   atomic.Pointer[detail]
}

// A detail is what there is to say of a hook that did not simply end well. It
// is immutable; whoever has more to say replaces it.
type detail struct {
	err    error
	told   told
	reason string
	stack  string
	echo   bool
	late   int64 // when it returned after it had been abandoned
}

func (s *slot) get() Outcome { return Outcome(s.outcome.Load()) }

// settled reports whether the hook has its final outcome.
func (s *slot) settled() bool { return s.get() > Running }

// fn returns the function behind one of the node's hooks, nil if it has none.
func (n *node) fn(k HookKind) func(context.Context) error {
	switch k {
	case HookStart:
		return n.comp.Start
	case HookRun:
		return n.comp.Run
	case HookAnnounce:
		return n.comp.Announce
	case HookDrain:
		return n.drainFn()
	default:
		return n.stopFn()
	}
}

// kind returns what reports call the node's hook k.
func (n *node) kind(k HookKind) HookKind {
	if n.traits.free {
		return HookFree
	}
	return k
}

// phaseOf returns the phase in which hook k runs; a Run belongs to the pass in
// which it is asked to end.
func (n *node) phaseOf(k HookKind) Phase {
	switch k {
	case HookStart:
		return PhaseStart
	case HookAnnounce:
		return PhaseAnnounce
	case HookDrain:
		return PhaseDrain
	case HookRun:
		if n.comp.Drain == nil {
			return PhaseDrain
		}
		return PhaseStop
	default:
		if n.traits.free {
			return PhaseFlush
		}
		return PhaseStop
	}
}

func (n *node) critical() bool { return n.timing != nil && n.timing.critical }

// limit returns the hook's own limit in phase p, 0 for none.
func (n *node) limit(p Phase) int64 {
	if n.timing == nil {
		return 0
	}
	return int64(n.timing.limits[p])
}

// runLives reports whether Run was begun and has not settled.
func (n *node) runLives() bool { return n.run != nil && !n.slots[HookRun].settled() }

// startLives reports whether Start was begun and has not settled.
func (n *node) startLives() bool { return n.slots[HookStart].get() == Running }
