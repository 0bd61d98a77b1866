// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"time"

	"github.com/go-quiesce/quiesce"
)

// modelRules are the rules that every schedule must keep. The numbers are those
// of the invariants in the design. What is torn by a forced end is what the log,
// the report and the hooks say of the very instant at which it meets something
// else: the end takes no lock, so each may be from before it or after.
var modelRules = []struct {
	name  string
	check func(*verdict)
	torn  bool
}{
	{"numbered", (*verdict).numbered, false},
	{"states", (*verdict).states, false},
	{"passes", (*verdict).passes, false},
	{"prompt", (*verdict).prompt, false},
	{"readiness delay", (*verdict).delays, false},
	{"barrier (1)", (*verdict).barrier, false},
	{"start order", (*verdict).startOrder, false},
	{"stop order (1)", (*verdict).stopOrder, false},
	{"no start after the stop request (11)", (*verdict).noLateStart, false},
	{"only what is up (10)", (*verdict).onlyUp, false},
	{"stopped by T (2)", (*verdict).inTime, false},
	{"shadow agrees (10)", (*verdict).shadowAgrees, true},
	{"run asked at its turn", (*verdict).runTurns, true},
	{"work context", (*verdict).workEnds, true},
	{"live contexts", (*verdict).liveContexts, false},
	{"window before abandonment (9)", (*verdict).windows, false},
	{"reserve (7)", (*verdict).reserves, false},
	{"hurried", (*verdict).hurried, false},
	{"force once", (*verdict).forces, false},
	{"ready (4)", (*verdict).readiness, true},
	{"asked is recorded", (*verdict).asked, true},
	{"ends of runs", (*verdict).runEnds, true},
	{"calls", (*verdict).calls, true},
	{"signals (6)", (*verdict).signals, true},
	{"sinks (2)", (*verdict).sinks, true},
	{"free hooks (3)", (*verdict).freeHooks, true},
	{"report agrees (10)", (*verdict).reportAgrees, true},
	{"still running (5)", (*verdict).stillRunning, true},
	{"causes", (*verdict).causes, true},
	{"exit code", (*verdict).exitCode, false},
	{"errors", (*verdict).errors, true},
}

// numbered: sequence numbers have no gap, and time does not go back.
func (v *verdict) numbered() {
	for i, r := range v.events {
		if r.Seq != uint64(i+1) {
			v.fail("event %d has the number %d", i+1, r.Seq)
		}
		if i > 0 && r.At.Before(v.events[i-1].At) {
			v.fail("event %d is earlier than the one before it", i+1)
		}
	}
}

// nextStates says where each state may lead.
var nextStates = map[quiesce.State][]quiesce.State{
	quiesce.StateNew:      {quiesce.StateStarting, quiesce.StateStopped},
	quiesce.StateStarting: {quiesce.StateRunning, quiesce.StateDraining},
	quiesce.StateRunning:  {quiesce.StateDraining},
	quiesce.StateDraining: {quiesce.StateStopping, quiesce.StateStopped},
	quiesce.StateStopping: {quiesce.StateStopped},
}

// states: one way, as the table says, to stopped, after which nothing comes.
func (v *verdict) states() {
	at := quiesce.StateNew
	for i, r := range v.events {
		if v.over != 0 && i >= v.over {
			v.fail("%v after the end", r.Event)
		}
		e, ok := r.Event.(quiesce.StateChanged)
		if !ok {
			continue
		}
		legal := false
		for _, next := range nextStates[at] {
			legal = legal || next == e.To
		}
		if e.From != at || !legal {
			v.fail("%v, but the state is %v", e, at)
		}
		at = e.To
	}
	if v.lastState != quiesce.StateStopped || len(v.events) > 0 && at != quiesce.StateStopped && len(v.phases) > 0 {
		v.fail("at the end the state is %v, by events %v", v.lastState, at)
	}
}

// passes: in their order, each once, one after the other, all of them unless
// the end was forced, and every hook of a phase inside its pass.
func (v *verdict) passes() {
	rank, stopPasses := -2, 0
	for i, s := range v.phases {
		if i > 0 && (v.phases[i-1].end == 0 || v.phases[i-1].end > s.begin) {
			v.fail("%v began before the pass before it had ended", s)
		}
		r := 2 * int(s.phase)
		switch {
		case s.outer && s.phase == quiesce.PhaseStart:
			r--
		case s.outer:
			r += 10
		}
		if r <= rank {
			v.fail("%v is out of order", s)
		}
		rank = r
		if s.phase != quiesce.PhaseStart {
			stopPasses++
			if s.begin < v.stop {
				v.fail("%v began before anybody asked", s)
			}
		}
		if s.end == 0 && !v.cutShort() {
			v.fail("%v has no end", s)
		}
	}
	if len(v.phases) > 0 && !v.cutShort() && stopPasses < 4 {
		v.fail("only %d passes in the stop", stopPasses)
	}
	v.eachLife(v.insidePass)
}

