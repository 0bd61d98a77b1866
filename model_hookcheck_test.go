// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"errors"
	"time"

	"github.com/go-quiesce/quiesce"
)

// modelWindow is how long before its deadline the context of a hook ends that
// is given this much time.
func modelWindow(allowed time.Duration) time.Duration { return min(maxModelWindow, allowed/5) }

// shadowAgrees: what the events say of a hook is what it saw itself.
func (v *verdict) shadowAgrees() {
	v.eachLife(func(c *part, k quiesce.HookKind, l *life) {
		name := v.title(c, int(k))
		if l.began != 0 && l.begun == 0 && c.bestEffort && v.saw(l.began).at >= v.logEnd() {
			return // nobody waited for it
		}
		if (l.begun == 0) != (l.began == 0) {
			v.fail("%v began: event %d, shadow %d", name, l.begun, l.began)
			return
		}
		if l.began == 0 {
			if l.returned != 0 || l.ended != 0 && l.outcome != quiesce.Skipped {
				v.fail("%v never began, but %v", name, l.outcome)
			}
			return
		}
		if v.at(l.begun) != v.saw(l.began).at {
			v.fail("%v began at %v, by event at %v", name, v.saw(l.began).at, v.at(l.begun))
		}
		switch {
		case l.ended != 0:
			v.endAgrees(c, k, l)
		case !v.cutShort() && !c.bestEffort:
			v.fail("%v has no outcome", name)
		case l.returned != 0 && v.saw(l.returned).at < v.logEnd():
			v.fail("%v returned at %v, and no event says so", name, v.saw(l.returned).at)
		}
	})
}

func (v *verdict) endAgrees(c *part, k quiesce.HookKind, l *life) {
	name, end := v.title(c, int(k)), v.at(l.ended)
	if l.outcome == quiesce.Abandoned {
		switch {
		case l.returned == 0:
		case v.saw(l.returned).at < end:
			v.fail("%v abandoned at %v, but had returned at %v", name, end, v.saw(l.returned).at)
		case v.saw(l.returned).at >= v.logEnd():
		case l.late == 0 || v.at(l.late) != v.saw(l.returned).at:
			v.fail("%v returned late at %v, and no event says so", name, v.saw(l.returned).at)
		}
		return
	}
	switch {
	case l.outcome == quiesce.Skipped:
		v.fail("%v ran, and was skipped", name)
	case l.returned == 0 || v.saw(l.returned).at != end:
		v.fail("%v %v at %v, but it did not return then", name, l.outcome, end)
	case l.late != 0:
		v.fail("%v %v, and then returned late", name, l.outcome)
	default:
		v.outcomeAgrees(c, k, l)
	}
}

func (v *verdict) outcomeAgrees(c *part, k quiesce.HookKind, l *life) {
	ret := v.saw(l.returned)
	want := quiesce.Failed
	cut := l.cut != 0 && l.cut < l.ended
	switch {
	case ret.how == endPanic:
		want = quiesce.Panicked
	case ret.how == endGoexit:
		want = quiesce.Exited
	case ret.err == nil:
		want = quiesce.OK
	case k == quiesce.HookStart:
		if l.outcome == quiesce.TimedOut && cut {
			want = quiesce.TimedOut
		}
	case cut:
		want = quiesce.TimedOut
	case k == quiesce.HookRun:
		if l.asked != 0 && l.asked < l.ended && v.isEnd(ret.err) {
			want = quiesce.OK
		}
	case l.allowed > 0 && v.at(l.ended) >= v.at(l.begun)+l.allowed-modelWindow(l.allowed):
		want = quiesce.TimedOut
	}
	if l.outcome != want {
		v.fail("%v returned %v by %s at %v: %v instead of %v", v.title(c, int(k)), ret.err, endNames[ret.how], ret.at, l.outcome, want)
	}
}

// isEnd reports whether a Run that was asked to end may return this error.
func (v *verdict) isEnd(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, v.report.Causes[0].Err)
}

