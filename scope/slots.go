// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"fmt"
	"slices"
)

// slots are what a limit divides. They are guarded by their scope's mu.
type slots struct {
	size, used int
	queue      []*waiter // in the order in which they came
}

// A waiter waits for slots.
type waiter struct {
	weight  int
	inner   bool          // its work is in flight: it may go on while the scope drains
	decided chan struct{} // closed when it has them, or will not get them
	has     bool          // guarded by mu
}

// fullFor reports whether a task of this weight would have to wait.
func (l *slots) fullFor(weight int) bool {
	return l.size > 0 && (len(l.queue) > 0 || l.used+weight > l.size)
}

// takeSlotsLocked takes slots, and gives the lock away while it waits for them. It
// has the lock again when it returns.
func (s *Scope) takeSlotsLocked(ctx context.Context, weight int) error {
	l := &s.slots
	if weight > l.size {
		return s.tooHeavy(weight)
	}
	if !l.fullFor(weight) {
		l.used += weight
		return nil
	}
	w := &waiter{weight: weight, inner: s.owns(ctx), decided: make(chan struct{})}
	l.queue = append(l.queue, w)
	s.mu.Unlock()
	select {
	case <-w.decided:
		s.mu.Lock()
	case <-ctx.Done():
		s.mu.Lock()
		if !w.has && l.leave(w) {
			s.grantLocked() // who came later may need less
			return context.Cause(ctx)
		}
	}
	if !w.has {
		if err := s.refuseLocked(ctx); err != nil {
			return err
		}
		return s.tooHeavy(weight) // since SetLimit
	}
	if s.state > Draining || s.state == Draining && !w.inner { // between the grant and now
		s.giveSlotsLocked(weight)
		return s.refuseLocked(ctx)
	}
	return nil
}

func (s *Scope) tooHeavy(weight int) error {
	return fmt.Errorf("scope: weight %d is above the limit %d of %q", weight, s.slots.size, s.path)
}

// leave takes w off the queue. It reports whether it was there.
func (l *slots) leave(w *waiter) bool {
	i := slices.Index(l.queue, w)
	if i >= 0 {
		l.queue = slices.Delete(l.queue, i, i+1)
	}
	return i >= 0
}

func (s *Scope) giveSlotsLocked(weight int) {
	s.slots.used -= weight
	s.grantLocked()
}

// SetLimit changes the limit of [WithLimit] while the scope is in use. With a lower
// one, tasks that run go on, and none is admitted until enough of them have ended.
// Who waits for more slots than there are now is turned away with an error.
func (s *Scope) SetLimit(slots int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slots.size = max(0, slots)
	s.slots.turnAway()
	s.grantLocked()
}

// turnAway ends the waiting of those who want more than there is.
func (l *slots) turnAway() {
	l.queue = slices.DeleteFunc(l.queue, func(w *waiter) bool {
		over := l.size > 0 && w.weight > l.size
		if over {
			close(w.decided)
		}
		return over
	})
}

// grantLocked lets in from the head of the queue whom there is room for.
func (s *Scope) grantLocked() {
	l := &s.slots
	for len(l.queue) > 0 && (l.size == 0 || l.used+l.queue[0].weight <= l.size) {
		w := l.queue[0]
		l.queue = l.queue[1:]
		l.used += w.weight
		w.has = true
		close(w.decided)
	}
}

// refuseAll sends those away who wait and will not be admitted in the new state.
func (l *slots) refuseAll(state State) {
	l.queue = slices.DeleteFunc(l.queue, func(w *waiter) bool {
		if state == Draining && w.inner {
			return false
		}
		close(w.decided)
		return true
	})
}
