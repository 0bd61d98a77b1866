// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"time"

	"github.com/go-quiesce/quiesce"
)

// delays: the readiness delay is spent if the app was ready and a component that
// serves still ran when the stop was asked for, in full unless the last of these
// ends, or the stop is hurried.
func (v *verdict) delays() {
	announce := v.span(quiesce.PhaseAnnounce, false)
	if announce == nil {
		return
	}
	want := v.p.delay
	if v.ready == 0 || v.ready > v.stop || !v.served(v.stop) || v.hurry != 0 && v.hurry < announce.begin {
		want = 0
	}
	if got := v.events[announce.begin-1].Event.(quiesce.PhaseBegun).Delay; got != want && !(got == 0 && !v.served(announce.begin)) {
		v.fail("readiness delay %v instead of %v", got, want)
		return
	} else if got == 0 {
		return
	}
	ended := 0
	for i, r := range v.events {
		if _, ok := r.Event.(quiesce.DelayEnded); ok {
			v.once(&ended, i+1, "%v", r.Event)
		}
	}
	if ended == 0 {
		if !v.cutShort() {
			v.fail("the readiness delay has no end")
		}
		return
	}
	if end := v.delayEnd(announce, want); v.at(ended) != end {
		v.fail("the readiness delay ended at %v instead of %v", v.at(ended), end)
	}
}

// served reports whether a component that serves ran before event i. The app
// was ready: all are up, and those without a Run serve until they are stopped.
func (v *verdict) served(i int) bool {
	for _, c := range v.p.parts {
		l := &v.lives[c.id][quiesce.HookRun]
		if c.serves && (l.ended == 0 || l.ended > i) {
			return true
		}
	}
	return false
}

// delayEnd works out when the readiness delay ends.
func (v *verdict) delayEnd(announce *phaseSpan, delay time.Duration) time.Duration {
	end := v.at(announce.begin) + delay
	if v.hurry > announce.begin {
		end = min(end, v.at(v.hurry))
	}
	last := time.Duration(0) // when the last component that serves ended
	for _, c := range v.p.parts {
		if !c.serves {
			continue
		}
		if l := &v.lives[c.id][quiesce.HookRun]; l.ended == 0 {
			return end
		} else if v.at(l.ended) > last {
			last = v.at(l.ended)
		}
	}
	return max(min(end, last), v.at(announce.begin))
}
