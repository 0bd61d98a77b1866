// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"cmp"
	"context"
	"errors"
	"runtime/debug"
	"runtime/pprof"
	"time"
)

// Workers call hooks. While jobs are queued there is always one worker that
// was launched and has not taken a job yet, the spare: a worker launches it
// before it enters a hook. So a hook that blocks holds up no other, hooks that
// compute use every core, and hooks that do next to nothing are called one
// after the other by about two goroutines.

// ensureWorkerLocked launches the spare if there is work for it.
func (a *App) ensureWorkerLocked() {
	s := &a.sched
	if len(s.queue) > 0 && !s.spare {
		s.spare = true
		go a.work()
	}
}

// work takes jobs until there are none.
func (a *App) work() {
	a.mu.Lock()
	a.sched.spare = false
	now := a.now()
	for {
		s := &a.sched
		last := len(s.queue) - 1
		if last < 0 {
			a.mu.Unlock()
			return
		}
		j := s.queue[last]
		s.queue = s.queue[:last]
		a.ensureWorkerLocked()
		f := a.beginLocked(j, now)
		if f == nil {
			continue
		}
		if j.kind == HookRun { // asked to end; its own goroutine settles it
			c := a.askLocked(f)
			a.mu.Unlock()
			c.do()
			a.mu.Lock()
			now = a.now()
			continue
		}
		a.mu.Unlock()
		now = a.call(f)
	}
}

// A result is how a call of user code came back.
type result struct {
	err      error
	told     told
	ended    bool // err is a context's own way to say that it has ended
	panicked bool
	exited   bool
	stack    string
}

// call runs a hook and settles it. It returns with a.mu held, and the time at
// which the hook returned. A Goexit in the hook ends this goroutine: the
// deferred function settles then, hands the queue on, and unlocks.
func (a *App) call(f *flight) (now int64) {
	res := result{exited: true}
	defer func() {
		if res.exited {
			if v := recover(); v != nil {
				res = panicResult(v)
			} else {
				res.err = ErrExited
			}
		}
		res.told = ask(res.err)
		if f.kind != HookStart {
			f.end(context.Canceled) // nothing it launched should lean on it
		}
		a.beforeEnd(f, res)
		a.mu.Lock()
		now = a.now()
		a.settleLocked(f, res, now)
		if res.exited {
			a.ensureWorkerLocked()
			a.mu.Unlock()
		}
	}()
	pprof.SetGoroutineLabels(f.node.base)
	a.beforeBegin(f)
	res.err = enter(f)
	res.exited = false
	return now
}

func panicResult(v any) result {
	stack := string(debug.Stack())
	return result{err: &PanicError{Value: v, Stack: stack}, panicked: true, stack: stack}
}

// enter calls the hook through a function whose name says what it is, so that
// the stack of a hook that hangs can be told from those of the same component's
// other hooks, and of goroutines that a hook launched.
func enter(f *flight) error {
	fn := f.node.fn(f.kind)
	switch f.kind {
	case HookStart:
		return enterStart(fn, f)
	case HookRun:
		return enterRun(fn, f)
	case HookAnnounce:
		return enterAnnounce(fn, f)
	case HookDrain:
		return enterDrain(fn, f)
	default:
		return enterStop(fn, f)
	}
}

//go:noinline
func enterStart(fn func(context.Context) error, f *flight) error { return fn(f) }

//go:noinline
func enterRun(fn func(context.Context) error, f *flight) error { return fn(f) }

//go:noinline
func enterAnnounce(fn func(context.Context) error, f *flight) error { return fn(f) }

//go:noinline
func enterDrain(fn func(context.Context) error, f *flight) error { return fn(f) }

//go:noinline
func enterStop(fn func(context.Context) error, f *flight) error { return fn(f) }

