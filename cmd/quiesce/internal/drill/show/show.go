// SPDX-License-Identifier: Apache-2.0

// Package show presents a drill: as text and live progress for a terminal, as JSON,
// JUnit and SARIF for programs, as Markdown for a comment, and as one HTML page.
//
// It takes a [record.Run] as it is, however strange: what a server or a file says is
// escaped for where it goes, and times that make no sense are drawn at the edge. It
// redacts nothing: that is done before.
package show

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// A view is a run with what all forms derive from it.
type view struct {
	*record.Run
	faults map[int][]string // cleaned ids of the failed checks with a finding in that round
	worst  *record.Round    // the one that is shown if there is room for one; nil if there is none
}

func newView(run *record.Run) *view {
	v := &view{Run: run, faults: map[int][]string{}}
	for _, c := range run.Checks {
		if c.Verdict != record.Fail {
			continue
		}
		for _, f := range c.Findings {
			if id := clean(c.ID); !slices.Contains(v.faults[f.Round], id) {
				v.faults[f.Round] = append(v.faults[f.Round], id)
			}
		}
	}
	for i := range run.Rounds {
		if r := &run.Rounds[i]; v.worst == nil || v.worse(r, v.worst) {
			v.worst = r
		}
	}
	return v
}

// worse reports whether x is to be shown rather than y, which was before it: of rounds
// that are as bad a plain one, as it is easier to understand, and then the later.
func (v *view) worse(x, y *record.Round) bool {
	if a, b := v.badness(x), v.badness(y); a != b {
		return a > b
	}
	return x.Schedule.Situation == record.Plain || y.Schedule.Situation != record.Plain
}

// badness orders rounds by how much a reader wants to see them: for what was lost
// first of all, then for what else is wrong.
func (v *view) badness(r *record.Round) int {
	const perRequest = 1 << 16 // more than there are checks
	n := min(lost(r), 1<<32)*perRequest + 2*len(v.faults[r.Number])
	if r.Problem != "" {
		n++
	}
	return n
}

// state is the class of a round: "lost", "bad", "problem" or "good".
func (v *view) state(r *record.Round) string {
	switch {
	case lost(r) > 0:
		return "lost"
	case len(v.faults[r.Number]) > 0:
		return "bad"
	case r.Problem != "":
		return "problem"
	}
	return "good"
}

// by returns the checks with a verdict, in their order.
func (v *view) by(verdict record.Verdict) []record.Check {
	var list []record.Check
	for _, c := range v.Checks {
		if c.Verdict == verdict {
			list = append(list, c)
		}
	}
	return list
}

// target is what the drill was done to, in one line.
func (v *view) target() string {
	switch s := &v.Setup; {
	case len(s.Command) > 0:
		return strings.Join(s.Command, " ")
	case s.Unit != "":
		return "unit " + s.Unit
	default:
		return fmt.Sprintf("pid %d", s.PID)
	}
}

// boundText says how much it means that nothing was lost.
func boundText(b *record.Bound) string {
	switch {
	case b.Stops <= 0 || b.Window <= 0:
		return "no stop under load: nothing is proven"
	case b.Lost > 0:
		return fmt.Sprintf("%s lost; %s were around %s", plural(b.Lost, "request"), count(b.Window), plural(b.Stops, "stop"))
	}
	text := fmt.Sprintf("0 of %s around %s lost", plural(b.Window, "request"), plural(b.Stops, "stop"))
	if b.Requests > 0 && b.StopsP > 0 {
		text += fmt.Sprintf("; with 95 %% confidence at most %s requests around a stop is, and at most %s stops loses any",
			oneIn(b.Requests), oneIn(b.StopsP))
	}
	return text
}

// lost counts the lost requests of a round.
func lost(r *record.Round) int {
	n := 0
	for i := range r.Loads {
		n += max(0, r.Loads[i].Lost)
	}
	return n
}

// killed counts the servers that the drill had to end.
func (v *view) killed() int {
	n := 0
	for i := range v.Rounds {
		if v.Rounds[i].Exit.Killed {
			n++
		}
	}
	return n
}

