// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce"
)

// Log returns the events so far as text, one line each, with the time since the
// first: "+1.5s drain "http" ok after 500ms".
//
// Events of different instants stand in the order of time. Those of one
// instant, of which there are many in virtual time, stand in the order of cause
// and effect; where there is none, as between the hooks of components that do
// not need each other, in the order of names. So two runs that differ only in
// how goroutines happened to be scheduled have the same log.
func (r *Recorder) Log() string {
	records := r.Records()
	if len(records) == 0 {
		return ""
	}
	o := newOrder(r.needs)
	first := records[0].At
	var b strings.Builder
	for len(records) > 0 {
		n := 1
		for n < len(records) && records[n].At.Equal(records[0].At) {
			n++
		}
		offset := records[0].At.Sub(first).Round(time.Microsecond)
		for _, e := range o.sort(records[:n]) {
			fmt.Fprintf(&b, "+%v %v\n", offset, e)
		}
		records = records[n:]
	}
	return b.String()
}

// An order knows which events of one instant are cause and effect.
type order struct {
	needs map[string]map[string]bool // with everything that what is needed needs
}

// newOrder closes the relation: needs has only direct dependencies.
func newOrder(needs map[string][]string) *order {
	o := &order{make(map[string]map[string]bool)}
	for name := range needs {
		o.close(name, needs)
	}
	return o
}

func (o *order) close(name string, needs map[string][]string) map[string]bool {
	if all, ok := o.needs[name]; ok {
		return all
	}
	all := make(map[string]bool)
	o.needs[name] = all
	for _, need := range needs[name] {
		all[need] = true
		for further := range o.close(need, needs) {
			all[further] = true
		}
	}
	return all
}

// A step is an event with what its place among others depends on.
type step struct {
	event     quiesce.Event
	component string // "" for an event that everything before and after it is ordered by
	hook      quiesce.HookKind
	phase     quiesce.Phase
	begins    bool // it begins a hook, or skips it, at its turn
	ends      bool // it ends one
}

func stepOf(e quiesce.Event) step {
	s := step{event: e}
	switch e := e.(type) {
	case quiesce.HookBegun:
		s.component, s.hook, s.phase, s.begins = e.Component, e.Hook, e.Phase, true
	case quiesce.HookEnded:
		s.component, s.hook, s.phase, s.ends = e.Component, e.Hook, e.Phase, true
		s.begins = e.Outcome == quiesce.Skipped
	case quiesce.HookCut:
		s.component, s.hook = e.Component, e.Hook
	case quiesce.LateReturn:
		s.component, s.hook = e.Component, e.Hook
	}
	return s
}

// causes reports whether a, which came first, must stay before b.
func (o *order) causes(a, b step) bool {
	switch {
	case a.component == "" || b.component == "":
		return true
	case a.component == b.component:
		return a.hook == b.hook || b.begins
	case b.phase == quiesce.PhaseAnnounce:
		return false // everything is announced at once
	default:
		return (a.begins || a.ends) && b.begins && (o.needs[a.component][b.component] || o.needs[b.component][a.component])
	}
}

// sort puts the events of one instant in their order: again and again the
// first by name of those whose causes have all been taken.
func (o *order) sort(records []quiesce.Record) []quiesce.Event {
	steps := make([]step, len(records))
	for i := range records {
		steps[i] = stepOf(records[i].Event)
	}
	sorted := make([]quiesce.Event, 0, len(steps))
	for len(steps) > 0 {
		best := 0
		for i := 1; i < len(steps) && steps[0].component != ""; i++ {
			if steps[i].component == "" {
				break // nothing passes it
			}
			if o.isFree(steps, i) && before(steps[i], steps[best]) {
				best = i
			}
		}
		sorted = append(sorted, steps[best].event)
		steps = append(steps[:best], steps[best+1:]...)
	}
	return sorted
}

// isFree reports whether nothing before steps[i] causes it.
func (o *order) isFree(steps []step, i int) bool {
	for _, s := range steps[:i] {
		if o.causes(s, steps[i]) {
			return false
		}
	}
	return true
}

// before is the order of names, and then of hooks.
func before(a, b step) bool {
	if a.component != b.component {
		return a.component < b.component
	}
	return a.hook < b.hook
}