// runTurns: the context of a Run ends at its turn, when its dependants are
// quiet, or stopped, and not before, unless the app is cut short.
func (v *verdict) runTurns() {
	for _, c := range v.p.parts {
		l := &v.lives[c.id][quiesce.HookRun]
		if l.sawEnd == 0 || l.returned != 0 && l.returned < l.sawEnd {
			continue
		}
		seen := v.saw(l.sawEnd)
		if v.cutShort() && seen.at+1 >= v.endAt() {
			continue // that ends every context
		}
		if l.asked == 0 || v.at(l.asked) > seen.at {
			v.fail("the context of %q ended at %v, before its turn", c.name, seen.at)
		}
		for _, user := range v.p.parts {
			if !user.needsDirectly(c) {
				continue
			}
			for _, k := range stopHooksOf(user, c.phaseOf(quiesce.HookRun)) {
				ul := &v.lives[user.id][k]
				abandoned := ul.outcome == quiesce.Abandoned && v.at(ul.ended) <= seen.at
				if ul.began != 0 && !abandoned && (ul.returned == 0 || ul.returned > l.sawEnd) {
					v.fail("the context of %q ended at %v, while %v was in progress", c.name, seen.at, v.title(user, int(k)))
				}
			}
		}
	}
}

func (c *part) needsDirectly(need *part) bool {
	for _, id := range c.needs {
		if id == need.id && c.outer == need.outer {
			return true
		}
	}
	return false
}

// workEnds: the work context ends when the drain, or the Run, is cut, or the
// stop is hurried; not at its turn, and not later.
func (v *verdict) workEnds() {
	for _, c := range v.p.parts {
		l := &v.lives[c.id][quiesce.HookRun]
		if l.began == 0 || !c.hooks[quiesce.HookRun].watch {
			continue
		}
		cut := time.Duration(-1) // the first reason
		for _, k := range []quiesce.HookKind{quiesce.HookDrain, quiesce.HookRun} {
			if i := v.lives[c.id][k].cut; i != 0 && (cut < 0 || v.at(i) < cut) {
				cut = v.at(i)
			}
		}
		if v.hurry != 0 && !c.critical && (cut < 0 || v.at(v.hurry) < cut) {
			cut = v.at(v.hurry)
		}
		if seen := l.sawWorkEnd; seen != 0 && (l.returned == 0 || l.returned > seen) {
			at := v.saw(seen).at
			if byEnd := v.cutShort() && at+1 >= v.endAt(); !byEnd && (cut < 0 || cut > at) {
				v.fail("the work context of %q ended at %v", c.name, at)
			}
		}
		if cut >= 0 && cut < v.endAt() && (l.sawWorkEnd == 0 || v.saw(l.sawWorkEnd).at > cut) &&
			(l.returned == 0 || v.saw(l.returned).at > cut) {
			v.fail("the work context of %q did not end at %v", c.name, cut)
		}
	}
}

// liveContexts: the context of a hook ends when it is cut, and not before.
func (v *verdict) liveContexts() {
	v.eachLife(func(c *part, k quiesce.HookKind, l *life) {
		if l.began == 0 || l.begun == 0 {
			return
		}
		if began := v.saw(l.began); began.dead && (l.cut == 0 || v.at(l.cut) > began.at) && (k != quiesce.HookRun || l.asked == 0) {
			v.fail("%v began with a dead context", v.title(c, int(k)))
		}
		if l.sawEnd == 0 || k == quiesce.HookRun || l.returned != 0 && l.returned < l.sawEnd {
			return
		}
		at := v.saw(l.sawEnd).at
		if at >= v.logEnd() {
			return
		}
		due := l.allowed > 0 && k != quiesce.HookStart && at >= v.at(l.begun)+l.allowed-modelWindow(l.allowed)
		if !due && (l.cut == 0 || v.at(l.cut) > at) {
			v.fail("the context of %v ended at %v, before anything cut it", v.title(c, int(k)), at)
		}
	})
}

