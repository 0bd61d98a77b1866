// SPDX-License-Identifier: Apache-2.0

package quiesce

import "container/heap"

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

func (h deadlines) Len() int           { return len(h) }
func (h deadlines) Less(i, j int) bool { return h[i].at < h[j].at }
func (h deadlines) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push and Pop implement heap.Interface.
func (h *deadlines) Push(x any) { *h = append(*h, x.(due)) }

func (h *deadlines) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = due{}
	*h = old[:len(old)-1]
	return last
}

// scheduleLocked adds an entry, and wakes the coordinator if it would sleep
// past it.
func (a *App) scheduleLocked(d due) {
	s := &a.sched
	heap.Push(&s.due, d)
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
