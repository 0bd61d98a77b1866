// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// outcomes returns all there are.
var outcomes = sync.OnceValue(func() []load.Outcome {
	var out []load.Outcome
	for o := load.OK; !strings.HasPrefix(o.String(), "outcome "); o++ {
		out = append(out, o)
	}
	return out
})

// known returns the outcomes by their ids.
var known = sync.OnceValue(func() map[string]load.Outcome {
	all := map[string]load.Outcome{}
	for _, o := range outcomes() {
		all[o.String()] = o
	}
	return all
})

// isLost reports whether a request that is listed with that outcome was lost: also if it
// was sent, never answered, and given up when the server was gone. An outcome that is
// not known is none: [accounted] reports it.
func isLost(id string) bool { return class(id) == load.Lost || id == load.Abandoned.String() }

func class(id string) load.Class {
	if o, ok := known()[id]; ok {
		return o.Class()
	}
	return load.Expected
}

// total returns how many attempts l has the outcomes of; of some, if ids are given.
func total(l *record.Load, ids ...load.Outcome) int {
	if len(ids) == 0 {
		n := 0
		for _, k := range l.Outcomes {
			n += k
		}
		return n
	}
	n := 0
	for _, id := range ids {
		n += l.Outcomes[id.String()]
	}
	return n
}

// ofClass returns how many attempts of l ended with an outcome of that class.
func ofClass(l *record.Load, c load.Class) int {
	n := 0
	for id, k := range l.Outcomes {
		if class(id) == c {
			n += k
		}
	}
	return n
}

// unconnected returns how many attempts of l did not get a connection.
func unconnected(l *record.Load) int {
	return total(l, load.Refused, load.TLSFailed, load.DNSFailed, load.ClientLimit)
}

// exposed returns how many requests of l a stop could have lost. Attempts that got no
// connection are none, however many there were: a refused client tries fast.
func exposed(l *record.Load) int {
	if l.Answered == 0 {
		return 0 // nobody was served: nothing could be lost
	}
	return max(min(l.Window, total(l)-unconnected(l)), 0)
}

// lostOf returns how many requests of the load were lost in r. Where the record
// contradicts itself it is the most that it says.
func lostOf(r *record.Round, name string) int {
	n := listed(r, name)
	for i := range r.Loads {
		if l := &r.Loads[i]; l.Name == name {
			n = max(n, l.Lost, ofClass(l, load.Lost))
		}
	}
	return n
}

// listed returns how many lost requests of the load are listed in r.
func listed(r *record.Round, name string) int {
	n := 0
	for i := range r.Lost {
		if r.Lost[i].Load == name && isLost(r.Lost[i].Outcome) {
			n++
		}
	}
	return n
}

// lostIn returns how many requests were lost in r.
func lostIn(r *record.Round) int {
	n := 0
	for _, name := range loadNames(r) {
		n += lostOf(r, name)
	}
	return n
}

// loadNames returns the names of the loads of r, and of those that lost requests
// are said to be of.
func loadNames(r *record.Round) []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for i := range r.Loads {
		add(r.Loads[i].Name)
	}
	for i := range r.Lost {
		add(r.Lost[i].Load)
	}
	return names
}

// some returns "2 timeout, 1 refused" of those outcomes that occurred, in the order
// of the table.
func some(l *record.Load, want func(load.Outcome) bool) string {
	var parts []string
	for _, o := range outcomes() {
		if n := l.Outcomes[o.String()]; n > 0 && want(o) {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	return strings.Join(parts, ", ")
}