// insidePass: a hook begins, or a Run is asked, inside the pass of its phase,
// and ends there, if anybody waits for it.
func (v *verdict) insidePass(c *part, k quiesce.HookKind, l *life) {
	begun := l.begun
	if k == quiesce.HookRun {
		begun = l.asked
	}
	if begun == 0 {
		return
	}
	s := v.span(c.phaseOf(k), c.outer && k != quiesce.HookAnnounce)
	switch {
	case s == nil || begun < s.begin || s.end != 0 && begun > s.end && !c.bestEffort:
		v.fail("%v began outside of its pass", v.title(c, int(k)))
	case k == quiesce.HookStart || c.bestEffort || v.cutShort():
	case l.ended == 0 || s.end == 0 || l.ended > s.end:
		v.fail("%v has not ended in its pass", v.title(c, int(k)))
	}
}

// phaseOf returns the phase of a hook, for a Run that in which it is asked.
func (c *part) phaseOf(k quiesce.HookKind) quiesce.Phase {
	switch k {
	case quiesce.HookFree:
		return c.phase
	case quiesce.HookStart:
		return quiesce.PhaseStart
	case quiesce.HookAnnounce:
		return quiesce.PhaseAnnounce
	case quiesce.HookDrain:
		return quiesce.PhaseDrain
	case quiesce.HookRun:
		if c.hooks[quiesce.HookDrain] == nil {
			return quiesce.PhaseDrain
		}
	}
	return quiesce.PhaseStop
}

// prompt: a pass ends at the very instant at which the last thing in it did.
func (v *verdict) prompt() {
	for _, s := range v.phases {
		if s.end == 0 || s.phase == quiesce.PhaseStart {
			continue
		}
		i := s.end - 1
		for i > s.begin && idle(v.events[i-1].Event) {
			i--
		}
		if v.at(i) != v.at(s.end) {
			v.fail("%v ended at %v, %v after the last thing in it", s, v.at(s.end), v.at(s.end)-v.at(i))
		}
	}
}

// idle reports whether an event says nothing of the app's own progress.
func idle(e quiesce.Event) bool {
	switch e.(type) {
	case quiesce.Waiting, quiesce.SignalRecorded, quiesce.StopRequested:
		return true
	}
	return false
}

// inTime: the app is stopped by T, by the end of a hurried stop, and at once
// when it is forced; the watchdog is for coordinators that hang, and for nothing
// else. Run returns at that instant. A stamp is never 0, so one at the very beginning is late by 1.
func (v *verdict) inTime() {
	end := v.endAt()
	if limit := v.timeLimit(); end > limit+1 {
		v.fail("stopped at %v, after %v", end, limit)
	}
	if stalled := v.stalled.Load() && v.forcedEnd == 0; stalled != (v.watchdog != 0) {
		v.fail("the coordinator hangs: %v; the watchdog ended the stop: %v", stalled, v.watchdog != 0)
	}
	if v.forcedEnd != 0 && end > v.at(v.forcedEnd)+1 {
		v.fail("forced at %v and ended at %v", v.at(v.forcedEnd), end)
	}
	if late := v.returned - end; (late < -1 || late > maxLockWait) && len(v.phases) > 0 { // what never ran gives its sinks a moment
		v.fail("stopped at %v, but Run returned at %v", end, v.returned)
	}
}

// timeLimit is when the stop must be over.
func (v *verdict) timeLimit() time.Duration {
	limit := v.beganAt() + v.p.grace
	if v.hurry != 0 {
		limit = min(limit, v.at(v.hurry)+maxModelWindow+v.p.forceGrace)
	}
	return limit
}

// maxModelWindow is the longest window between the end of a context and the
// abandonment of its hook.
const maxModelWindow = 100 * time.Millisecond

// maxModelMargin is the most that is kept of the grace period for the report.
const maxModelMargin = 50 * time.Millisecond

// maxLockWait is how long a report waits for the app's lock, which on a busy
// machine may be held by who has just lost its thread.
const maxLockWait = 20 * time.Millisecond
