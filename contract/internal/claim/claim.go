// SPDX-License-Identifier: Apache-2.0

// Package claim runs claims about the Go runtime and the kernel as experiments,
// judges each by what was observed, and writes the page about them.
package claim

import (
	"cmp"
	"slices"
	"strings"
)

// A Claim is something that is often said, and the experiment that settles it.
// What is right about it is not written down anywhere: the verdict follows from
// the predictions that its trial saw come true, and what really happens is the
// list of facts that its trial asserted.
type Claim struct {
	ID   string // "S01": a letter for the chapter and a number
	Told string // the claim as it is usually told, in our words

	// Trial observes. Nil only for a claim about a document, which is Cited.
	Trial func(*Trial)

	// Programs are the small programs that the trial runs in processes of their
	// own, by the name that [Trial.Program] starts them with.
	Programs map[string]func()

	So      string   // what follows for your code
	Covered []string // what of quiesce takes care of it: "sigmux.NotifyContext"
	Vet     string   // the mistake that a vet check should find, in a few words

	// Cited is where a claim about a document is settled.
	Cited *Citation
}

// A Citation settles a claim that no experiment can: it is about what a
// document says. The page marks it as not run.
type Citation struct {
	Verdict Verdict  // by the document
	Source  string   // the document and its section, with an address
	Facts   []string // what it says, in our words
}

// A Verdict is what is right about a claim.
type Verdict string

// The verdicts. Depends means that some predictions of the claim came true and
// others did not.
const (
	Holds   Verdict = "holds"
	False   Verdict = "false"
	Depends Verdict = "depends"
	NotRun  Verdict = "not run"
)

// A Chapter is a part of the catalogue: its claims share the letter.
type Chapter struct {
	Letter, Title string // "S", "Signals"
}

// chapterOf returns the letter of a claim's chapter.
func chapterOf(id string) string { return strings.TrimRight(id, "0123456789") }

// A Result is what a trial observed.
type Result struct {
	Claim       Claim        // whose trial it was
	Predictions []Prediction // what must be seen if the claim is right
	Facts       []Fact       // what really happens
	Skipped     string       // why the trial could not be made here
}

// A Prediction is a thing that must be seen if the claim is right as told.
type Prediction struct {
	Text string // what must be seen
	Seen bool   // whether it was
}

// A Fact is a sentence that was checked, and figures that differ from run to run.
type Fact struct {
	Text, Figures string // figures may be empty
}

// Verdict judges by the predictions alone.
func (r *Result) Verdict() Verdict {
	switch {
	case r.Claim.Cited != nil:
		return r.Claim.Cited.Verdict
	case len(r.Predictions) == 0:
		return NotRun
	}
	seen := 0
	for _, p := range r.Predictions {
		if p.Seen {
			seen++
		}
	}
	switch seen {
	case 0:
		return False
	case len(r.Predictions):
		return Holds
	}
	return Depends
}

// predictions returns the texts of those that came true, or of those that did not.
func (r *Result) predictions(seen bool) []string {
	var out []string
	for _, p := range r.Predictions {
		if p.Seen == seen {
			out = append(out, p.Text)
		}
	}
	return out
}

// sortResults orders by chapter as given, then by number.
func sortResults(results []*Result, chapters []Chapter) {
	place := func(r *Result) int {
		return slices.IndexFunc(chapters, func(c Chapter) bool { return c.Letter == chapterOf(r.Claim.ID) })
	}
	slices.SortFunc(results, func(a, b *Result) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Claim.ID, b.Claim.ID))
	})
}