// beginLocked begins a hook whose turn has come, or asks a Run to end. It
// returns nil if that must not be: the hook is then skipped, or, for a Start,
// simply never decided.
func (a *App) beginLocked(j job, now int64) *flight {
	n, s := j.node, &j.node.slots[j.kind]
	if a.isOver() || (j.kind == HookStart && a.State() != StateStarting) {
		return nil
	}
	if j.kind == HookRun && !n.runLives() {
		a.resumeLocked(n, HookRun) // it returned between its turn and now
		return nil
	}
	d, why := a.deadlineLocked(n, j.kind, now)
	if reason := a.refuseLocked(n, j.kind, d, now); reason != "" {
		a.skipLocked(n, j.kind, why, reason)
		return nil
	}
	f := n.run
	if j.kind == HookRun {
		f.asked = true
	} else {
		f = a.sched.newFlight(n, j.kind)
		n.hook = f
		s.outcome.Store(uint32(Running))
	}
	s.began.Store(now)
	if a.timing.hurried && !n.critical() {
		d, why = min(d, now+int64(maxWindow)), boundHurry
	}
	a.boundLocked(f, d, why, now)
	if d != 0 && j.kind != HookStart && j.kind != HookRun {
		f.until = f.cutAt
	}
	if a.events != nil {
		e := HookBegun{Component: n.name, Hook: n.kind(j.kind), Phase: n.phaseOf(j.kind), Asked: j.kind == HookRun}
		if d != 0 {
			e.Allowed = time.Duration(d - now)
		}
		a.emitLocked(e)
	}
	return f
}

// deadlineLocked returns until when hook k of n, begun now, may take, and what
// says so; 0 if nothing does.
func (a *App) deadlineLocked(n *node, k HookKind, now int64) (int64, bound) {
	p := a.sched.pass
	d, why := int64(0), boundNone
	if limit := n.limit(p.phase); limit > 0 {
		d, why = now+limit, boundLimit
	}
	end, endWhy := a.latestLocked(n, k)
	if end != 0 && (d == 0 || end < d) {
		d, why = end, endWhy
	}
	return d, why
}

// latestLocked returns when hook k of n must be over in the pass that is on, so
// that what comes after it has its reserve, and what says so; 0 if nothing does.
func (a *App) latestLocked(n *node, k HookKind) (int64, bound) {
	p := a.sched.pass
	switch {
	case p.end == 0 || p.phase == PhaseStart:
		return p.end, p.bound
	case n.traits.bestEffort:
		return a.timing.end, boundBudget
	}
	end := p.end - n.tail
	for _, later := range p.hooks(n)[n.step:] { // its turn has come: step is past it
		if n.fn(later) != nil && later != HookStart {
			end -= a.timing.reserve(n, n.limit(p.phase))
		}
	}
	return end, p.bound
}

// refuseLocked says why a hook whose turn has come must not begin, "" if it may.
func (a *App) refuseLocked(n *node, k HookKind, d, now int64) string {
	switch {
	case k == HookStart:
		return ""
	case a.timing.hurried && !n.critical() && k != HookRun:
		return "hurried"
	case d != 0 && d <= now && k != HookRun:
		return "no time left"
	case n.traits.bestEffort && d-now < n.limit(a.sched.pass.phase):
		return "less than its limit is left"
	}
	return ""
}

// skipLocked settles a hook that never begins.
func (a *App) skipLocked(n *node, k HookKind, why bound, reason string) {
	s := &n.slots[k]
	s.detail.Store(&detail{reason: reason})
	s.outcome.Store(uint32(Skipped))
	if !n.traits.bestEffort {
		a.bad.add(why)
	}
	a.emitEndedLocked(n, k, s.detail.Load())
	a.resumeLocked(n, k)
}

// emitEndedLocked tells of a hook's outcome.
func (a *App) emitEndedLocked(n *node, k HookKind, d *detail) {
	if a.events == nil {
		return
	}
	s := &n.slots[k]
	e := HookEnded{Component: n.name, Hook: n.kind(k), Phase: n.phaseOf(k), Outcome: s.get()}
	if e.Outcome != Skipped {
		e.Took = s.took()
	}
	if d != nil {
		e.Err, e.Reason = d.err, d.reason
	}
	a.emitLocked(e)
}

