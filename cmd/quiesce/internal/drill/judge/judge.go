// SPDX-License-Identifier: Apache-2.0

// Package judge says what a drill has proved. It is a pure function of the record:
// the same record gives the same verdict, here or read from a file later.
//
// A check FAILs if a fault was seen, however little else was. It is INCONCLUSIVE if
// none was seen by too little evidence, or by evidence that cannot be trusted, and
// NOT TRIED if the setup does not ask for it. So evidence that is taken away turns
// a PASS into INCONCLUSIVE, and never the other way.
package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// Judge fills Verdict, Reason, Checks and Bound, whatever they were before.
func Judge(r *record.Run) {
	e := newEvidence(r)
	r.Checks = e.checks()
	r.Bound = e.bound()
	r.Verdict = verdict(r.Checks)
	r.Reason = reason(r)
}

// Fails returns the ids of the checks that this round alone fails, in the order of
// the catalog. A round that says nothing (see [record.Round.Problem]) fails none.
func Fails(s *record.Setup, r *record.Round) []string {
	e := newEvidence(&record.Run{Setup: *s, Rounds: []record.Round{*r}})
	var ids []string
	for _, c := range e.checks() {
		if c.Verdict == record.Fail {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// A rule looks at the evidence for one check.
type rule struct {
	id   string
	look func(e *evidence, c *check)
}

// rules returns all rules; their order is that of the checks.
func rules() []rule {
	return slices.Concat(requestRules(), probeRules(), exitRules(), leftRules(),
		[]rule{{"writes-survive", writesSurvive}}, situationRules(), evidenceRules())
}

func (e *evidence) checks() []record.Check {
	var out []record.Check
	for _, rule := range rules() {
		c := check{evidence: e}
		if e.skipped(rule.id) {
			c.untried = "It is switched off."
		} else {
			rule.look(e, &c)
		}
		out = append(out, c.settle(rule.id))
	}
	return out
}

// skipped reports whether the check is switched off. Those of the evidence itself
// cannot be: without them no verdict means anything.
func (e *evidence) skipped(id string) bool {
	return slices.Contains(e.setup.Skip, id) && Switchable(id)
}

// Switchable reports whether the check can be switched off.
func Switchable(id string) bool {
	return !slices.ContainsFunc(evidenceRules(), func(r rule) bool { return r.id == id })
}

// verdict is the worst of the checks' verdicts.
func verdict(checks []record.Check) record.Verdict {
	v := record.Pass
	for _, c := range checks {
		switch c.Verdict {
		case record.Fail:
			return record.Fail
		case record.Inconclusive:
			v = record.Inconclusive
		}
	}
	return v
}

// reason returns one sentence.
func reason(r *record.Run) string {
	switch r.Verdict {
	case record.Fail:
		ids, texts := with(r.Checks, record.Fail)
		if len(ids) == 1 {
			return fmt.Sprintf("One check fails: %s (%s).", ids[0], texts[0])
		}
		return fmt.Sprintf("%d checks fail: %s; the first because %s.", len(ids), few(ids), lower(texts[0]))
	case record.Inconclusive:
		ids, texts := with(r.Checks, record.Inconclusive)
		if len(ids) == 1 {
			return fmt.Sprintf("Nothing failed, but one check proves nothing: %s (%s).", ids[0], texts[0])
		}
		return fmt.Sprintf("Nothing failed, but %d checks prove nothing: %s; the last because %s.", len(ids), few(ids), lower(texts[len(texts)-1]))
	}
	return passReason(r)
}

func passReason(r *record.Run) string {
	text := boundText(r.Bound)
	if off := slices.DeleteFunc(slices.Clone(r.Setup.Skip), func(id string) bool { return !Switchable(id) }); len(off) > 0 {
		text += "; switched off: " + strings.Join(off, ", ")
	}
	return text + "."
}

// few returns a list that is not longer than a sentence may be.
func few(ids []string) string {
	const most = 6
	if len(ids) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:most-1], ", "), len(ids)-most+1)
	}
	return strings.Join(ids, ", ")
}

// with returns the ids and the texts, without their full stops, of the checks with
// that verdict.
func with(checks []record.Check, v record.Verdict) (ids, texts []string) {
	for _, c := range checks {
		if c.Verdict == v {
			ids = append(ids, c.ID)
			texts = append(texts, strings.TrimSuffix(c.Text, "."))
		}
	}
	return ids, texts
}

// lower returns a sentence as it stands within another.
func lower(s string) string {
	if s == "" || strings.HasPrefix(s, "SIG") {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
