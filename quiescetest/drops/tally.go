// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"maps"
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// A Result is what a [Trial] counted.
type Result struct {
	Stops []Stop `json:"stops"` // in order
}

// A Stop is what clients saw while one instance was stopped. A load's numbers are
// those from its callers' first requests until each was answered after the stop; its
// Unserved are the callers whom nobody answered after it.
type Stop struct {
	Loads []load.Tally  `json:"loads"` // one for each of the trial's, in its order
	Took  time.Duration `json:"took"`  // from the stop request until the instance had stopped

	// Gap is the longest time without an answer to anyone, from the stop request
	// until every caller had been answered after it.
	Gap time.Duration `json:"longest_gap"`
}

// Total returns the sum over the loads.
func (s *Stop) Total() load.Tally {
	total := load.Tally{Name: "total"}
	for i := range s.Loads {
		total.Add(&s.Loads[i])
	}
	return total
}

// Total returns the sum over stops and loads. Its Callers and Connections are
// those of all stops together.
func (r *Result) Total() load.Tally {
	total := load.Tally{Name: "total"}
	for i := range r.Stops {
		stop := r.Stops[i].Total()
		total.Add(&stop)
	}
	return total
}

// Load returns the part of the result that is of the load with that name.
func (r *Result) Load(name string) *Result {
	part := new(Result)
	for _, s := range r.Stops {
		s.Loads = slices.DeleteFunc(slices.Clone(s.Loads), func(t load.Tally) bool { return t.Name != name })
		part.Stops = append(part.Stops, s)
	}
	return part
}

// sorted returns the outcomes that occurred, in the order of the constants.
func sorted(t *load.Tally) []load.Outcome { return slices.Sorted(maps.Keys(t.Outcomes)) }
