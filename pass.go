// SPDX-License-Identifier: Apache-2.0

package quiesce

import "time"

// A pass goes once over a set of nodes, each at its turn: when all its
// neighbours on one side have settled. A start pass goes from dependencies to
// dependants, every other pass the other way.
//
// At its turn a node runs the hooks that it has in the pass, one after the
// other, and then releases its neighbours on the other side. The pass is over
// when every node has released. All of this is bookkeeping under App.mu; hooks
// are called by workers, see worker.go.
type pass struct {
	phase Phase
	outer bool
	nodes []*node
	limit int64 // beyond its reserves, 0: the default

	// Guarded by App.mu.
	reserve int64 // on its longest path
	after   int64 // reserved for later passes
	end     int64 // when all its hooks must be over, 0: never
	bound   bound // what says so
	left    int   // nodes that have not released, and the readiness delay
	done    chan struct{}

	stamps passStamps
}

// The hooks of each phase, in the order in which a node runs them. Start comes
// first in the drain: one that was in progress when the stop began is its
// component's first hook. A Run without Drain drains by returning; one beside a
// Drain is ended before Stop is called.
var (
	startHooks    = []HookKind{HookStart}
	announceHooks = []HookKind{HookAnnounce}
	drainHooks    = []HookKind{HookStart, HookDrain}
	drainRunHooks = []HookKind{HookStart, HookRun, HookDrain} // the Drain is that of its tasks
	stopHooks     = []HookKind{HookRun, HookStop}
)

// hooks returns the hooks that n may have in phase p, in order.
func (p *pass) hooks(n *node) []HookKind {
	switch {
	case p.phase == PhaseStart:
		return startHooks
	case p.phase == PhaseAnnounce:
		return announceHooks
	case p.phase == PhaseDrain && n.comp.Drain == nil:
		return drainRunHooks
	case p.phase == PhaseDrain:
		return drainHooks
	default:
		return stopHooks
	}
}

// toCome reports whether hook k of n has still to run, or to end, in the pass.
func (n *node) toCome(k HookKind) bool {
	switch k {
	case HookStart:
		return n.startLives()
	case HookRun:
		return n.runLives()
	default:
		return n.fn(k) != nil && (n.up.Load() || n.traits.free) && !n.slots[k].settled()
	}
}

// scheduler is the state of the pass that is on. It is guarded by App.mu.
type scheduler struct {
	pass    *pass
	passes  []*pass         // of the stop, in order
	begun   [numPhases]bool // phases that take no more free hooks
	queue   []job           // hooks whose turn has come, last in first out
	spare   bool            // a worker was launched and has not taken a job yet
	ready   []*node         // scratch: nodes whose turn has come
	due     deadlines
	flights []flight      // not used yet
	armed   int64         // what the coordinator sleeps until, 0: woken by wake only
	wake    chan struct{} // tells the coordinator that something comes earlier
	serves  int           // serving components that run

	delayEnd int64 // when the readiness delay is over, 0: it is not on
}

// A job is a hook whose turn has come.
type job struct {
	node *node
	kind HookKind
}

// beginPass sets the pass going. Every event of the pass is between its
// PhaseBegun and its PhaseEnded.
func (a *App) beginPass(p *pass) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := &a.sched
	now := a.now()
	s.pass = p
	p.done = make(chan struct{})
	p.stamps.began.Store(now)
	a.limitPassLocked(p, now)
	if a.events != nil {
		a.emitLocked(PhaseBegun{Phase: p.phase, Outer: p.outer, Limit: p.allowed(now), Delay: p.delay(a)})
	}
	p.left = len(p.nodes) + 1 // one for this function
	if p.delay(a) > 0 {
		p.left++
		a.beginDelayLocked(now)
	}
	s.ready = s.ready[:0]
	for _, n := range p.nodes {
		n.step = 0
		n.pending = int32(len(p.before(n)))
	}
	for _, n := range p.nodes {
		if n.pending == 0 {
			s.ready = append(s.ready, n)
		}
	}
	a.stepLocked()
	a.leaveLocked()
}

// before and next are a node's neighbours: those it waits for, and those that
// wait for it.
func (p *pass) before(n *node) []*node {
	switch {
	case n.traits.free || p.phase == PhaseAnnounce:
		return nil
	case p.phase == PhaseStart:
		return n.needs
	default:
		return n.users
	}
}

