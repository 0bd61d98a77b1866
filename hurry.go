// SPDX-License-Identifier: Apache-2.0

package quiesce

import "time"

// Hurry takes a stop to its second step, and begins one with this cause if
// there is none yet. The whole stop must then be over in a window of 100 ms
// plus the force grace, or at its old end if that is earlier. Hooks in flight
// that are not critical have their contexts ended with [ErrForced] and their
// Force called, and are given up after the window; those not begun are skipped.
// Critical hooks get a shorter deadline but a live context; the rest of them
// run at their turn, with reserves scaled to fit. A nil cause stands for
// [ErrForced].
//
// Hurry never blocks and may be called from anywhere. Later calls do nothing.
func (a *App) Hurry(reason error) {
	if reason == nil {
		reason = ErrForced
	}
	a.hurry(newCause(CauseRequest, reason))
}

// hurry reports whether this was the call that hurried the stop.
func (a *App) hurry(c cause) bool {
	a.mu.Lock()
	if a.State() < StateDraining {
		a.requestStopLocked(c)
	}
	if a.isOver() || a.ending.hurriedAt.Load() != 0 {
		a.mu.Unlock()
		return false
	}
	a.ending.hurriedBy = c.text()
	a.ending.hurriedAt.Store(a.now())
	if a.events != nil {
		a.emitLocked(Hurry{Cause: a.ending.hurriedBy})
	}
	var cuts []cut
	if a.sched.passes != nil { // otherwise beginStop sees to it
		cuts = a.hurryLocked()
	}
	a.mu.Unlock()
	for _, c := range cuts {
		c.do()
	}
	return true
}

// hurryLocked moves every deadline to that of a hurried stop.
func (a *App) hurryLocked() (cuts []cut) {
	s, b := &a.sched, &a.timing
	now := a.now()
	end := min(b.end+b.margin, a.ending.hurriedAt.Load()+int64(maxWindow)+int64(a.cfg.forceGrace.value))
	b.hurry(now, end, s.passes)
	a.armWatchdogLocked(end)
	a.wakeCoordinator() // it may be waiting for sinks
	if p := s.pass; p != nil && p.phase != PhaseStart {
		a.hurryPassLocked(p)
		a.endDelayLocked(now)
	}
	a.eachFlightLocked(func(f *flight) {
		switch {
		case f.kind == HookRun && !f.asked:
			if !f.node.critical() {
				cuts = append(cuts, cut{flight: f.node.work, cause: ErrForced})
			}
		case f.node.critical() && f.kind != HookStart:
			a.shortenLocked(f, now)
		default:
			cuts = append(cuts, a.cutLocked(f, ErrForced, true))
			a.giveUpLocked(f, now)
		}
	})
	return cuts
}

// shortenLocked moves a hook's deadline forward to the latest that the pass
// that is on allows.
func (a *App) shortenLocked(f *flight, now int64) {
	d, why := a.latestLocked(f.node, f.kind)
	if d != 0 && (f.deadline == 0 || d < f.deadline) {
		a.boundLocked(f, max(d, now), why, now)
	}
}

// giveUpLocked leaves a hook whose context has ended nothing but its window.
func (a *App) giveUpLocked(f *flight, now int64) {
	d := min(now+int64(maxWindow), a.timing.end)
	if f.deadline != 0 {
		d = min(d, f.deadline)
	}
	f.cutAt, f.deadline, f.bound = 0, d, boundHurry
	f.slot().deadline.Store(d)
	a.scheduleLocked(due{d, dueAbandon, f})
}

// timeLeft returns what is left of the grace period, negative if it is over.
func (a *App) timeLeft() time.Duration {
	return time.Duration(a.ending.watchdogAt.Load() - a.now())
}
