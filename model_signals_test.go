// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"strings"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/sigmux"
)

// An arrival is a signal that counts: not a repeat within the window in which
// one stands for several.
type arrival struct {
	at time.Duration
	do callKind
}

// arrivals returns them in order, and how many of them came before the end, and
// until and with its instant.
func (v *verdict) arrivals() (list []arrival, before, upTo int) {
	var last [numCallKinds]time.Duration
	for i := range v.entries {
		e := &v.entries[i]
		if e.what != markCalled || e.do < callTERM || e.do > callHUP || e.err != nil {
			continue
		}
		if e.do != callHUP && last[e.do] != 0 && e.at+1-last[e.do] < sigmux.CoalesceWindow {
			continue
		}
		last[e.do] = e.at + 1
		list = append(list, arrival{e.at, e.do})
		if e.at+1 < v.logEnd() {
			before++
		}
		if e.at <= v.logEnd() {
			upTo++
		}
	}
	return list, before, upTo
}

// signals: each is acted on or recorded, and means what the policy says.
func (v *verdict) signals() {
	list, before, upTo := v.arrivals()
	acted := 0
	for _, r := range v.events {
		switch e := r.Event.(type) {
		case quiesce.StopRequested:
			if e.Cause.Kind == quiesce.CauseSignal {
				acted++
			}
		case quiesce.Hurry:
			if !strings.HasPrefix(e.Cause, "cause ") {
				acted++
			}
		case quiesce.ForcedEnd:
			acted++
		case quiesce.SignalRecorded:
			acted += e.Count
		}
	}
	if acted < before || acted > upTo+1 { // one can both begin a stop and hurry it
		v.fail("%d signals came, %d were acted on or recorded", before, acted)
	}
	v.escalation(list)
}

// escalation: the first terminating signal begins the stop, the second that
// counts hurries it, the third ends it.
func (v *verdict) escalation(list []arrival) {
	onlyINT := presetNames[v.p.preset] != "interactive"
	climbs, first := 0, time.Duration(-1)
	for _, s := range list {
		if s.at+1 >= v.logEnd() {
			break
		}
		if v.stop == 0 || v.at(v.stop) > s.at {
			v.fail("%v at %v began no stop", signalOf(s.do), s.at)
		}
		switch {
		case s.do == callHUP:
			continue
		case first < 0:
			first = s.at
		case onlyINT && (s.do != callINT || s.at == first):
			continue // in a tie either may have come first
		}
		climbs++
		if climbs == 2 && (v.hurry == 0 || v.at(v.hurry) > s.at) {
			v.fail("%v at %v did not hurry the stop", signalOf(s.do), s.at)
		}
		if climbs == 3 && (v.forcedEnd == 0 || v.at(v.forcedEnd) > s.at) {
			v.fail("%v at %v did not end the app", signalOf(s.do), s.at)
		}
	}
	if v.forcedEnd != 0 {
		v.forcedByThird(list, onlyINT)
	}
}

// forcedByThird: nothing less than three signals ends the app.
func (v *verdict) forcedByThird(list []arrival, onlyINT bool) {
	all, ints := 0, 0
	for _, s := range list {
		if s.do != callHUP && s.at <= v.at(v.forcedEnd) {
			all++
			if s.do == callINT {
				ints++
			}
		}
	}
	if all < 3 || onlyINT && ints < 2 {
		v.fail("forced after %d signals, %d of them INT", all, ints)
	}
}
