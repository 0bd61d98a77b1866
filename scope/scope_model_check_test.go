// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"strings"
	"testing/synctest"
)

// settle lets the goroutines do what they can, and compares them with the model.
func (w *world) settle() {
	synctest.Wait()
	w.checkWaits()
	for _, s := range w.scopes {
		w.checkScope(s)
		if s.parent == nil || s.departed {
			w.checkSurvey(s)
		}
	}
	for _, c := range w.calls {
		w.checkCall(c)
	}
}

// checkWaits: Wait and Stop have returned if and only if nothing runs.
func (w *world) checkWaits() {
	for again := true; again; {
		again = false
		for _, m := range w.waits {
			if m.over || !m.scope.quiet() {
				continue
			}
			m.over, again = true, true
			if m.stop {
				m.scope.finish()
			}
			if m.returned {
				w.sameErr("Wait for "+m.scope.name, m.err, m.scope.err())
			}
		}
	}
	for _, m := range w.waits {
		if m.returned != m.over {
			w.t.Errorf("Wait for %s (Stop: %v): returned %v, want %v", m.scope.name, m.stop, m.returned, m.over)
		}
	}
}

func (w *world) checkScope(s *mScope) {
	if got := s.real.State(); got != s.state {
		w.t.Errorf("%s: state %v, want %v", s.name, got, s.state)
	}
	w.sameCause(s.name+": Cause", s.real.Cause(), s.cause)
	w.sameErr(s.name+": Err", s.real.Err(), s.err())
	w.sameCause(s.name+": end of Context", context.Cause(s.real.Context()), s.take)
	w.sameCause(s.name+": end of its work context", context.Cause(WorkContext(s.real.Context())), s.work)
	if s.n[Refused]+s.admitted+len(s.queue) != w.callsOf(s) {
		w.t.Errorf("%s: the model has lost a call", s.name)
	}
}

func (w *world) callsOf(s *mScope) (n int) {
	for _, c := range w.calls {
		if c.scope == s {
			n++
		}
	}
	return n
}

// checkSurvey compares a tree, in which every task is once.
func (w *world) checkSurvey(root *mScope) {
	v := root.real.Survey()
	infos, counts := make(map[string]ScopeInfo), make(map[string]int)
	for _, i := range v.Scopes {
		infos[i.Path] = i
	}
	for _, g := range v.Groups {
		counts[g.Scope+" "+g.Task] += g.Count
	}
	n := 0
	root.each(func(s *mScope) {
		n++
		w.checkInfo(s, infos[s.real.Path()])
		for _, t := range s.running {
			counts[s.real.Path()+" "+t.call.name]--
		}
	})
	if len(v.Scopes) != n {
		w.t.Errorf("the survey of %s has %d scopes, want %d", root.name, len(v.Scopes), n)
	}
	for name, count := range counts {
		if count != 0 {
			w.t.Errorf("the survey has %q %d times more than the model", name, count)
		}
	}
}

func (w *world) checkInfo(s *mScope, got ScopeInfo) {
	want := ScopeInfo{
		Path: s.real.Path(), State: s.state.String(), Cause: got.Cause, Cancelled: got.Cancelled,
		Running: s.live(), Admitted: uint64(s.admitted), OK: uint64(s.n[OK]), Failed: uint64(s.n[Failed]),
		Panicked: uint64(s.n[Panicked]), Exited: uint64(s.n[Exited]), Refused: uint64(s.n[Refused]),
		Abandoned: uint64(s.n[Abandoned]), Late: uint64(s.late), Limit: s.limit, Waiting: len(s.queue),
	}
	if s.limit > 0 {
		want.Used = s.used
	}
	if got != want {
		w.t.Errorf("survey of %s:\ngot  %+v\nwant %+v", s.name, got, want)
	}
	if ended := got.OK + got.Failed + got.Panicked + got.Exited + got.Late; ended+uint64(got.Running) != got.Admitted {
		w.t.Errorf("survey of %s does not add up: %+v", s.name, got)
	}
}

// checkCall: what is refused never runs, what is admitted runs once, and its contexts
// and its handle tell what has become of it.
func (w *world) checkCall(c *mCall) {
	if c.returned != c.decided {
		w.t.Errorf("a call in %s: returned %v, want %v", c.scope.name, c.returned, c.decided)
		return
	}
	if t := c.task; t != nil {
		w.checkTask(t)
		return
	}
	if c.ran != 0 {
		w.t.Errorf("a task that %s has not admitted ran", c.scope.name)
	}
	switch {
	case !c.decided:
	case c.refusal == errTooHeavy && c.err != nil && strings.Contains(c.err.Error(), "weight"):
	case !errors.Is(c.err, c.refusal):
		w.t.Errorf("a call in %s: %v, want %v", c.scope.name, c.err, c.refusal)
	}
}

func (w *world) checkTask(t *mTask) {
	c := t.call
	if c.err != nil || c.ran != 1 {
		w.t.Errorf("a task that %s has admitted: ran %d times, %v", t.scope.name, c.ran, c.err)
		return
	}
	take, work := t.causes()
	if c.own && t.ended { // by its end, or by what brought that about
		if c.taken.Err() == nil || c.cut.Err() == nil {
			w.t.Errorf("the contexts of a task of %s are left", t.scope.name)
		}
	} else {
		w.sameCause("the context of a task of "+t.scope.name, context.Cause(c.taken), take)
		w.sameCause("the work context of a task of "+t.scope.name, context.Cause(c.cut), work)
	}
	if c.handle == nil {
		return
	}
	if got := c.handle.Outcome(); got != t.outcome {
		w.t.Errorf("a task of %s: outcome %v, want %v", t.scope.name, got, t.outcome)
	}
	if t.ended {
		if err := c.handle.Wait(w.t.Context()); !errors.Is(err, t.err) || (err == nil) != (t.err == nil) {
			w.t.Errorf("a task of %s: error %v, want %v", t.scope.name, err, t.err)
		}
	}
}

func (w *world) sameCause(what string, got, want error) {
	if !errors.Is(got, want) || (got == nil) != (want == nil) {
		w.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// sameErr compares an error of a scope with its parts; nil is for one that says how
// many there were.
func (w *world) sameErr(what string, got error, want []error) {
	var parts []error
	if joined, ok := got.(interface{ Unwrap() []error }); ok {
		parts = joined.Unwrap()
	} else if got != nil {
		parts = []error{got}
	}
	same := len(parts) == len(want)
	for i := 0; same && i < len(want); i++ {
		same = want[i] == nil || errors.Is(parts[i], want[i])
	}
	if !same {
		w.t.Errorf("%s: %q, want %q", what, got, want)
	}
}