// stopTook is how long the stop of a round took, and whether there was one that ended.
func stopTook(r *record.Round) (time.Duration, bool) {
	if r.Signalled < 0 || r.Exited < r.Signalled {
		return 0, false
	}
	return r.Exited - r.Signalled, true
}

// stopTimes returns how long the stops took, sorted.
func stopTimes(rounds []*record.Round) []time.Duration {
	var list []time.Duration
	for _, r := range rounds {
		if d, ok := stopTook(r); ok {
			list = append(list, d)
		}
	}
	slices.Sort(list)
	return list
}

// quantile is of a sorted list; 0 if that is empty.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

// all returns pointers to the rounds.
func (v *view) all() []*record.Round {
	list := make([]*record.Round, len(v.Rounds))
	for i := range v.Rounds {
		list[i] = &v.Rounds[i]
	}
	return list
}

// title reads `round 17, plain, SIGTERM 37ms after ready`.
func title(r *record.Round) string {
	return fmt.Sprintf("round %d, %s, %s", r.Number, situation(r), signals(&r.Schedule))
}

func situation(r *record.Round) string {
	return clean(strings.ReplaceAll(cmp.Or(string(r.Schedule.Situation), "plain"), "_", " "))
}

// signals reads `SIGTERM 37ms after ready, then SIGINT 20ms later to the group`.
func signals(s *record.Schedule) string {
	parts := make([]string, len(s.Signals))
	for i, sig := range s.Signals {
		when := "later"
		if i == 0 {
			when = "after it was ready"
			if s.Situation == record.AtStart {
				when = "after its start"
			}
		}
		parts[i] = fmt.Sprintf("%s %s %s", clean(sig.Signal), short(sig.After), when)
		if sig.Group {
			parts[i] += " to its group"
		}
	}
	if len(parts) == 0 {
		return "no signal"
	}
	return strings.Join(parts, ", then ")
}

// ending reads `exit code 0 after 112ms of 10s (1.1 %)`.
func ending(r *record.Round, grace time.Duration) string {
	how := fmt.Sprintf("exit code %d", r.Exit.Code)
	switch {
	case r.Exit.Killed:
		return "killed by the drill at the end of its grace period of " + short(grace)
	case r.Exit.Signal != "":
		how = "died of " + clean(r.Exit.Signal)
	case r.Exited < 0:
		return "it went on"
	}
	took, ok := stopTook(r)
	if !ok {
		return how
	}
	how += " after " + short(took)
	if grace > 0 {
		how += fmt.Sprintf(" of %s (%s)", short(grace), percent(float64(took)/float64(grace)))
	}
	return how
}

// sinceSignal is when a finding was, told from its round's signal.
func (v *view) sinceSignal(f *record.Finding) time.Duration {
	if r := v.number(f.Round); r != nil {
		return f.At - origin(r)
	}
	return f.At
}

// number finds a round by its number.
func (v *view) number(n int) *record.Round {
	if n >= 1 && n <= len(v.Rounds) && v.Rounds[n-1].Number == n {
		return &v.Rounds[n-1]
	}
	i := slices.IndexFunc(v.Rounds, func(r record.Round) bool { return r.Number == n })
	if i < 0 {
		return nil
	}
	return &v.Rounds[i]
}

// A group is findings of one round that read the same.
type group struct {
	record.Finding // the first
	times          int
}

// grouped takes findings together that differ in their time only.
func grouped(findings []record.Finding) []group {
	var list []group
	at := map[record.Finding]int{}
	for _, f := range findings {
		key := f
		key.At = 0
		if i, seen := at[key]; seen {
			list[i].times++
			list[i].At = min(list[i].At, f.At)
			continue
		}
		at[key] = len(list)
		list = append(list, group{f, 1})
	}
	return list
}

// body is what a finding says, without the place where that is shown beside it.
func body(f *record.Finding) string {
	return clean(strings.TrimSuffix(f.Text, " ("+f.Place+")"))
}

// why says why a round is shown before the others.
func (v *view) why(r *record.Round) string {
	switch {
	case len(v.Rounds) < 2:
		return "the only one"
	case v.badness(r) == 0:
		return fmt.Sprintf("the last of %d", len(v.Rounds))
	}
	return fmt.Sprintf("the worst of %d", len(v.Rounds))
}
