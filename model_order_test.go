// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"github.com/go-quiesce/quiesce"
)

// before complains unless event a, if it was, came before event b, if it was.
func (v *verdict) before(a, b int, what string, first, second *part) {
	if b != 0 && (a == 0 || a > b) {
		v.fail("%s: %q before %q", what, second.name, first.name)
	}
}

// eachNeed calls f for every component and each of its direct dependencies;
// everything needs what is outer.
func (v *verdict) eachNeed(f func(c, need *part)) {
	for _, c := range v.p.parts {
		for _, id := range c.needs {
			if need := v.p.parts[id]; need.outer == c.outer {
				f(c, need)
			}
		}
	}
}

// startOrder: what is needed is ready before Start is called, and its Run runs.
func (v *verdict) startOrder() {
	v.eachNeed(func(c, need *part) {
		needs := &v.lives[need.id]
		for _, k := range []quiesce.HookKind{quiesce.HookStart, quiesce.HookRun} {
			begun := v.lives[c.id][k].begun
			if need.hooks[quiesce.HookStart] != nil {
				l := &needs[quiesce.HookStart]
				v.before(l.ended, begun, "start", need, c)
				if begun != 0 && l.outcome != quiesce.OK {
					v.fail("%v although %q did not start: %v", v.title(c, int(k)), need.name, l.outcome)
				}
				v.shadowBefore(l.returned, v.lives[c.id][k].began, "start", need, c)
			}
			if need.hooks[quiesce.HookRun] != nil {
				v.before(needs[quiesce.HookRun].begun, begun, "run", need, c)
			}
		}
	})
	for _, c := range v.p.parts {
		if c.hooks[quiesce.HookStart] != nil {
			v.before(v.lives[c.id][quiesce.HookStart].ended, v.lives[c.id][quiesce.HookRun].begun, "own start", c, c)
		}
	}
}

// shadowBefore is before, by what the hooks saw.
func (v *verdict) shadowBefore(a, b int, what string, first, second *part) {
	if b != 0 && (a == 0 || a > b) {
		v.fail("%s, as the hooks saw it: %q before %q", what, second.name, first.name)
	}
}

// stopOrder: dependants are quiet, and later stopped, before what they need.
func (v *verdict) stopOrder() {
	v.eachNeed(func(user, need *part) {
		for _, p := range []quiesce.Phase{quiesce.PhaseDrain, quiesce.PhaseStop} {
			for _, k := range stopHooksOf(user, p) {
				l := &v.lives[user.id][k]
				for _, nk := range stopHooksOf(need, p) {
					v.settledBefore(user, k, l, need, nk)
				}
			}
		}
	})
	for _, c := range v.p.parts { // Run, then Stop
		if c.hooks[quiesce.HookStop] != nil && c.hooks[quiesce.HookRun] != nil {
			v.settledBefore(c, quiesce.HookRun, &v.lives[c.id][quiesce.HookRun], c, quiesce.HookStop)
		}
	}
}

// stopHooksOf returns the hooks that a component has in a pass of the stop, a
// Start in progress aside.
func stopHooksOf(c *part, p quiesce.Phase) (kinds []quiesce.HookKind) {
	for _, k := range []quiesce.HookKind{quiesce.HookDrain, quiesce.HookRun, quiesce.HookStop} {
		if c.hooks[k] != nil && c.phaseOf(k) == p {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// settledBefore: hook k of user, if it ever began, had settled when hook nk of
// need began, or was asked; and it had returned, unless it was abandoned.
func (v *verdict) settledBefore(user *part, k quiesce.HookKind, l *life, need *part, nk quiesce.HookKind) {
	nl := &v.lives[need.id][nk]
	began := nl.begun
	if nk == quiesce.HookRun {
		began = nl.asked
	}
	if l.begun == 0 || began == 0 {
		return
	}
	if l.ended == 0 || l.ended > began {
		v.fail("%v had not settled before %v", v.title(user, int(k)), v.title(need, int(nk)))
	}
	if nk != quiesce.HookRun && l.outcome != quiesce.Abandoned && (l.returned == 0 || l.returned > nl.began) {
		v.fail("%v had not returned before %v", v.title(user, int(k)), v.title(need, int(nk)))
	}
}

// barrier: nothing is released until everything is quiet, and outer components
// are left alone until everything else has stopped.
func (v *verdict) barrier() {
	for _, c := range v.p.parts {
		l := &v.lives[c.id][quiesce.HookStop]
		if c.free || l.began == 0 {
			continue
		}
		for _, other := range v.p.parts {
			if other.free || other.outer && !c.outer {
				continue
			}
			for _, k := range []quiesce.HookKind{quiesce.HookStart, quiesce.HookDrain, quiesce.HookRun} {
				if other.outer == c.outer && other.phaseOf(k) == quiesce.PhaseStop {
					continue
				}
				v.settledBefore(other, k, &v.lives[other.id][k], c, quiesce.HookStop)
			}
		}
	}
}

// noLateStart: no Start and no Run is decided after the stop request.
func (v *verdict) noLateStart() {
	v.eachLife(func(c *part, k quiesce.HookKind, l *life) {
		if (k == quiesce.HookStart || k == quiesce.HookRun) && v.stop != 0 && l.begun > v.stop {
			v.fail("%v was begun after the stop request", v.title(c, int(k)))
		}
	})
}

// up reports, for every part, whether it may have been up: its own Start
// returned nil in time, or it has none and all that it needs was up.
func (v *verdict) up() []bool {
	up := make([]bool, len(v.p.parts))
	for _, c := range v.p.parts { // what is needed stands before who needs it
		l := &v.lives[c.id][quiesce.HookStart]
		up[c.id] = true
		for _, id := range c.needs {
			up[c.id] = up[c.id] && up[id]
		}
		if c.hooks[quiesce.HookStart] != nil {
			up[c.id] = l.outcome == quiesce.OK
		}
	}
	return up
}

// onlyUp: hooks of a stop run only in components that are up, and all of them
// do unless the stop was cut short, or the report says why not.
func (v *verdict) onlyUp() {
	up := v.up()
	v.eachLife(func(c *part, k quiesce.HookKind, l *life) {
		switch {
		case c.free || k == quiesce.HookStart:
		case !up[c.id] && l.began != 0:
			v.fail("%v ran, but its component is not up", v.title(c, int(k)))
		case !up[c.id] || v.cutShort() || c.hooks[quiesce.HookStart] == nil:
		case (k == quiesce.HookDrain || k == quiesce.HookStop) && l.ended == 0:
			v.fail("%v never came to an end, although its component was up", v.title(c, int(k)))
		}
	})
}
