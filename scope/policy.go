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
// as 1.
func Quorum(k int) Policy { return Policy{verdict: quorum, quorum: max(1, k)} }

// counts reports whether tasks that return nil are of interest.
func (p Policy) counts() bool { return p.verdict == quorum }

// An Outcome is how a task ended. Each has exactly one.
type Outcome int

const (
	Running   Outcome = iota // it has not ended
	OK                       // it returned nil, or after its context had ended, that
	Failed                   // it returned another error
	Panicked                 // it panicked; see [RecoverPanics]
	Exited                   // it called runtime.Goexit
	Refused                  // it was not admitted and never ran
	Abandoned                // it still ran when [Scope.Close] gave it up
	outcomes  = iota
)

// String returns the name: "running", "ok", "failed" and so on.
func (o Outcome) String() string {
	return [...]string{"running", "ok", "failed", "panicked", "exited", "refused", "abandoned"}[o]
}

// endings are what a scope remembers of tasks that are over; guarded by its mu.
type endings struct {
	n           [outcomes]uint64
	late        uint64  // ended after they had been abandoned
	errs        []error // the first ones, up to the bound
	more        int     // errors beyond
	decided     bool    // the policy has what it wanted
	external    error   // why the scope was cancelled, if it was not by one of its tasks or to stop it
	cancelledAt time.Duration
}

// judgeLocked turns what a task's function returned into its outcome. The end of its
// context is no failure once that has ended.
func (s *Scope) judgeLocked(k *kind, o Outcome, err error) (Outcome, error) {
	switch {
	case err == nil:
		return o, nil
	case o == OK && s.state != Open && s.isEnd(err):
		return OK, nil
	case o == OK:
		o = Failed
	}
	return o, &TaskError{Scope: s.path, Task: k.name, Outcome: o, Err: err}
}

// isEnd reports whether err only says that the scope's contexts have ended. A scope
// that was shut and cancelled later has two causes.
func (s *Scope) isEnd(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, s.cause) || errors.Is(err, context.Cause(s.take))
}

// decideLocked applies the policy to a task that has ended. It reports whether the
// scope is to be cancelled, with what cause; its state has changed then.
func (s *Scope) decideLocked(k *kind, o Outcome, err error) (cause error, over bool) {
	e := &s.endings
	p := s.cfg.policy
	if err != nil {
		s.keepLocked(err)
	}
	switch {
	case p.verdict == failFast && err != nil:
		cause = err
	case p.verdict == quorum && !e.decided && e.n[OK] >= uint64(p.quorum):
		e.decided = true
		cause = ErrDecided
	}
	if cause == nil || s.state >= Cancelled {
		return nil, false
	}
	s.advanceLocked(Cancelled, cause)
	return cause, true
}

// keepLocked keeps an error of a task, if there is room, and counts it if not.
func (s *Scope) keepLocked(err error) {
	e := &s.endings
	switch {
	case s.cfg.policy.verdict == isolate:
	case len(e.errs) < s.cfg.maxErrors:
		e.errs = append(e.errs, err)
	default:
		e.more++
	}
}

// Err returns the scope's error so far, by its policy: nil, or the errors of its
// tasks, each a [*TaskError], joined in the order in which they came; those above
// the bound of [WithMaxErrors] are only counted. If the scope was cancelled from
// outside, by [Scope.Cancel] with a cause or by the end of the context given to
// [New], so that its tasks may not have done their work, it is that cause too.
func (s *Scope) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &s.endings
	if e.decided || s.cfg.policy.verdict == isolate {
		return nil
	}
	errs := e.errs[:len(e.errs):len(e.errs)]
	if e.more > 0 {
		errs = append(errs, fmt.Errorf("and %d more errors", e.more))
	}
	if e.external != nil {
		errs = append(errs, e.external)
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