// windows: the context of a hook that is abandoned had ended its window earlier.
func (v *verdict) windows() {
	v.eachLife(func(c *part, k quiesce.HookKind, l *life) {
		if l.outcome != quiesce.Abandoned || l.ended == 0 {
			return
		}
		from := l.begun
		if k == quiesce.HookRun {
			from = l.asked
		}
		for _, i := range []int{v.hurry, v.stop} { // either may have moved the deadline
			if i != 0 && i < l.ended && i > from && (i != v.stop || k == quiesce.HookStart) {
				from = i
			}
		}
		if from == 0 {
			v.fail("%v was abandoned without having been asked", v.title(c, int(k)))
			return
		}
		by := v.at(l.ended) - modelWindow(v.at(l.ended)-v.at(from))
		if l.cut == 0 || v.at(l.cut) > by+1 {
			v.fail("%v was abandoned at %v, but not cut by %v", v.title(c, int(k)), v.at(l.ended), by)
		}
		if c.hooks[k].watch && (l.sawEnd == 0 || v.saw(l.sawEnd).at > by+1) && (l.returned == 0 || v.saw(l.returned).at > by) {
			v.fail("%v was abandoned at %v, but its context had not ended by %v", v.title(c, int(k)), v.at(l.ended), by)
		}
	})
}

// reserves: a critical hook has its reserve whatever the others did, and no
// hook is skipped for want of time, unless the stop is hurried. Who registers
// during the stop, when its time was shared out, takes what there is.
func (v *verdict) reserves() {
	v.eachLife(func(c *part, k quiesce.HookKind, l *life) {
		begun := l.begun
		switch {
		case k == quiesce.HookStart || c.bestEffort || c.late:
			return
		case k == quiesce.HookRun:
			begun = l.asked
		}
		calm := func(i int) bool { return i != 0 && (v.hurry == 0 || i < v.hurry) }
		if c.critical && calm(begun) && l.allowed < c.reserve {
			v.fail("%v had only %v of its reserve of %v", v.title(c, int(k)), l.allowed, c.reserve)
		}
		if l.outcome == quiesce.Skipped && calm(l.ended) && l.reason != "start still running" && (!c.critical || c.reserve > 0) {
			v.fail("%v was skipped: %s", v.title(c, int(k)), l.reason)
		}
	})
}

// hurried: hooks in flight get the window, those not begun are skipped; critical
// ones keep a live context and run.
func (v *verdict) hurried() {
	if v.hurry == 0 {
		return
	}
	end := v.at(v.hurry) + maxModelWindow
	v.eachLife(func(c *part, k quiesce.HookKind, l *life) {
		begun := l.begun
		if k == quiesce.HookRun {
			begun = l.asked
		}
		mild := c.critical && k != quiesce.HookStart
		switch {
		case mild && l.outcome == quiesce.Skipped && l.reason == "hurried":
			v.fail("%v is critical, but was skipped", v.title(c, int(k)))
		case mild:
		case begun > v.hurry && k != quiesce.HookRun:
			v.fail("%v was begun although the stop is hurried", v.title(c, int(k)))
		case begun != 0 && begun < v.hurry && l.ended > v.hurry && v.at(l.ended) > end+1 && !c.bestEffort && !v.stalled.Load():
			v.fail("%v was in flight until %v", v.title(c, int(k)), v.at(l.ended))
		}
		calm := v.p.forceGrace >= v.p.grace/40 && v.at(v.hurry)+maxModelWindow+v.p.forceGrace <= v.report.Began.Sub(v.began)+v.p.grace
		if mild && calm && c.reserve > 0 && !c.late && l.outcome == quiesce.Skipped && l.reason != "start still running" && v.at(l.ended) < v.endAt() {
			v.fail("%v is critical, but was skipped: %s", v.title(c, int(k)), l.reason)
		}
	})
	for _, r := range v.events {
		if e, ok := r.Event.(quiesce.HookCut); ok && e.Hook != quiesce.HookStart && errors.Is(e.Cause, quiesce.ErrForced) && v.part(e.Component).critical {
			v.fail("%v is critical, but was cut", e)
		}
	}
}