// settleLocked gives a hook its outcome, once, and lets its node go on. What
// returns after it was abandoned is noted and changes nothing.
func (a *App) settleLocked(f *flight, res result, now int64) {
	n, s := f.node, f.slot()
	if a.isOver() {
		return
	}
	if s.settled() {
		a.lateLocked(f, now)
		return
	}
	o, d := f.judge(res, now)
	s.ended.Store(now)
	if d != nil {
		s.detail.Store(d)
	}
	s.outcome.Store(uint32(o))
	if f.kind != HookRun {
		n.hook = nil
	}
	if o != OK && !n.traits.bestEffort && !d.echo {
		a.bad.add(f.cutBy(o))
	}
	a.emitEndedLocked(n, f.kind, d)
	switch f.kind {
	case HookStart:
		a.startSettledLocked(f, o, d)
	case HookRun:
		a.runSettledLocked(n, o, d, now)
	}
	a.resumeLocked(n, f.kind)
}

// judge turns the way a call came back into an outcome.
func (f *flight) judge(res result, now int64) (Outcome, *detail) {
	if res.err == nil {
		return OK, nil
	}
	d := &detail{err: res.err, told: res.told, stack: cmp.Or(res.stack, res.told.where)}
	switch {
	case res.panicked:
		return Panicked, d
	case res.exited:
		return Exited, d
	case f.cause != nil && f.kind == HookStart && !f.overran:
		d.echo, d.reason = true, "called off"
		return Failed, d
	case f.cause != nil, f.until != 0 && now >= f.until:
		d.reason = f.cutReason()
		return TimedOut, d
	case f.kind == HookRun && f.asked && res.ended:
		return OK, nil
	default:
		return Failed, d
	}
}

// cutBy returns what cut a hook with this outcome, if anything did.
func (f *flight) cutBy(o Outcome) bound {
	if o == TimedOut || o == Abandoned {
		return f.bound
	}
	return boundNone
}

// isEnd reports whether err is a context's own way to say that it has ended.
func isEnd(err, cause error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, cause)
}

// cutReason says for the report why the hook's context was ended early.
func (f *flight) cutReason() string {
	if f.cause == ErrForced {
		return boundNames[boundHurry]
	}
	return boundNames[f.bound]
}

// cutText is the text of the cause with which the hook's context was ended early.
func (f *flight) cutText() string {
	switch {
	case f.cause == nil:
		return ""
	case f.overran || f.cause == ErrForced:
		return f.cause.Error()
	default: // called off: the user's error is not asked again
		return f.node.app.firstCause().text()
	}
}

// resumeLocked lets n go on if its turn waits for hook k.
func (a *App) resumeLocked(n *node, k HookKind) {
	if n.awaits != awaiting(k) {
		return
	}
	n.awaits = 0
	a.sched.ready = append(a.sched.ready, n)
	a.stepLocked()
}

// lateLocked notes the return of a hook that had been abandoned.
func (a *App) lateLocked(f *flight, now int64) {
	s := f.slot()
	after := now - s.ended.Load()
	s.amend(func(d *detail) { d.late = now })
	if a.events != nil {
		a.emitLocked(LateReturn{Component: f.node.name, Hook: f.node.kind(f.kind), After: time.Duration(after)})
	}
}

// amend replaces the slot's detail by one that has been added to.
func (s *slot) amend(change func(*detail)) {
	for {
		old := s.detail.Load()
		d := new(detail)
		if old != nil {
			*d = *old
		}
		change(d)
		if s.detail.CompareAndSwap(old, d) {
			return
		}
	}
}

func (s *slot) took() time.Duration { return time.Duration(s.ended.Load() - s.began.Load()) }
