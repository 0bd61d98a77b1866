// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"slices"
)

// The model of a tree of scopes: what the documentation says, step by step and without
// goroutines. Everything that a step brings about has come about when its function
// returns. It shares the names of states, outcomes and errors with the package, and
// no code.

// A mScope is what one scope should be.
type mScope struct {
	real *Scope
	name string

	parent   *mScope
	maker    *mTask // the task with contexts of its own that it was made by, if any
	viaTake  bool   // it was made from a context that ends when no new work is taken
	departed bool   // the parent has forgotten it
	children []*mScope

	end       context.CancelCauseFunc // of the context given to New
	ctxCause  error                   // why that has ended
	rule      verdict
	quorum    int
	maxErrors int

	state                 State
	cause, shut, external error
	take, work            error // why the contexts have ended
	limit, used           int
	queue                 []*mCall
	running               []*mTask
	admitted, late        int
	n                     [outcomes]int
	successes             int
	decided               bool
	errs                  []error
	more                  int
}

// ending is how a task of the model ends.
type modelEnd int

const (
	onRelease modelEnd = iota // not before it is told to
	onTake                    // when no new work is to be taken
	onWork                    // when what was begun is to end
)

// A mTask is a task that was admitted.
type mTask struct {
	scope     *mScope
	call      *mCall
	take      error // why its own contexts have ended, if it has them
	work      error
	ended     bool
	abandoned bool
	outcome   Outcome
	err       error
}

// A mCall is a call of Go, TryGo or Start.
type mCall struct {
	scope   *mScope
	name    string
	weight  int
	inner   bool // it is work in flight that asks
	wait    bool // it is not TryGo
	own     bool // the task has contexts of its own
	ends    modelEnd
	decided bool
	refusal error  // what it returned, nil if it was admitted
	task    *mTask // if it was

	realCall
}

func (s *mScope) live() int { return len(s.running) }

// each calls f for s and what is below it.
func (s *mScope) each(f func(*mScope)) {
	f(s)
	for _, c := range s.children {
		c.each(f)
	}
}

func (s *mScope) quiet() bool {
	quiet := true
	s.each(func(c *mScope) { quiet = quiet && c.live() == 0 })
	return quiet
}

// Admission.

func (s *mScope) admits(inner bool) bool { return s.state == Open || s.state == Draining && inner }

func (s *mScope) start(c *mCall) {
	switch {
	case !s.admits(c.inner):
		s.refuse(c, ErrScopeClosed)
	case s.limit > 0 && (len(s.queue) > 0 || s.used+c.weight > s.limit):
		switch {
		case c.weight > s.limit:
			s.refuse(c, errTooHeavy)
		case !c.wait:
			s.refuse(c, ErrFull)
		default:
			s.queue = append(s.queue, c)
		}
	default:
		s.admit(c)
	}
}

func (s *mScope) refuse(c *mCall, err error) {
	c.decided, c.refusal = true, err
	s.n[Refused]++
}

func (s *mScope) admit(c *mCall) {
	s.used += c.weight
	s.admitted++
	t := &mTask{scope: s, call: c}
	c.decided, c.task = true, t
	if c.own {
		t.take, t.work = s.take, s.work
	}
	s.running = append(s.running, t)
	s.react(t)
}

// react ends t if its contexts tell it to.
func (s *mScope) react(t *mTask) {
	take, work := t.causes()
	if !t.ended && (t.call.ends == onTake && take != nil || t.call.ends == onWork && work != nil) {
		t.finish(OK, nil, false)
	}
}

func (t *mTask) causes() (take, work error) {
	if t.call.own {
		return t.take, t.work
	}
	return t.scope.take, t.scope.work
}

func (s *mScope) grant() {
	for len(s.queue) > 0 && (s.limit == 0 || s.used+s.queue[0].weight <= s.limit) {
		c := s.queue[0]
		s.queue = s.queue[1:]
		s.admit(c)
	}
}

// turnAway refuses those who wait and match.
func (s *mScope) turnAway(err error, match func(*mCall) bool) {
	s.queue = slices.DeleteFunc(s.queue, func(c *mCall) bool {
		if match(c) {
			s.refuse(c, err)
		}
		return c.decided
	})
	s.grant()
}

func (s *mScope) setLimit(limit int) {
	s.limit = max(0, limit)
	s.turnAway(errTooHeavy, func(c *mCall) bool { return s.limit > 0 && c.weight > s.limit })
}

// Ends of tasks.

// finish is the end of a task; success tells that it returned nil by itself.
func (t *mTask) finish(o Outcome, err error, success bool) {
	s := t.scope
	t.ended, t.outcome, t.err = true, o, err
	if err != nil {
		s.fail(err)
	}
	if t.call.own {
		t.endOwn(context.Canceled)
	}
	s.running = slices.DeleteFunc(s.running, func(other *mTask) bool { return other == t })
	if t.abandoned {
		s.late++
	} else {
		s.n[o]++
		if success {
			s.succeed()
		}
	}
	s.used -= t.call.weight
	s.grant()
	s.depart()
}

