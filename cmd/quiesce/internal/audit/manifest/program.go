// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/signame"
)

// A Program is what is known of one beside the documents. Zero is nothing.
type Program struct {
	Plan   *quiesce.Plan // of its stop
	Source *Source       // what it does with signals
}

// A program that is built with quiesce and has one of its policies stops at these signals;
// what a policy of its own has is not in the plan.
var (
	policies = []string{"interactive", "orchestrated"}
	stopping = []string{"SIGTERM", "SIGINT", "SIGHUP"}
)

// stops reports whether the program stops gracefully at a signal as the library does, and
// whether that is known.
func (p Program) stops(signal string) (yes, known bool) {
	if p.Plan == nil || !slices.Contains(policies, p.Plan.Escalation) {
		return false, false
	}
	return slices.Contains(stopping, signal), true
}

// unhandled reports whether the sources say that the program does not take a signal.
func (p Program) unhandled(signal string) bool {
	if p.Source == nil {
		return false
	}
	yes, known := p.Source.Handles(signal)
	return known && !yes
}

// handled reports whether the sources say that the program takes a signal.
func (p Program) handled(signal string) bool {
	if p.Source == nil {
		return false
	}
	yes, _ := p.Source.Handles(signal)
	return yes
}

// Deaf says why a signal is no request to stop, "" if it may be one: nothing can handle it,
// or the program does not.
func (p Program) Deaf(signal string) string {
	switch {
	case signame.Uncatchable(signal):
		return "no program can handle " + signal
	case p.unhandled(signal):
		return p.Source.unhandled(signal)
	case p.handled(signal):
		return ""
	}
	if yes, known := p.stops(signal); known && !yes {
		return fmt.Sprintf("%s stops at %s", p.Plan.App, strings.Join(stopping, ", "))
	}
	return ""
}

// An Outcome is what becomes of a program at a signal.
type Outcome int

// What may become of it.
const (
	Taken   Outcome = iota // it does with it what it wants, as far as is known
	Stops                  // gracefully
	Ends                   // at once, by the signal
	Crashes                // with a dump and an exit code that is no success
	Ignored                // nothing, as it wants it
	Nothing                // nothing happens
)

// At returns what becomes of the program at a signal, with what a message says of that.
func (p Program) At(signal string) (Outcome, string) {
	switch yes, _ := p.stops(signal); {
	case signame.Uncatchable(signal):
		return Ends, "no program can handle it"
	case p.unhandled(signal):
		o := p.Source.outcome(signal)
		return o, p.Source.Path + map[Outcome]string{
			Ends:    " does not handle it and ends at once, without a stop",
			Crashes: " does not handle it and crashes with a dump",
			Ignored: " ignores it",
			Nothing: " does not handle it, and nothing happens",
		}[o]
	case yes:
		return Stops, p.Plan.App + " stops at it"
	}
	return Taken, ""
}
