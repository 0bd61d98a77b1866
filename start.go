// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"time"
)

// enterStarting moves on to starting, unless a stop came first.
func (a *App) enterStarting() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.State() != StateNew {
		return false
	}
	a.enterLocked(StateStarting)
	return true
}

// startAll starts everything, outer components first, and enters running
// unless a stop came before that.
func (a *App) startAll() {
	limit := int64(a.cfg.phaseLimits[PhaseStart].value)
	g := a.graph.Load()
	for _, p := range []*pass{
		{phase: PhaseStart, outer: true, nodes: g.outer, limit: limit},
		{phase: PhaseStart, nodes: g.inner, limit: limit},
	} {
		if p.outer && len(p.nodes) == 0 {
			continue
		}
		a.recordPass(p)
		a.beginPass(p)
		a.await(p.done, a.stopping)
		a.endPass(p)
		if a.State() != StateStarting {
			return
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.State() == StateStarting {
		a.ending.readyAt.Store(a.now())
		a.enterLocked(StateRunning)
		a.checkJobsLocked()
	}
}

// startTurnLocked goes on with a node's turn in the start pass. Nothing is
// decided after the stop request: the turn then never ends.
func (a *App) startTurnLocked(n *node) bool {
	if a.State() != StateStarting {
		return false
	}
	if n.comp.Start != nil && n.step == 0 {
		n.step++
		n.awaits = awaiting(HookStart)
		a.sched.queue = append(a.sched.queue, job{n, HookStart})
		return false
	}
	if n.comp.Start == nil {
		a.startedLocked(n)
	}
	if !n.up.Load() {
		return false // its Start failed
	}
	a.beginRunLocked(n)
	return true
}

// startedLocked takes note that a component is up.
func (a *App) startedLocked(n *node) {
	n.up.Store(true)
	if n.comp.Serves {
		a.sched.serves++
	}
}

// startSettledLocked takes note of how a Start ended. One that comes back well
// after the stop began leaves a component to be stopped; its Run does not begin.
// One that was called off is no reason to stop, however it ends.
func (a *App) startSettledLocked(f *flight, o Outcome, d *detail) {
	n := f.node
	switch {
	case o == OK:
		a.startedLocked(n)
	case !f.calledOff:
		a.requestStopLocked(hookCause(CauseStartFailed, n, HookStart, o, d))
	}
}

// callOffStartsLocked ends the context of every Start in progress and gives it
// what is left of its limit, or its share of the grace period if that is less.
func (a *App) callOffStartsLocked(now int64) (cuts []cut) {
	patience := a.timing.grace / startShare
	a.eachFlightLocked(func(f *flight) {
		if f.kind != HookStart {
			return
		}
		f.calledOff = true
		cuts = append(cuts, a.cutLocked(f, a.stopError(), false))
		d, why := now+patience, boundPhase
		if f.deadline != 0 && f.deadline <= d {
			d, why = f.deadline, f.bound
		}
		a.boundLocked(f, d, why, now)
	})
	return cuts
}

// beginRunLocked launches the component's Run. The goroutine exists before any
// dependant's turn comes.
func (a *App) beginRunLocked(n *node) {
	if n.comp.Run == nil {
		return
	}
	n.run = &flight{node: n, kind: HookRun}
	n.work = &flight{node: n, kind: HookRun, work: true}
	s := &n.slots[HookRun]
	s.began.Store(a.now())
	s.outcome.Store(uint32(Running))
	if a.events != nil {
		a.emitLocked(HookBegun{Component: n.name, Hook: HookRun, Phase: PhaseStart})
	}
	go a.callRun(n.run)
}

// callRun calls a component's Run and settles it.
func (a *App) callRun(f *flight) {
	res := result{exited: true}
	defer func() {
		if res.exited {
			if v := recover(); v != nil {
				res = panicResult(v)
				shout(os.Stderr, f.node, res)
			} else {
				res.err = ErrExited
			}
		}
		res.told = ask(res.err)
		res.ended = res.err != nil && isEnd(res.err, a.stopError())
		f.end(context.Canceled)
		f.node.work.end(context.Canceled)
		a.beforeEnd(f, res)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.settleLocked(f, res, a.now())
	}()
	pprof.SetGoroutineLabels(f.node.base)
	a.beforeBegin(f)
	res.err = enter(f)
	res.exited = false
}

// runSettledLocked takes note of how a Run ended: unasked, it is why we stop.
func (a *App) runSettledLocked(n *node, o Outcome, d *detail, now int64) {
	a.servingEndedLocked(n, now)
	f := n.run
	switch {
	case o == OK && (f.asked || n.traits.mayEnd):
	case o == OK && n.traits.job:
		if a.State() < StateDraining {
			a.jobs--
			a.checkJobsLocked()
		}
	case o == OK:
		if a.State() < StateDraining {
			a.requestStopLocked(hookCause(CauseFailure, n, HookRun, Failed, &detail{err: ErrEnded}))
		}
	case o == TimedOut:
		// The hook is in the report; it is no reason to stop.
	default:
		a.requestStopLocked(hookCause(CauseFailure, n, HookRun, o, d))
	}
}

// checkJobsLocked stops a running app once all its jobs have ended well.
func (a *App) checkJobsLocked() {
	if a.hasJobs.Load() && a.jobs == 0 && a.State() == StateRunning {
		a.requestStopLocked(newCause(CauseJobsDone, ErrJobsDone))
	}
}

// servingEndedLocked ends the readiness delay when the last component that
// serves has ended: there is nobody to look away from.
func (a *App) servingEndedLocked(n *node, now int64) {
	if !n.comp.Serves || !n.up.Load() {
		return
	}
	if a.sched.serves--; a.sched.serves == 0 {
		a.endDelayLocked(now)
	}
}

// shoutPatience bounds how long a Run's panic waits to be printed: standard
// error may be a full pipe.
const shoutPatience = 50 * time.Millisecond

// shout prints a panic at once, with its original stack, as the runtime would
// have: what comes after it may take long.
func shout(w io.Writer, n *node, res result) {
	text := fmt.Sprintf("quiesce: app %q: run %q panicked: %v\n\n%s\n", n.app.name, n.name, res.err, res.stack)
	n.app.within(shoutPatience, "panic", func() { io.WriteString(w, text) })
}
