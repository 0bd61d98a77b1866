// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-quiesce/quiesce"
)

// A verdict is a schedule whose logs have been put in order, and what is wrong
// with it.
type verdict struct {
	*schedule
	events []quiesce.Record
	lives  []([numModelHooks]life) // by part and hook
	rule   string                  // being checked
	broken []string

	// Indices in events plus one, 0 for none.
	stop, hurry, forcedEnd, watchdog, over, ready int
	phases                                        []phaseSpan
}

// A life is what became of one hook: indices plus one in the events and in the
// shadow log, 0 for none.
type life struct {
	begun, asked, ended, cut, late      int // events
	began, returned, sawEnd, sawWorkEnd int // shadow entries
	forcedCuts                          int // how many cuts called Force
	reports                             int // how often the report has it
	report                              *quiesce.HookReport
	outcome                             quiesce.Outcome
	reason                              string
	err                                 error
	allowed                             time.Duration // from its begin, or from when it was asked
}

// A phaseSpan is one pass: its first and last event.
type phaseSpan struct {
	phase      quiesce.Phase
	outer      bool
	begin, end int // indices plus one
}

func judge(s *schedule) *verdict {
	v := &verdict{schedule: s, events: s.rec.records, lives: make([][numModelHooks]life, len(s.p.parts))}
	v.rule = "logs"
	for _, text := range s.wrong {
		v.fail("%s", text)
	}
	for i := range v.events {
		v.indexEvent(i+1, v.events[i].Event)
	}
	for i := range v.entries {
		v.indexEntry(i+1, &v.entries[i])
	}
	if s.report == nil || s.returned < 0 {
		v.fail("there is no report, or Run has not returned")
		return v
	}
	for i := range s.report.Hooks {
		h := &s.report.Hooks[i]
		l := v.life(h.Component, h.Hook)
		l.reports++
		l.report = h
	}
	meets := v.meets()
	for _, c := range modelRules {
		if c.torn && meets {
			continue
		}
		v.rule = c.name
		c.check(v)
	}
	return v
}

// fail notes that the rule being checked is broken.
func (v *verdict) fail(format string, args ...any) {
	v.broken = append(v.broken, v.rule+": "+fmt.Sprintf(format, args...))
}

// life finds a hook by the name that events and reports give it: a letter and
// the part's id.
func (v *verdict) life(name string, k quiesce.HookKind) *life {
	id, err := strconv.Atoi(name[1:])
	if err != nil || id >= len(v.lives) {
		v.fail("nobody is called %q", name)
		return new(life)
	}
	return &v.lives[id][k]
}

// once stores an index, and complains if there is one already.
func (v *verdict) once(where *int, i int, what string, args ...any) {
	if *where != 0 {
		v.fail("twice: "+what, args...)
		return
	}
	*where = i
}

func (v *verdict) indexEvent(i int, e quiesce.Event) {
	switch e := e.(type) {
	case quiesce.StateChanged:
		switch e.To {
		case quiesce.StateRunning:
			v.once(&v.ready, i, "running")
		case quiesce.StateStopped:
			v.once(&v.over, i, "stopped")
		}
	case quiesce.StopRequested:
		if e.First {
			v.once(&v.stop, i, "first stop request")
		}
	case quiesce.Hurry:
		v.once(&v.hurry, i, "hurried")
	case quiesce.ForcedEnd:
		v.once(&v.forcedEnd, i, "forced")
	case quiesce.WatchdogFired:
		v.once(&v.watchdog, i, "watchdog")
	case quiesce.PhaseBegun:
		v.phases = append(v.phases, phaseSpan{phase: e.Phase, outer: e.Outer, begin: i})
	case quiesce.PhaseEnded:
		v.indexPhaseEnd(i, e)
	case quiesce.HookBegun:
		v.indexBegin(i, e)
	case quiesce.HookEnded:
		l := v.life(e.Component, e.Hook)
		v.once(&l.ended, i, "%v", e)
		l.outcome, l.reason, l.err = e.Outcome, e.Reason, e.Err
	case quiesce.HookCut:
		l := v.life(e.Component, e.Hook)
		if l.cut == 0 {
			l.cut = i
		}
		if e.Forced {
			l.forcedCuts++
		}
	case quiesce.LateReturn:
		l := v.life(e.Component, e.Hook)
		v.once(&l.late, i, "%v", e)
	}
}

