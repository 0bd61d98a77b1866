// SPDX-License-Identifier: Apache-2.0

package quiesce

import "slices"

// deadlines is a heap of what is due when, by time. Entries are not taken out
// when they become pointless: whoever pops one looks whether it still holds.
type deadlines []due

// A due entry is an instant at which the coordinator has something to do.
type due struct {
	at     int64
	what   dueKind
	flight *flight // for a cut or an abandonment
}

type dueKind uint8

const (
	dueCut      dueKind = iota // end the hook's context and call Force
	dueAbandon                 // give the hook up
	dueDelay                   // the readiness delay is over
	dueProgress                // say who is awaited
)

// push adds an entry.
func (h *deadlines) push(d due) {
	if len(*h) == cap(*h) {
		h.drop()
		if 2*len(*h) > cap(*h) {
			*h = slices.Grow(*h, cap(*h)+1)
		}
	}
	*h = append(*h, d)
	q := *h
	for i := len(q) - 1; i > 0; {
		up := (i - 1) / 2
		if q[up].at <= q[i].at {
			break
		}
		q[up], q[i] = q[i], q[up]
		i = up
	}
}

// pop removes the first entry.
func (h *deadlines) pop() {
	q := *h
	last := len(q) - 1
	q[0], q[last] = q[last], due{}
	*h = q[:last]
	h.sink(0)
}

// sink restores the heap below i.
func (h *deadlines) sink(i int) {
	q := *h
	for {
		down := 2*i + 1
		if down+1 < len(q) && q[down+1].at < q[down].at {
			down++
		}
		if down >= len(q) || q[i].at <= q[down].at {
			return
		}
		q[i], q[down] = q[down], q[i]
		i = down
	}
}

// drop takes out what has become pointless. It is called before the heap would
// grow, so that it grows with the hooks in flight and not with all there were.
func (h *deadlines) drop() {
	*h = slices.DeleteFunc(*h, func(d due) bool { return !d.holds() })
	for i := len(*h)/2 - 1; i >= 0; i-- {
		h.sink(i)
	}
}

// scheduleLocked adds an entry, and wakes the coordinator if it would sleep
// past it.
func (a *App) scheduleLocked(d due) {
	s := &a.sched
	s.due.push(d)
	if s.armed == 0 || d.at < s.armed {
		s.armed = d.at
		a.wakeCoordinator()
	}
}

func (a *App) wakeCoordinator() {
	select {
	case a.sched.wake <- struct{}{}:
	default:
	}
}

// boundLocked gives a flight its deadline d; 0 is none.
func (a *App) boundLocked(f *flight, d int64, why bound, now int64) {
	f.bound = why
	f.deadline = d
	f.slot().deadline.Store(d)
	if d == 0 {
		return
	}
	if f.overran { // its window has begun
		a.scheduleLocked(due{d, dueAbandon, f})
		return
	}
	f.cutAt = d - window(d-now)
	a.scheduleLocked(due{f.cutAt, dueCut, f})
}

// holds reports whether the entry still says what is to be done: its hook has
// not settled, and its deadline has not been moved.
func (d *due) holds() bool {
	f := d.flight
	switch d.what {
	case dueCut:
		return !f.slot().settled() && f.cutAt == d.at && !f.overran
	case dueAbandon:
		return !f.slot().settled() && f.deadline == d.at
	default:
		return true
	}
}
