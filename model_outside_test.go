// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-quiesce/quiesce"
)

// part finds a part by the name that events and reports give it.
func (v *verdict) part(name string) *part {
	id, err := strconv.Atoi(name[1:])
	if err != nil || id >= len(v.p.parts) {
		v.fail("nobody is called %q", name)
		return new(part)
	}
	return v.p.parts[id]
}

// forces: Force is called when its component's first hook is cut, once.
func (v *verdict) forces() {
	called, unlogged := make([]int, len(v.p.parts)), make([]bool, len(v.p.parts))
	for _, e := range v.entries {
		if e.what == markForced {
			called[e.part]++
			unlogged[e.part] = e.at >= v.logEnd()
		}
	}
	asked, due := make([]int, len(v.p.parts)), make([]bool, len(v.p.parts))
	for _, r := range v.events {
		if e, ok := r.Event.(quiesce.HookCut); ok {
			c := v.part(e.Component)
			o, overrun := e.Cause.(*quiesce.OverrunError) // its own, not one that the stop's cause wraps
			if overrun && o.Component == c.name && o.Hook == e.Hook || errors.Is(e.Cause, quiesce.ErrForced) {
				due[c.id] = c.force != forceNone
			}
			if e.Forced {
				asked[c.id]++
			}
		}
	}
	for _, c := range v.p.parts {
		if called[c.id] != asked[c.id] && !unlogged[c.id] || called[c.id] > 1 || due[c.id] && called[c.id] == 0 {
			v.fail("force of %q was called %d times, by events %d", c.name, called[c.id], asked[c.id])
		}
	}
}

// readiness is off before anything else of a stop is to be seen, and not on
// before everything is ready; the app is not stopped while hooks begin.
func (v *verdict) readiness() {
	for i := range v.entries {
		e := &v.entries[i]
		off := true
		switch e.what {
		case markBegan:
			off = e.hook != quiesce.HookRun
			if e.state == quiesce.StateStopped && e.at < v.endAt() {
				v.fail("stopped before the end: %v", e)
			}
		case markReturned, markCalling, markCalled:
			off = false
		case markForced: // for a Start that obeyed in time, and let the app become ready
			off = v.lives[e.part][quiesce.HookStart].cut == 0
		case markEnded, markWorkEnded:
			l := &v.lives[e.part][e.hook]
			off = l.returned == 0 || l.returned > i+1
		}
		if off && e.ready {
			v.fail("ready: %v", e)
		}
	}
}

// asked: who asked for a stop finds it begun, and is in the report; the first
// cause is the first.
func (v *verdict) asked() {
	parent := false
	for i := range v.entries {
		e := &v.entries[i]
		if e.what != markCalled {
			continue
		}
		switch e.do {
		case callShutdown, callShutdownCoded, callHurry:
			if e.ready || e.state < quiesce.StateDraining || e.state < quiesce.StateStopped && (v.stop == 0 || v.at(v.stop) > e.at) {
				v.fail("no stop has begun: %v", e)
			}
			if e.do == callHurry && e.at+1 < v.logEnd() && (v.hurry == 0 || v.at(v.hurry) > e.at) {
				v.fail("not hurried: %v", e)
			}
		case callParent:
			if parent {
				continue
			}
			parent = true
			if e.at+1 < v.endAt() && len(v.report.Causes) < 100 && !v.parentIsCause(e.at) {
				v.fail("not among the causes: %v", e)
			}
			continue
		default:
			continue
		}
		if e.do != callHurry && e.at+1 < v.endAt() && len(v.report.Causes) < 100 && !v.isCause(fmt.Sprint("cause ", e.cause)) {
			v.fail("not among the causes: %v", e)
		}
	}
	seen := make(map[string]bool)
	for _, c := range v.report.Causes {
		if len(c.Text) > 6 && c.Text[:6] == "cause " && seen[c.Text] {
			v.fail("recorded twice: %s", c.Text)
		}
		seen[c.Text] = true
	}
}

// parentIsCause reports whether the parent's end is among the causes. Of calls
// that meet at this instant, the first to get through gives the cause.
func (v *verdict) parentIsCause(at time.Duration) bool {
	return slices.ContainsFunc(v.entries, func(e entry) bool {
		return e.what == markCalling && e.do == callParent && e.at == at && v.isCause(fmt.Sprint("cause ", e.cause))
	})
}

func (v *verdict) isCause(text string) bool {
	return slices.ContainsFunc(v.report.Causes, func(c quiesce.Cause) bool { return c.Text == text })
}

// runEnds: a Run that ends unasked stops the app at once, and so does a Start
// that fails; jobs do when all of them have ended well.
func (v *verdict) runEnds() {
	jobs, done, last := 0, 0, time.Duration(0)
	for _, c := range v.p.parts {
		l := &v.lives[c.id][quiesce.HookRun]
		before := l.ended != 0 && (v.stop == 0 || l.ended < v.stop)
		good := l.outcome == quiesce.OK
		if c.job {
			jobs++
			if before && good {
				done++
				last = max(last, v.at(l.ended))
			}
		}
		switch {
		case before && good && (c.job || c.mayEnd):
		case before && v.stop != l.ended+1,
			l.ended != 0 && (l.outcome == quiesce.Failed || l.outcome == quiesce.Panicked || l.outcome == quiesce.Exited):
			v.causedStop(c, l)
		}
		if l := &v.lives[c.id][quiesce.HookStart]; l.ended != 0 && (v.stop == 0 || l.ended < v.stop) && l.outcome != quiesce.OK {
			v.causedStop(c, l)
		}
	}
	for _, cause := range v.report.Causes { // an error after our own cancel is an echo
		if cause.Kind == quiesce.CauseStartFailed && cause.Component != "" && v.life(cause.Component, quiesce.HookStart).reason == "called off" {
			v.fail("start %q was called off, and is a cause", cause.Component)
		}
	}
	all := jobs > 0 && done == jobs
	if all && v.ready != 0 && (v.stop == 0 || v.at(v.stop) > max(last, v.at(v.ready))) {
		v.fail("all jobs ended well at %v, and nothing stopped", last)
	}
	if v.report.Causes[0].Kind == quiesce.CauseJobsDone && !all {
		v.fail("stopped because %d of %d jobs had ended well", done, jobs)
	}
}

