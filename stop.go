// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"runtime/pprof"
	"time"
)

// requestStop asks the app to stop; see [App.Shutdown].
func (a *App) requestStop(c cause) {
	if a.cfg.before != nil {
		a.beforeStop(c)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	// Readiness goes off before anything that takes long the first time: what
	// follows allocates, and grows the stack of the goroutine of a signal.
	if a.State() == StateRunning {
		a.state.Store(uint32(StateDraining))
	}
	c.at = a.now()
	a.requestStopLocked(c)
}

// requestStopLocked records the cause and, the first time, begins the stop: the
// state word changes here, and the grace period begins here, not when the
// coordinator has woken.
func (a *App) requestStopLocked(c cause) {
	if a.isOver() {
		return
	}
	if c.at == 0 {
		c.at = a.now()
	}
	first := a.addCauseLocked(c)
	if a.events != nil {
		a.emitLocked(StopRequested{Cause: c.report(a.beganAt.Load()), First: first})
	}
	if !first {
		return
	}
	a.beganAt.Store(c.at)
	if a.State() == StateNew {
		a.endUnrunLocked()
		return
	}
	a.enterLocked(StateDraining)
	a.armWatchdogLocked(c.at + a.timing.grace)
	close(a.stopping)
}

// stopAll takes the app through the phases of its stop.
func (a *App) stopAll() {
	if !a.beginStop() {
		return
	}
	for _, p := range a.sched.passes {
		if p.phase == PhaseStop && !p.outer {
			a.enter(StateStopping)
		}
		a.openPass(p)
		a.beforePass(p)
		a.beginPass(p)
		a.await(p.done, nil)
		if a.isOver() {
			return
		}
		a.endPass(p)
	}
}

func (a *App) enter(s State) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.isOver() {
		a.enterLocked(s)
	}
}

// beginStop lays out the stop: what there is to do, and how the time for it is
// shared. It reports whether there is anything to do at all.
func (a *App) beginStop() bool {
	a.mu.Lock()
	if a.isOver() {
		a.mu.Unlock()
		return false
	}
	s := &a.sched
	wasReady := a.ending.readyAt.Load() != 0
	began := a.beganAt.Load()
	s.passes = a.stopPasses()
	a.timing.begin(began, s.passes, wasReady && s.serves > 0 && a.timing.delay > 0)
	for _, n := range a.building.all() {
		n.awaits = 0 // whoever's turn it was to start: that pass is over
	}
	cuts := a.callOffStartsLocked(a.now())
	if a.ending.hurriedAt.Load() != 0 {
		cuts = append(cuts, a.hurryLocked()...)
	}
	if a.events != nil {
		a.scheduleLocked(due{a.now() + int64(progressInterval), dueProgress, nil})
	}
	a.mu.Unlock()
	for _, c := range cuts {
		c.do()
	}
	return true
}

// stopPasses returns the passes of a stop over what was added so far.
func (a *App) stopPasses() []*pass {
	g := &a.building
	limit := func(p Phase) int64 { return int64(a.cfg.phaseLimits[p].value) }
	passes := []*pass{
		{phase: PhaseAnnounce, limit: limit(PhaseAnnounce), nodes: announceNodes(g)},
		{phase: PhaseDrain, limit: limit(PhaseDrain), nodes: g.inner},
		{phase: PhaseStop, limit: limit(PhaseStop), nodes: g.inner},
		{phase: PhaseFlush, limit: limit(PhaseFlush), nodes: g.flush},
	}
	if len(g.outer) > 0 {
		passes = append(passes,
			&pass{phase: PhaseDrain, outer: true, nodes: g.outer},
			&pass{phase: PhaseStop, outer: true, nodes: g.outer})
	}
	return passes
}

// leaveIdle empties a pass in which nobody has anything to do: it need not be
// gone through.
func (p *pass) leaveIdle() {
	for _, n := range p.nodes {
		for _, k := range p.hooks(n) {
			if n.startLives() || k != HookStart && n.fn(k) != nil {
				return
			}
		}
	}
	p.nodes = nil
}

// announceNodes returns whoever has something to announce.
func announceNodes(g *graph) []*node {
	var nodes []*node
	for _, group := range [][]*node{g.inner, g.outer, g.announce} {
		for _, n := range group {
			if n.comp.Announce != nil {
				nodes = append(nodes, n)
			}
		}
	}
	return nodes
}

// openPass closes the registration of free hooks for the pass that is about to
// begin, and takes in those that came after the stop was laid out.
func (a *App) openPass(p *pass) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !p.outer {
		a.sched.begun[p.phase] = true
	}
	switch p.phase {
	case PhaseAnnounce:
		p.nodes = announceNodes(&a.building)
	case PhaseFlush:
		p.nodes = a.building.flush
	default:
		p.leaveIdle() // not before: tasks give a component something to do
	}
	a.publishGraphLocked()
	a.recordPassLocked(p)
}

// skipStopOfStartLocked says that a component's Stop is not called, because its
// Start never came back.
func (a *App) skipStopOfStartLocked(n *node) {
	if n.comp.Stop == nil || n.traits.free || n.slots[HookStart].get() != Abandoned {
		return
	}
	if s := &n.slots[HookStop]; !s.settled() {
		a.skipLocked(n, HookStop, boundNone, "start still running")
	}
}

// within calls f on a goroutine of its own, named what, and waits for it, but
// not longer than d. It reports whether f has returned.
func (a *App) within(d time.Duration, what string, f func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		pprof.SetGoroutineLabels(a.ownLabels(what))
		f()
	}()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
