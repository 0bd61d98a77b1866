// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// A ruleTest changes a good run, and says what comes of one check. Those that still pass
// stand beside those that do not: a rule must not see ghosts either.
type ruleTest struct {
	name   string
	id     string
	change func(run *record.Run)
	want   record.Verdict
	text   string // in the check's text or in a finding's
}

// round returns a change of one round.
func round(n int, f func(r *record.Round)) func(*record.Run) {
	return func(run *record.Run) { f(&run.Rounds[n-1]) }
}

// of returns a change of the round of that situation.
func of(s record.Situation, f func(r *record.Round)) func(*record.Run) {
	return func(run *record.Run) {
		for i := range run.Rounds {
			if run.Rounds[i].Schedule.Situation == s {
				f(&run.Rounds[i])
			}
		}
	}
}

// every returns a change of all rounds.
func every(f func(r *record.Round)) func(*record.Run) {
	return func(run *record.Run) {
		for i := range run.Rounds {
			f(&run.Rounds[i])
		}
	}
}

func setup(f func(s *record.Setup)) func(*record.Run) {
	return func(run *record.Run) { f(&run.Setup) }
}

// mode has another instance follow in each round, and nothing refused.
func mode(m record.Mode, then func(run *record.Run)) func(*record.Run) {
	return func(run *record.Run) {
		run.Setup.Mode = m
		every(func(r *record.Round) {
			r.Marks = append(r.Marks, record.Mark{What: record.MarkSuccessor, At: 55 * ms})
			for i := range r.Loads {
				l := &r.Loads[i]
				delete(l.Outcomes, "refused")
				l.Refused, l.Buckets = 0, nil
			}
		})(run)
		then(run)
	}
}

// stays has the server be its own successor.
func stays(r *record.Round) {
	r.Exited = -1
	r.Marks = append(r.Marks, record.Mark{What: record.MarkReplaced, At: 60 * ms})
}

func nothing(*record.Run) {}

// outcome has n more attempts of the first load end so.
func outcome(id string, n int) func(r *record.Round) {
	return func(r *record.Round) {
		l := &r.Loads[0]
		l.Outcomes[id] += n
		switch id {
		case "refused":
			l.Refused += n
		case "tls", "dns", "reset_before_write":
			l.Safe += n
		case "http_refused", "goaway_retryable":
			l.Safe += n
			l.Sent += n
		}
	}
}

func closed(at time.Duration) func(r *record.Round) {
	return func(r *record.Round) {
		r.Marks[2].At, r.Probes[3].At = at, at
		for i := range r.Loads {
			r.Loads[i].Buckets = nil
		}
	}
}

func turned(at time.Duration) func(r *record.Round) {
	return func(r *record.Round) {
		r.Marks = append(r.Marks, record.Mark{What: record.MarkTurned, At: at})
	}
}

func unready(at time.Duration, detail string) func(r *record.Round) {
	return unreadySince(0, at, detail)
}

func unreadySince(since, at time.Duration, detail string) func(r *record.Round) {
	return func(r *record.Round) {
		r.Marks[1].At, r.Marks[1].Detail = at, detail
		r.Probes[2].Since, r.Probes[2].At, r.Probes[2].Detail = since, at, detail
	}
}

func killed(r *record.Round) {
	r.Exited = -1
	r.Exit = record.Exit{Code: -1, Signal: "SIGKILL", Killed: true}
	r.Marks = append(r.Marks, record.Mark{What: record.MarkKilled, At: 10050 * ms})
}

func exit(code int, signal string) func(r *record.Round) {
	return func(r *record.Round) { r.Exit = record.Exit{Code: code, Signal: signal} }
}

func left(kind record.LeftoverKind) func(r *record.Round) {
	return func(r *record.Round) { r.Left = []record.Leftover{{Kind: kind, What: "that thing"}} }
}

func noDelay(then func(run *record.Run)) func(*record.Run) {
	return func(run *record.Run) {
		run.Setup.Delay = 0
		then(run)
	}
}

func lost(load int, outcome string) func(r *record.Round) {
	return func(r *record.Round) { lose(r, load, outcome, 60*ms) }
}

func dropLoad(name string) func(*record.Run) {
	return func(run *record.Run) {
		keep := run.Setup.Loads[:0:0]
		for _, l := range run.Setup.Loads {
			if l.Name != name {
				keep = append(keep, l)
			}
		}
		run.Setup.Loads = keep
		every(func(r *record.Round) {
			keep := r.Loads[:0:0]
			for _, l := range r.Loads {
				if l.Name != name {
					keep = append(keep, l)
				}
			}
			r.Loads = keep
			if r.Server != nil {
				r.Server.Began, r.Server.Finished = r.Server.Began-40, r.Server.Finished-40
			}
		})(run)
	}
}

// TestRules has at least one case on each side of each rule.
func TestRules(t *testing.T) {
	for _, tt := range ruleTests() {
		t.Run(tt.id+"/"+tt.name, func(t *testing.T) {
			run := goodRun()
			tt.change(run)
			c := judged(t, run, tt.id)
			if c.Verdict != tt.want {
				t.Fatalf("%s, want %s: %s %v", c.Verdict, tt.want, c.Text, c.Findings)
			}
			if !strings.Contains(strings.ToLower(allText(c)), strings.ToLower(tt.text)) {
				t.Errorf("%q is not in:\n%s", tt.text, allText(c))
			}
			for _, f := range c.Findings {
				if f.Round <= 0 || f.At <= 0 || f.Text == "" {
					t.Errorf("finding %+v", f)
				}
			}
			if tt.want == record.Fail && (run.Verdict != record.Fail || len(c.Findings) == 0) {
				t.Errorf("the run is %s with %d findings", run.Verdict, len(c.Findings))
			}
			if tt.want == record.Inconclusive && run.Verdict == record.Pass {
				t.Error("the run passes")
			}
		})
	}
}

// Every check is seen to fail, or to be inconclusive if it cannot fail, and to pass.
func TestRulesAreAllTested(t *testing.T) {
	bad := map[string]bool{}
	for _, tt := range ruleTests() {
		bad[tt.id] = bad[tt.id] || tt.want == record.Fail || tt.want == record.Inconclusive && !Switchable(tt.id)
	}
	for _, r := range rules() {
		if !bad[r.id] {
			t.Errorf("no test has %s go wrong", r.id)
		}
	}
}

func concat(lists ...[]ruleTest) []ruleTest {
	var out []ruleTest
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

func allText(c record.Check) string {
	text := c.Text
	for _, f := range c.Findings {
		text += "\n" + f.Text
	}
	return text
}