func (p *pass) next(n *node) []*node {
	switch {
	case n.traits.free || p.phase == PhaseAnnounce:
		return nil
	case p.phase == PhaseStart:
		return n.users
	default:
		return n.needs
	}
}

// limitPassLocked fixes when the pass must be over.
func (a *App) limitPassLocked(p *pass, now int64) {
	var end int64
	why := boundNone
	if p.phase != PhaseStart {
		longestPath(p, func(n *node) int64 { return a.timing.weigh(p, n, false) })
		end, why = a.timing.passEnd(p, now)
	} else if p.limit > 0 {
		end, why = now+p.limit, boundPhase
	}
	p.end, p.bound = end, why
	p.stamps.limit.Store(p.allowedFrom(now))
}

// hurryPassLocked moves the end of the pass that is on forward. A limit is not
// worked out again: it has the reserves of hooks on top that have ended since,
// and whatever comes after them is left what it was promised.
func (a *App) hurryPassLocked(p *pass) {
	longestPath(p, func(n *node) int64 { return a.timing.weigh(p, n, false) })
	p.end = min(p.end, a.timing.end-p.after)
	if p.bound == boundBudget {
		p.bound = boundHurry
	}
	p.stamps.limit.Store(p.allowedFrom(p.stamps.began.Load()))
}

// allowed is the same as a duration, from now.
func (p *pass) allowed(now int64) time.Duration { return time.Duration(p.allowedFrom(now)) }

func (p *pass) allowedFrom(now int64) int64 {
	if p.end == 0 {
		return 0
	}
	return max(1, p.end-now)
}

// delay returns the readiness delay that the pass spends.
func (p *pass) delay(a *App) time.Duration {
	if p.phase != PhaseAnnounce || !a.timing.delayed || a.timing.hurried {
		return 0
	}
	return time.Duration(a.timing.delay)
}

// stepLocked takes every ready node through its turn: until it waits for a
// hook, or has released its neighbours, whose turn may then have come. It is a
// loop over a list rather than a recursion, as a chain may be long.
func (a *App) stepLocked() {
	s := &a.sched
	for len(s.ready) > 0 {
		n := s.ready[len(s.ready)-1]
		s.ready = s.ready[:len(s.ready)-1]
		if a.turnLocked(n) {
			a.releaseLocked(n)
		}
	}
	a.ensureWorkerLocked()
}

// turnLocked goes on with n's turn and reports whether it is over.
func (a *App) turnLocked(n *node) bool {
	p := a.sched.pass
	if p.phase == PhaseStart {
		return a.startTurnLocked(n)
	}
	hooks := p.hooks(n)
	for int(n.step) < len(hooks) {
		k := hooks[n.step]
		n.step++
		if n.toCome(k) && a.takeLocked(n, k) {
			return false
		}
	}
	if p.phase == PhaseStop {
		a.skipStopOfStartLocked(n)
	}
	return true
}

// takeLocked has hook k of n run, or end, at its turn, and reports whether the
// turn waits for it.
func (a *App) takeLocked(n *node, k HookKind) bool {
	if k == HookStart { // it is in progress already, and has been called off
		a.shortenLocked(n.hook, a.now())
	} else {
		a.sched.queue = append(a.sched.queue, job{n, k})
	}
	if n.traits.bestEffort {
		return false
	}
	n.awaits = awaiting(k)
	return true
}

// releaseLocked ends n's turn: neighbours that waited for it alone are ready.
func (a *App) releaseLocked(n *node) {
	s := &a.sched
	for _, m := range s.pass.next(n) {
		if m.pending--; m.pending == 0 {
			s.ready = append(s.ready, m)
		}
	}
	a.leaveLocked()
}

// leaveLocked counts one node, or the readiness delay, off the pass.
func (a *App) leaveLocked() {
	p := a.sched.pass
	if p.left--; p.left == 0 {
		close(p.done)
	}
}

// endPass records the end of the pass that is on.
func (a *App) endPass(p *pass) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	p.stamps.ended.Store(now)
	if a.events != nil {
		a.emitLocked(PhaseEnded{Phase: p.phase, Outer: p.outer, Took: time.Duration(now - p.stamps.began.Load())})
	}
}