// causedStop: the very next event is the request that follows from a hook's end.
func (v *verdict) causedStop(c *part, l *life) {
	next := l.ended // as an index: the event after it
	if next < len(v.events) {
		if _, ok := v.events[next].Event.(quiesce.DelayEnded); ok { // it was the last that served
			next++
		}
	}
	if next < len(v.events) {
		if e, ok := v.events[next].Event.(quiesce.StopRequested); ok && e.Cause.Component == c.name && e.First == (v.stop == next+1) {
			return
		}
	}
	v.fail("%q: no stop request follows %v", c.name, v.events[l.ended-1].Event)
}

// calls from inside hooks return what they should.
func (v *verdict) calls() {
	for i := range v.entries {
		e := &v.entries[i]
		switch {
		case e.what != markCalled:
		case e.do == callWait && e.part != outside:
			if !errors.Is(e.err, quiesce.ErrReentrant) {
				v.fail("wait from inside: %v", e)
			}
		case e.do == callWait:
			if (e.err == nil) != (v.report.Err() == nil) || e.at < v.endAt()-1 {
				v.fail("wait from outside: %v", e)
			}
		case e.do == callStillRunning && e.part != outside:
			v.stillRunningIs(e)
		}
	}
}

// stillRunningIs: a hook of a stop is told why, and which abandoned hooks may
// still use its component.
func (v *verdict) stillRunningIs(e *entry) {
	if e.hook != quiesce.HookStart && e.hook != quiesce.HookRun && (e.err == nil || e.err.Error() != v.report.Causes[0].Text) {
		v.fail("stop cause: %v", e)
	}
	for _, user := range v.p.parts {
		for k := range user.hooks {
			l := &v.lives[user.id][k]
			title := fmt.Sprintf("%v %q", quiesce.HookKind(k), user.name)
			listed := slices.Contains(e.names, title)
			if listed && (l.outcome != quiesce.Abandoned || v.at(l.ended) > e.at) {
				v.fail("%s was not abandoned: %v", title, e)
			}
			gone := l.returned != 0 && v.saw(l.returned).at <= e.at
			if !listed && user.needsDirectly(v.p.parts[e.part]) && l.outcome == quiesce.Abandoned && l.ended != 0 && v.at(l.ended) < e.at && !gone {
				v.fail("%s still runs: %v", title, e)
			}
		}
	}
}

// sinks that misbehave are named, and hold nothing up.
func (v *verdict) sinks() {
	if len(v.phases) == 0 || v.cutShort() || v.logEnd()+maxModelMargin >= v.timeLimit() {
		return // no time was left to them
	}
	bad, hung := 0, 0
	for _, s := range v.p.sinks {
		switch {
		case s.nth >= len(v.events):
		case s.kind == sinkPanics || s.kind == sinkExits:
			bad++
		case s.kind == sinkHangs && s.nth < len(v.events)-1: // the last has been taken by then
			hung++
		}
	}
	for _, r := range v.report.Sinks {
		switch {
		case r.Panic != "":
			bad--
		case r.Sink == "*quiesce_test.recorder":
			v.fail("the sink that behaves: %+v", r)
		default:
			hung--
		}
	}
	if slow := v.p.hasSink(sinkSlow); bad != 0 && !slow || hung > 0 {
		v.fail("%d sinks that panicked and %d that hang are missing: %+v", bad, hung, v.report.Sinks)
	}
	for _, note := range v.report.Notes {
		if note == "the app's lock is held: notes and sinks are missing" {
			v.fail("%s", note)
		}
	}
}

// freeHooks: what was accepted runs or is accounted for, what was refused does
// not.
func (v *verdict) freeHooks() {
	for i := range v.entries {
		e := &v.entries[i]
		if e.what != markCalled || e.do != callRegister {
			continue
		}
		c := v.p.parts[e.cause]
		l := &v.lives[c.id][quiesce.HookFree]
		span := v.span(c.phase, false)
		switch {
		case e.err != nil && (l.began != 0 || l.reports != 0):
			v.fail("refused, but ran or is in the report: %v", e)
		case e.err == nil && e.at < v.endAt() && l.reports != 1 && len(v.phases) > 0:
			v.fail("accepted, but %d times in the report: %v", l.reports, e)
		case e.err == nil && span != nil && v.at(span.begin) < e.at:
			v.fail("accepted after its phase had begun: %v", e)
		case errors.Is(e.err, quiesce.ErrPhaseClosed) && (span == nil || v.at(span.begin) > e.at) && e.at+1 < v.endAt() && !v.stalled.Load():
			v.fail("refused before its phase had begun: %v", e)
		}
	}
}
