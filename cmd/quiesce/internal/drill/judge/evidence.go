// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// evidence is a run and the rounds of it that say something.
type evidence struct {
	run    *record.Run
	setup  *record.Setup
	rounds []*record.Round
}

func newEvidence(run *record.Run) *evidence {
	e := &evidence{run: run, setup: &run.Setup}
	for i := range run.Rounds {
		if r := &run.Rounds[i]; r.Problem == "" {
			e.rounds = append(e.rounds, r)
		}
	}
	return e
}

// signal returns the name of the signal that asks for the stop, or for the successor.
func (e *evidence) signal() string {
	if e.setup.Mode == record.Upgrade {
		for _, r := range e.rounds {
			if len(r.Schedule.Signals) > 0 {
				return r.Schedule.Signals[0].Signal
			}
		}
	}
	if e.setup.Signal == "" {
		return "the signal"
	}
	return e.setup.Signal
}

// attached reports whether the drill did not start the server itself.
func (e *evidence) attached() bool { return e.setup.PID != 0 || e.setup.Unit != "" }

// stays reports whether the server was not to end in r: it has replaced itself and kept
// its pid.
func (e *evidence) stays(r *record.Round) bool {
	return e.setup.Mode == record.Upgrade && r.Exited < 0 && mark(r, record.MarkReplaced) != nil
}

// stuck reports whether the server was asked to stop and did not end.
func (e *evidence) stuck(r *record.Round) bool {
	return r.Exit.Killed || asked(r) && r.Exited < 0 && !e.stays(r)
}

// asked reports whether the server was asked to stop.
func asked(r *record.Round) bool { return r.Signalled >= 0 }

// unasked reports whether the server ended before it was asked to.
func unasked(r *record.Round) bool {
	return r.Exited >= 0 && (!asked(r) || r.Exited < r.Signalled)
}

// prods reports whether the situation sends a signal before the stop that a server
// may take for a request to stop, too.
func prods(s record.Situation) bool { return s == record.HUP || s == record.USR1 }

// forced reports whether the situation cuts short a stop that would not end.
func forced(s record.Situation) bool { return s == record.Twice || s == record.TermInt }

// calm reports whether nothing in the situation disturbs what probes see: the
// server is not stopped by SIGSTOP, hurried, or told to stop before its time.
func calm(s record.Situation) bool {
	return s != record.AtStart && s != record.StopCont && !prods(s) && !forced(s)
}

// mark returns the first mark of that kind, nil if there is none.
func mark(r *record.Round, what record.MarkKind) *record.Mark {
	i := slices.IndexFunc(r.Marks, func(m record.Mark) bool { return m.What == what })
	if i < 0 {
		return nil
	}
	return &r.Marks[i]
}

// ended returns when the server was gone, or was its own successor, or had to be gone.
func (e *evidence) ended(r *record.Round) time.Duration {
	if r.Exited >= 0 {
		return r.Exited
	}
	for _, what := range []record.MarkKind{record.MarkReplaced, record.MarkKilled} {
		if m := mark(r, what); m != nil {
			return m.At
		}
	}
	return max(r.Signalled, 0) + e.setup.Grace
}

// when says where t lies: "12ms after SIGTERM".
func (e *evidence) when(r *record.Round, t time.Duration) string {
	if !asked(r) {
		return "at " + short(t)
	}
	if t < r.Signalled {
		return short(r.Signalled-t) + " before " + e.signal()
	}
	return short(t-r.Signalled) + " after " + e.signal()
}
