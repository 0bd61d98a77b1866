// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"fmt"
	"runtime/pprof"
	"time"
)

// The coordinator is the one goroutine that takes an app through its passes
// and minds the clock. It runs no user code, and writes nothing.

// progressInterval is how often a stop that waits says for whom.
const progressInterval = 5 * time.Second

// coordinate takes the app from start to the end of the stop.
func (a *App) coordinate() {
	pprof.SetGoroutineLabels(a.ownLabels("coordinator"))
	if a.enterStarting() {
		a.startAll()
		a.await(a.stopping, nil)
	}
	a.stopAll()
	a.finish()
}

// await minds the clock until one of two channels is closed, or the app was
// ended by others. A nil channel is never closed.
func (a *App) await(done, orElse <-chan struct{}) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if next := a.expire(); next > 0 {
			timer.Reset(time.Duration(next - a.now()))
		} else {
			timer.Stop()
		}
		select {
		case <-done:
			return
		case <-orElse:
			return
		case <-a.finished:
			return
		case <-a.sched.wake:
		case <-timer.C:
		}
	}
}

// expire does whatever is due, and returns when the next thing is, 0 for never.
func (a *App) expire() (next int64) {
	var cuts []cut
	a.mu.Lock()
	s := &a.sched
	now := a.now()
	for len(s.due) > 0 && !a.isOver() {
		d := s.due[0]
		if d.at > now && d.holds() {
			break
		}
		s.due.pop()
		if d.at <= now && d.holds() {
			cuts = a.dueLocked(d, now, cuts)
		}
	}
	s.armed = 0
	if len(s.due) > 0 {
		s.armed = s.due[0].at
	}
	next = s.armed
	a.mu.Unlock()
	for _, c := range cuts {
		c.do()
	}
	return next
}

// dueLocked does one thing that is due.
func (a *App) dueLocked(d due, now int64, cuts []cut) []cut {
	switch d.what {
	case dueCut:
		d.flight.overran = true
		a.scheduleLocked(due{d.flight.deadline, dueAbandon, d.flight})
		return append(cuts, a.cutLocked(d.flight, d.flight.overrun(), true))
	case dueAbandon:
		a.abandonLocked(d.flight, now)
	case dueDelay:
		a.endDelayLocked(now)
	case dueProgress:
		a.progressLocked(now)
	}
	return cuts
}

// A cut is a hook whose context is about to end, once the lock is released.
type cut struct {
	flight *flight
	cause  error
	timer  bool // its own timer ends it at this very moment
	work   bool // the work context of the component's Run ends too
	force  bool // Force is called
}

// cutLocked decides that a hook's context ends early, for a reason that the
// report will give, and that Force is called, if asked for and not before.
func (a *App) cutLocked(f *flight, cause error, force bool) cut {
	n := f.node
	f.cause = cause
	force = force && n.comp.Force != nil && n.forced == forceIdle
	if force {
		n.forced = forceRunning
		f.slot().forced.Store(true)
	}
	if a.events != nil {
		a.emitLocked(HookCut{Component: n.name, Hook: n.kind(f.kind), Cause: cause, Forced: force})
	}
	return cut{
		flight: f, cause: cause, timer: f.overran && f.until != 0 && f.until == f.cutAt,
		work: f.kind == HookDrain || f.kind == HookRun, force: force,
	}
}

// askLocked decides how a Run is asked to end at its turn.
func (a *App) askLocked(f *flight) cut {
	if a.timing.hurried && !f.node.critical() {
		return a.cutLocked(f, ErrForced, true)
	}
	return cut{flight: f, cause: a.stopError()}
}

// do ends the contexts and calls Force. It is called without the lock.
func (c cut) do() {
	n := c.flight.node
	if !c.timer {
		c.flight.end(c.cause)
	}
	if c.work && n.work != nil {
		n.work.end(c.cause)
	}
	if c.force {
		go n.callForce()
	}
}

// callForce calls the component's Force on a goroutine of its own: it is user
// code, and nobody waits for it.
func (n *node) callForce() {
	pprof.SetGoroutineLabels(n.base)
	a := n.app
	exited := true
	defer func() {
		trouble := ""
		if exited {
			trouble = fmt.Sprintf("force of %q called runtime.Goexit", n.name)
			if v := recover(); v != nil {
				trouble = fmt.Sprintf("force of %q panicked: %v", n.name, v)
			}
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		n.forced = forceDone
		if trouble != "" {
			a.noteLocked("%s", trouble)
		}
	}()
	n.comp.Force()
	exited = false
}

// abandonLocked gives up a hook that has not returned by its deadline. Its node
// goes on; its stack is looked up on the side.
func (a *App) abandonLocked(f *flight, now int64) {
	n, s := f.node, f.slot()
	d := &detail{err: f.cause, reason: f.cutReason()}
	d.told.text = f.cutText()
	s.ended.Store(now)
	s.detail.Store(d)
	s.outcome.Store(uint32(Abandoned))
	if f.kind != HookRun {
		n.hook = nil
	}
	if !n.traits.bestEffort {
		a.bad.add(f.bound)
	}
	a.wantStackLocked(f)
	a.emitEndedLocked(n, f.kind, d)
	if f.kind == HookStart {
		a.startSettledLocked(f, Abandoned, d)
	}
	if f.kind == HookRun {
		a.servingEndedLocked(n, now)
	}
	a.resumeLocked(n, f.kind)
}

// beginDelayLocked begins the readiness delay; it counts as one of the pass.
func (a *App) beginDelayLocked(now int64) {
	a.sched.delayEnd = min(now+a.timing.delay, a.timing.end-a.sched.pass.after)
	a.scheduleLocked(due{a.sched.delayEnd, dueDelay, nil})
}

// endDelayLocked ends the readiness delay, early or at its time.
func (a *App) endDelayLocked(now int64) {
	s := &a.sched
	if s.delayEnd == 0 {
		return
	}
	early := now < s.delayEnd
	s.delayEnd = 0
	if a.events != nil {
		took := time.Duration(now - s.pass.stamps.began.Load())
		a.emitLocked(DelayEnded{Took: took, Early: early})
	}
	s.pass.stamps.delayed.Store(now)
	a.leaveLocked()
}

// progressLocked says who is awaited, and asks to be called again.
func (a *App) progressLocked(now int64) {
	var names []string
	a.eachFlightLocked(func(f *flight) {
		if f.kind != HookRun || f.asked {
			names = append(names, f.title())
		}
	})
	a.emitLocked(Waiting{For: names, Left: time.Duration(a.timing.end + a.timing.margin - now)})
	a.scheduleLocked(due{now + int64(progressInterval), dueProgress, nil})
}

// eachFlightLocked calls f for every hook in flight, in a fixed order.
func (a *App) eachFlightLocked(f func(*flight)) {
	for _, n := range a.building.all() {
		if n.hook != nil {
			f(n.hook)
		}
		if n.runLives() {
			f(n.run)
		}
	}
}

// all returns every node, components first.
func (g *graph) all() []*node {
	all := make([]*node, 0, len(g.outer)+len(g.inner)+len(g.announce)+len(g.flush))
	all = append(all, g.outer...)
	all = append(all, g.inner...)
	all = append(all, g.announce...)
	return append(all, g.flush...)
}
