// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"reflect"
)

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
	s.catchUp()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// catchUp does what the end of New's context means, if it has ended and follow's own
// goroutine has not come to it yet. It must be called without s.mu: ctx may be the
// user's own.
func (s *Scope) catchUp() {
	if s.ctx != nil && s.ctx.Err() != nil {
		s.follow()
	}
}

// Cause returns why the scope was shut or cancelled: what was given to [Scope.Shut]
// or [Scope.Cancel], the error of the task that cancelled it, or the cause of the
// context given to [New]. It is nil while the scope is open.
func (s *Scope) Cause() error {
	s.catchUp()
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
	s.catchUp()
	s.shutNow(cause)
}

func (s *Scope) shutNow(cause error) {
	s.mu.Lock()
	if s.state < Draining {
		s.advanceLocked(Draining, cause)
	}
	cause = s.shut
	s.mu.Unlock()
	if cause != nil {
		s.endTake(cause) // even if somebody else is about to
	}
}

// Cancel ends everything: no task is admitted any more, and all contexts end with
// the cause, those of the scopes below too. A nil cause stands for [ErrStopped].
//
// Cancel does not wait for the tasks: [Scope.Wait], [Scope.Stop] and [Scope.Close]
// do. The first cause is kept.
func (s *Scope) Cancel(cause error) {
	s.catchUp()
	if cause == nil || cause == ErrStopped {
		s.cancel(ErrStopped, false)
	} else {
		s.cancel(cause, true)
	}
}

// cancel is Cancel. outside tells that who uses the scope may not have wanted it, and
// has to know that its tasks were cut off. If it was only stopped with the scope above
// it, that is so if there were any.
func (s *Scope) cancel(cause error, outside bool) {
	s.mu.Lock()
	if s.state >= Cancelled {
		cause = s.cause
	} else {
		if outside && (cause != ErrStopped || s.live > 0) {
			s.endings.external = cause
		}
		s.advanceLocked(Cancelled, cause)
	}
	s.mu.Unlock()
	s.cancelNow(cause)
}

// cancelFromAbove cancels s with its parent, if nothing has ended it before.
func (s *Scope) cancelFromAbove(cause error) {
	s.catchUp()
	s.cancel(cause, true)
}

// cancelNow is the second half of cancelling; the state was changed before. Whoever
// comes when that is so does it too, so that all below has heard of it when the call
// returns, and not only when somebody else's does. Once that is so it stays so: a
// child that is made later cancels itself.
func (s *Scope) cancelNow(cause error) {
	if s.told.Load() {
		return // or a deep tree that is cancelled from below would be gone through for each of its levels
	}
	for _, c := range s.offspring() {
		c.cancelFromAbove(cause)
	}
	s.endWork(cause) // before tasks wake up and whoever waits for them lets go of it
	s.endTake(cause)
	s.told.Store(true)
}

// advance changes the state. It reports whether it was an earlier one.
func (s *Scope) advance(to State, cause error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state >= to {
		return false
	}
	s.advanceLocked(to, cause)
	return true
}

func (s *Scope) advanceLocked(to State, cause error) {
	if s.state < Cancelled {
		s.cause = cause
	}
	if to == Draining {
		s.shut = cause
	}
	if s.state < Cancelled && to >= Cancelled {
		s.endings.cancelledAt = now()
	}
	s.state = to
	s.turnAwayLocked(func(w *waiter) error { return s.refusalLocked(w.inner) })
}

// follow does what the end of New's context means. If it has ended with those of
// the parent that take no new work, it means the same, until begun work is to end too:
// for a task with contexts of its own, the maker of s, that may be before the parent is
// cancelled.
func (s *Scope) follow() {
	s.mu.Lock()
	over := s.state >= Cancelled
	s.mu.Unlock()
	if over {
		return
	}
	cause := context.Cause(s.ctx)
	switch why := context.Cause(s.above); {
	case why != nil:
		cause = why
	case s.followed.Load():
		return // or in a deep tree everyone would ask everyone above
	case s.parent != nil && s.parent.hasShut(cause):
		s.shutNow(cause)
		s.followed.Store(true)
		return
	}
	s.cancel(cause, true)
}

// hasShut reports whether s was shut with this cause.
func (s *Scope) hasShut(cause error) bool {
	s.catchUp()
	s.mu.Lock()
	shut := s.shut
	s.mu.Unlock()
	return shut != nil && same(shut, cause)
}

// same reports whether two causes are one: it says so of any two that cannot be
// compared and have the same type.
func same(a, b error) bool {
	if va, vb := reflect.ValueOf(a), reflect.ValueOf(b); va.Type() == vb.Type() && !(va.Comparable() && vb.Comparable()) {
		return true
	}
	return a == b
}