func (v *verdict) indexPhaseEnd(i int, e quiesce.PhaseEnded) {
	if len(v.phases) == 0 {
		v.fail("%v before it began", e)
		return
	}
	last := &v.phases[len(v.phases)-1]
	if last.phase != e.Phase || last.outer != e.Outer || last.end != 0 {
		v.fail("%v, but the phase that is on is %v", e, last)
	}
	last.end = i
}

func (v *verdict) indexBegin(i int, e quiesce.HookBegun) {
	l := v.life(e.Component, e.Hook)
	l.allowed = e.Allowed
	if e.Asked {
		v.once(&l.asked, i, "%v", e)
		return
	}
	v.once(&l.begun, i, "%v", e)
}

func (v *verdict) indexEntry(i int, e *entry) {
	if e.part == outside || e.what >= markForced {
		return
	}
	l := &v.lives[e.part][e.hook]
	switch e.what {
	case markBegan:
		v.once(&l.began, i, "%v", e)
	case markReturned:
		v.once(&l.returned, i, "%v", e)
	case markEnded:
		l.sawEnd = i
	case markWorkEnded:
		l.sawWorkEnd = i
	}
}

// at returns the time of an event, given its index plus one.
func (v *verdict) at(event int) time.Duration { return v.events[event-1].At.Sub(v.began) }

// saw returns an entry of the shadow log, given its index plus one.
func (v *verdict) saw(i int) *entry { return &v.entries[i-1] }

// title names a hook in a complaint.
func (v *verdict) title(c *part, k int) string {
	return fmt.Sprintf("%v %q", quiesce.HookKind(k), c.name)
}

// eachLife calls f for every hook that a part has.
func (v *verdict) eachLife(f func(c *part, k quiesce.HookKind, l *life)) {
	for _, c := range v.p.parts {
		for k, b := range c.hooks {
			if b != nil {
				f(c, quiesce.HookKind(k), &v.lives[c.id][k])
			}
		}
	}
}

// span returns the pass over one phase, nil if it was not.
func (v *verdict) span(p quiesce.Phase, outer bool) *phaseSpan {
	for i := range v.phases {
		if s := &v.phases[i]; s.phase == p && s.outer == outer {
			return s
		}
	}
	return nil
}

// cutShort reports whether something ended the app before its passes were over.
func (v *verdict) cutShort() bool { return v.forcedEnd != 0 || v.watchdog != 0 }

// meets reports whether the app was cut short at the very instant at which
// something else happened.
func (v *verdict) meets() bool {
	if !v.cutShort() {
		return false
	}
	for i, r := range v.events {
		switch r.Event.(type) {
		case quiesce.ForcedEnd, quiesce.WatchdogFired, quiesce.StateChanged:
			continue
		}
		if near(v.at(i+1), v.endAt()) {
			return true
		}
	}
	return slices.ContainsFunc(v.entries, func(e entry) bool {
		return e.what != markCalling && e.what != markCalled && near(e.at, v.endAt())
	})
}

// endAt is when the app had ended, by its own report.
func (v *verdict) endAt() time.Duration { return v.report.Began.Add(v.report.Took).Sub(v.began) }

// logEnd is when the last event was: what comes while the sinks catch up is in
// the report alone.
func (v *verdict) logEnd() time.Duration {
	if v.over == 0 {
		return v.endAt()
	}
	return min(v.at(v.over), v.endAt())
}
