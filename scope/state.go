// SPDX-License-Identifier: Apache-2.0

package scope

import "context"

// A State is how far a scope is on its way from open to closed. It only goes on.
type State int

const (
	Open      State = iota // every task is admitted
	Draining               // only work in flight may start tasks; no new work is to be taken
	Cancelled              // nothing is admitted; what was begun is to end
	Closing                // the same, and somebody waits for the end
	Closed                 // every task has ended, or was given up
)

// String returns the name: "open", "draining" and so on.
func (s State) String() string {
	return [...]string{"open", "draining", "cancelled", "closing", "closed"}[s]
}

// State returns the scope's state.
func (s *Scope) State() State {
	s.mu.Lock()
	state := s.state
	s.mu.Unlock()
	if state != Open || s.ctx == nil || s.ctx.Err() == nil {
		return state
	}
	s.follow() // its goroutine has not come to it yet
	return s.State()
}

// Cause returns why the scope was shut or cancelled: what was given to [Scope.Shut]
// or [Scope.Cancel], the error of the task that cancelled it, or the cause of the
// context given to [New]. It is nil while the scope is open.
func (s *Scope) Cause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// Shut refuses new work: from now on only work in flight may start tasks, and the
// contexts of tasks end with the cause, so that they take nothing on. What was
// begun goes on under [WorkContext]. Scopes that were made from these contexts are
// shut too. A nil cause stands for [ErrDraining].
//
// Shut does not wait: [Scope.Wait] does. In a scope that was shut or cancelled it
// does nothing.
func (s *Scope) Shut(cause error) {
	if cause == nil {
		cause = ErrDraining
	}
	if s.advance(Draining, cause) {
		s.endTake(cause)
	}
}

// Cancel ends everything: no task is admitted any more, and all contexts end with
// the cause, those of the scopes below too. A nil cause stands for [ErrStopped].
//
// Cancel does not wait for the tasks: [Scope.Wait], [Scope.Stop] and [Scope.Close]
// do. The first cause is kept.
func (s *Scope) Cancel(cause error) {
	if cause == nil {
		cause = ErrStopped
	}
	if s.advance(Cancelled, cause) {
		s.cancelNow(cause)
	}
}

// isOutside reports whether somebody cut the tasks off with this cause, instead of
// ending them as usual.
func isOutside(cause error) bool { return cause != ErrStopped && cause != ErrDraining }

// cancelNow is the second half of cancelling; the state was changed before.
func (s *Scope) cancelNow(cause error) {
	for _, c := range s.offspring() {
		c.Cancel(cause)
	}
	s.endTake(cause)
	s.endWork(cause)
}

// advance changes the state. It reports whether it was an earlier one.
func (s *Scope) advance(to State, cause error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state >= to {
		return false
	}
	if to == Cancelled && isOutside(cause) {
		s.endings.external = cause
	}
	s.advanceLocked(to, cause)
	return true
}

func (s *Scope) advanceLocked(to State, cause error) {
	if s.state < Cancelled && to >= Draining {
		s.cause = cause
	}
	if s.state < Cancelled && to >= Cancelled {
		s.endings.cancelledAt = now()
	}
	s.state = to
	s.slots.refuseAll(to)
}

// follow does what the end of New's context means. If it has ended with those of
// the parent that take no new work, it means the same.
func (s *Scope) follow() {
	cause := context.Cause(s.ctx)
	if p := s.parent; p != nil && p.State() == Draining && cause == context.Cause(p.take) {
		s.Shut(cause)
		return
	}
	s.Cancel(cause)
}