func (s *mScope) fail(err error) {
	switch {
	case s.rule == isolate:
	case len(s.errs) < s.maxErrors:
		s.errs = append(s.errs, err)
	default:
		s.more++
	}
	if s.rule == failFast {
		s.cancel(err, false)
	}
}

func (s *mScope) succeed() {
	if s.rule != quorum {
		return
	}
	s.successes++
	if s.successes >= s.quorum && !s.decided {
		s.decided = true
		s.cancel(ErrDecided, false)
	}
}

// endOwn ends the contexts that t has for itself, and the scopes made from them.
func (t *mTask) endOwn(cause error) {
	if t.take == nil {
		t.take = cause
	}
	if t.work == nil {
		t.work = cause
	}
	t.scope.react(t)
	for _, c := range slices.Clone(t.scope.children) {
		if c.maker != t {
			continue
		}
		if c.viaTake {
			c.endContext(t.take)
		}
		c.cancel(t.work, true)
		c.endTake(t.work)
		c.endWork(t.work)
	}
}

// Ends of scopes.

func (s *mScope) shutWith(cause error) {
	if s.state >= Draining {
		return
	}
	s.state, s.cause, s.shut = Draining, cause, cause
	s.turnAway(ErrScopeClosed, func(c *mCall) bool { return !c.inner })
	s.endTake(cause)
}

func (s *mScope) endTake(cause error) {
	if s.take != nil {
		return
	}
	s.take = cause
	for _, t := range slices.Clone(s.running) {
		if t.take == nil {
			t.take = cause
		}
		s.react(t)
	}
	for _, c := range slices.Clone(s.children) {
		if c.viaTake {
			c.endContext(cause)
		}
	}
}

// endContext is the end of the context given to New, if that has not come before.
func (s *mScope) endContext(cause error) {
	if s.ctxCause != nil {
		return
	}
	s.ctxCause = cause
	if s.parent != nil && s.parent.shut == cause {
		s.shutWith(cause)
	} else {
		s.cancel(cause, true)
	}
	s.endTake(cause)
}

func (s *mScope) endWork(cause error) {
	if s.work != nil {
		return
	}
	s.work = cause
	for _, t := range slices.Clone(s.running) {
		if t.work == nil {
			t.work = cause
		}
		s.react(t)
	}
	for _, c := range slices.Clone(s.children) {
		if !c.viaTake {
			c.endContext(cause)
		}
	}
}

func (s *mScope) cancel(cause error, outside bool) {
	if s.state >= Cancelled {
		return
	}
	if outside && (cause != ErrStopped || s.live() > 0) {
		s.external = cause
	}
	s.state, s.cause = Cancelled, cause
	s.turnAway(ErrScopeClosed, func(*mCall) bool { return true })
	for _, c := range slices.Clone(s.children) {
		c.cancel(cause, true)
	}
	s.endTake(cause)
	s.endWork(cause)
}

func (s *mScope) stopping() {
	s.cancel(ErrStopped, false)
	s.state = max(s.state, Closing)
}

// close is Close with time for all that hear of it. It returns how many tasks it had to
// give up.
func (s *mScope) close() (abandoned int) {
	s.shutWith(ErrDraining)
	if !s.quiet() {
		s.cancelInOrder(false)
	}
	s.stopping()
	s.each(func(c *mScope) {
		for _, t := range c.running {
			if !t.abandoned {
				c.n[Abandoned]++
			}
			t.abandoned = true
			abandoned++
		}
	})
	s.finish()
	return abandoned
}

func (s *mScope) cancelInOrder(outside bool) {
	for _, c := range slices.Backward(slices.Clone(s.children)) {
		c.cancelInOrder(true)
	}
	s.cancel(ErrStopped, outside)
	s.state = max(s.state, Closing)
}

func (s *mScope) finish() {
	for _, c := range slices.Clone(s.children) {
		c.finish()
	}
	s.cancel(ErrStopped, false)
	s.state = Closed
	s.depart()
}

// depart takes s out of its parent when it is over, and the parent out of its own.
func (s *mScope) depart() {
	for at := s; at.parent != nil && at.state == Closed && at.quiet(); at = at.parent {
		at.departed = true
		at.parent.children = slices.DeleteFunc(at.parent.children, func(c *mScope) bool { return c == at })
	}
}

// err is what Err has: the errors that are kept, how many are not, and why it was cut
// off.
func (s *mScope) err() []error {
	if s.decided || s.rule == isolate {
		return nil
	}
	errs := slices.Clone(s.errs)
	if s.more > 0 {
		errs = append(errs, nil)
	}
	if s.external != nil {
		errs = append(errs, s.external)
	}
	return errs
}
