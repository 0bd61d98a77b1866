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
	name    string // of the task
	weight  int
	inner   bool          // its work is in flight: it may go on while the scope drains
	decided chan struct{} // closed when there is one of the following
	node    *node         // of its task, which is admitted
	err     error         // why there is none
}

// fullFor reports whether a task of this weight would have to wait.
func (l *slots) fullFor(weight int) bool {
	return l.size > 0 && (len(l.queue) > 0 || weight > l.size-l.used)
}

// queueLocked waits for slots, without the lock.
func (s *Scope) queueLocked(ctx context.Context, w *waiter) (*node, error) {
	s.slots.queue = append(s.slots.queue, w)
	s.mu.Unlock()
	var cause error
	select {
	case <-w.decided:
	case <-ctx.Done():
		cause = context.Cause(ctx)
	}
	s.mu.Lock()
	if cause != nil {
		s.turnAwayLocked(func(other *waiter) error {
			if other == w {
				return cause
			}
			return nil
		})
	}
	return w.node, w.err
}

func (s *Scope) tooHeavy(weight int) error {
	return fmt.Errorf("scope: weight %d is above the limit %d of %q", weight, s.slots.size, s.path)
}

// giveSlotsLocked gives the slots of a task to who waits for them.
func (s *Scope) giveSlotsLocked(weight int) {
	s.slots.used -= weight
	if len(s.slots.queue) > 0 {
		s.grantLocked()
	}
}

// SetLimit changes the limit of [WithLimit] while the scope is in use. With a lower
// one, tasks that run go on, and none is admitted until enough of them have ended.
// Who waits for more slots than there are now is turned away with an error.
func (s *Scope) SetLimit(slots int) {
	s.catchUp()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slots.size = max(0, slots)
	s.turnAwayLocked(func(w *waiter) error {
		if s.slots.size > 0 && w.weight > s.slots.size {
			return s.tooHeavy(w.weight)
		}
		return nil
	})
}

// turnAwayLocked ends the waiting of those for whom why has an error. That may make
// room for others.
func (s *Scope) turnAwayLocked(why func(*waiter) error) {
	s.slots.queue = slices.DeleteFunc(s.slots.queue, func(w *waiter) bool {
		if w.err = why(w); w.err == nil {
			return false
		}
		s.endings.n[Refused]++
		close(w.decided)
		return true
	})
	s.grantLocked()
}

// grantLocked admits from the head of the queue whom there is room for.
func (s *Scope) grantLocked() {
	l := &s.slots
	for len(l.queue) > 0 && (l.size == 0 || l.queue[0].weight <= l.size-l.used) {
		w := l.queue[0]
		l.queue = slices.Delete(l.queue, 0, 1)
		w.node = s.linkLocked(w.name, w.weight)
		close(w.decided)
	}
}
