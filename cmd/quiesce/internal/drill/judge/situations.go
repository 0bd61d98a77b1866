// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// situations says which check each situation has, in the order of the catalog.
var situations = []struct {
	id        string
	situation record.Situation
	fates     bool // it has connections of its own, whose fate must be known
}{
	{"at-start", record.AtStart, false},
	{"handshake", record.Handshake, true},
	{"half-body", record.Body, true},
	{"idle-connections", record.Idle, true},
	{"repeated-signal", record.Twice, false},
	{"term-then-int", record.TermInt, false},
	{"survives-hup", record.HUP, false},
	{"survives-usr1", record.USR1, false},
	{"stop-continue", record.StopCont, false},
	{"process-group", record.Group, false},
	{"behind-shell", record.Shell, false},
	{"slow-client", record.SlowClient, true},
	{"half-open", record.HalfOpen, false},
	{"never-reads", record.NeverReads, false},
}

func situationRules() []rule {
	var out []rule
	for _, s := range situations {
		out = append(out, rule{s.id, func(e *evidence, c *check) { inSituation(e, c, s.id, s.situation, s.fates) }})
	}
	return out
}

// inSituation fails if in a round of that situation a request was lost, a connection
// had a bad fate, or the server did not stop in time, or not all of it.
func inSituation(e *evidence, c *check, id string, s record.Situation, fates bool) {
	tried := 0
	for _, r := range e.rounds {
		if r.Schedule.Situation != s || !asked(r) && !unasked(r) && !r.Exit.Killed {
			continue
		}
		tried++
		e.special(c, r)
		if fates && len(r.Fates) == 0 {
			c.doubt("in round %d nothing is known of the connections that it is about", r.Number)
		}
	}
	if tried == 0 {
		e.untried(c, id, s)
	}
	c.hold("in %s nothing was lost and the server ended in time", plural(tried, "stop"))
}

func (e *evidence) special(c *check, r *record.Round) {
	for i := range r.Fates {
		if f := &r.Fates[i]; !f.Good {
			c.fail(r, f.At, "%s: %s%s", f.What, f.Outcome, detailText(f.Detail))
		}
	}
	if n := lostIn(r); n > 0 {
		c.fail(r, max(r.Signalled, 0), "%s lost", were(n, "request"))
	}
	if text := e.late(r); text != "" {
		c.fail(r, e.ended(r), "%s", text)
	}
	for _, l := range r.Left {
		if leaves(r.Schedule.Situation) && l.Kind != record.LeftFile && l.Kind != record.LeftUnix && !r.Exit.Killed {
			c.fail(r, e.ended(r), "it left %s", l.What)
		}
	}
	prod, died := "SIG"+string(upper(r.Schedule.Situation)), r.Exit.Signal
	if prods(r.Schedule.Situation) && (died == prod || died == "" && r.Exit.Code == 128+signalNumber(prod)) {
		c.fail(r, r.Exited, "%s killed it", prod)
	}
}

// leaves reports whether the situation is about who gets the signal, so that whoever is
// left did not.
func leaves(s record.Situation) bool {
	return s == record.AtStart || s == record.Group || s == record.Shell
}

func upper(s record.Situation) record.Situation {
	if s == record.HUP {
		return "HUP"
	}
	return "USR1"
}

func detailText(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// untried says why there is no round of the situation: it was not asked for, or it was
// and could not be made.
func (e *evidence) untried(c *check, id string, s record.Situation) {
	for _, skip := range e.run.Skipped {
		switch {
		case skip.What != id && skip.What != string(s):
		case e.wanted(skip.What):
			c.doubt("it could not be tried: %s", skip.Why)
			return
		default:
			c.untried = sentence("it cannot be tried: " + skip.Why)
			return
		}
	}
	if slices.Contains(e.setup.Situations, s) {
		c.doubt("no round was made of it")
		return
	}
	c.untried = "It was not asked for."
}

// wanted reports whether what was skipped had been asked for. A situation that the setup
// does not list has not, if it lists any; nor one whose check is switched off.
func (e *evidence) wanted(what string) bool {
	for _, s := range situations {
		if what == s.id || what == string(s.situation) {
			listed := e.setup.Situations == nil || slices.Contains(e.setup.Situations, s.situation)
			return listed && !e.skipped(s.id)
		}
	}
	return true
}
