// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Policy says what the end of a task means for the others, and for the error of
// the scope. Policies are values: [FailFast], [CollectAll], [FirstSuccess], [Quorum]
// and [Isolate].
type Policy struct {
	verdict verdict
	quorum  int
}

type verdict uint8

const (
	failFast verdict = iota
	collectAll
	quorum
	isolate
)

var (
	// FailFast cancels the scope with the first error, which is the default. The
	// scope's error has those of other tasks too, but not that they were cancelled.
	FailFast = Policy{verdict: failFast}

	// CollectAll lets every task end, and collects their errors.
	CollectAll = Policy{verdict: collectAll}

	// FirstSuccess cancels the scope when a task has returned nil, and then has no
	// error. If no task does, it collects their errors.
	FirstSuccess = Policy{verdict: quorum, quorum: 1}

	// Isolate only counts errors: tasks are no business of each other, and the scope
	// has no error. It suits a scope that lives as long as a server. See [WithErrors].
	Isolate = Policy{verdict: isolate}
)

// Quorum is [FirstSuccess] for k tasks that have to return nil. Less than 1 counts
// as 1. If there are not enough of them, the scope's error is that of the others:
// none if there were no others.
func Quorum(k int) Policy { return Policy{verdict: quorum, quorum: max(1, k)} }

// An Outcome is how a task ended. Each has exactly one.
type Outcome int

const (
	Running   Outcome = iota // it has not ended
	OK                       // it returned nil, or after its context had ended, an error that matches that
	Failed                   // it returned another error
	Panicked                 // it panicked; see [RecoverPanics]
	Exited                   // it called runtime.Goexit
	Refused                  // Go had an error for it, and it never ran
	Abandoned                // it still ran when [Scope.Close] gave it up; its handle, if any, goes on to its end
	outcomes  = iota
)

// String returns the name: "running", "ok", "failed" and so on.
func (o Outcome) String() string {
	return [...]string{"running", "ok", "failed", "panicked", "exited", "refused", "abandoned"}[o]
}

// endings are what a scope remembers of tasks that are over; guarded by its mu.
type endings struct {
	n           [outcomes]uint64
	successes   int     // tasks that have returned nil, if the policy wants to know
	late        uint64  // ended after they had been abandoned
	errs        []error // of tasks, the first ones, up to the bound
	more        int     // errors beyond
	decided     bool    // the policy has what it wanted
	external    error   // why the scope was cancelled, if it was not by one of its tasks or to stop it
	cancelledAt time.Duration
}

// judge turns the error of a task into its failure, nil if it is none: that its
// contexts have ended is no failure once they have.
func (s *Scope) judge(k *kind, t *Task, o Outcome, err error) *TaskError {
	if o == OK {
		if s.isEnd(err) || t != nil && t.own != nil && t.own.calledOff(err) {
			return nil
		}
		o = Failed
	}
	return &TaskError{Scope: s.path, Task: k.name, Outcome: o, Err: err}
}

// isEnd reports whether err only says that the scope's contexts have ended. A scope
// that was shut and cancelled later has two causes.
func (s *Scope) isEnd(err error) bool {
	if s.State() == Open { // State knows if New's context has just ended
		return false
	}
	s.mu.Lock()
	shut, cause := s.shut, s.cause
	s.mu.Unlock()
	return errors.Is(err, context.Canceled) || errors.Is(err, cause) || errors.Is(err, shut)
}

// keep keeps the error of a task, if there is room, and counts it if not. It reports
// whether the scope is to be cancelled with it; its state has changed then.
func (s *Scope) keep(failure *TaskError) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &s.endings
	switch {
	case s.cfg.policy.verdict == isolate:
	case len(e.errs) < s.cfg.maxErrors:
		e.errs = append(e.errs, failure)
	default:
		e.more++
	}
	if s.cfg.policy.verdict != failFast || s.state >= Cancelled {
		return false
	}
	s.advanceLocked(Cancelled, failure)
	return true
}

// countLocked counts the end of a task. It reports whether the policy has now what it
// wants, so that the scope is to be cancelled; its state has changed then.
func (s *Scope) countLocked(n *node, o Outcome, success bool) bool {
	e, p := &s.endings, s.cfg.policy
	if n.abandoned { // it has its outcome
		e.late++
		return false
	}
	e.n[o]++
	if p.verdict != quorum || !success {
		return false
	}
	e.successes++
	if e.decided || e.successes < p.quorum {
		return false
	}
	e.decided = true
	if s.state >= Cancelled {
		return false
	}
	s.advanceLocked(Cancelled, ErrDecided)
	return true
}

// Err returns the scope's error so far, by its policy: nil, or the errors of its own
// tasks, each a [*TaskError], joined in the order in which they came; those above
// the bound of [WithMaxErrors] are only counted. If the scope was cancelled from
// outside, so that its tasks may not have done their work, it is that cause too:
// by [Scope.Cancel] with a cause, by the end of the context given to [New], or with
// the scope above it; that this was stopped counts only if tasks were running. It has
// nothing of the scopes below: who made those has their errors.
func (s *Scope) Err() error {
	s.catchUp()
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &s.endings
	if e.decided || s.cfg.policy.verdict == isolate {
		return nil
	}
	errs := e.errs[:len(e.errs):len(e.errs)]
	if e.more > 0 {
		errs = append(errs, fmt.Errorf("errors not kept: %d", e.more))
	}
	if e.external != nil {
		errs = append(errs, e.external)
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
