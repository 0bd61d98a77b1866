// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A course is the way from serving to the end, of whatever is counted by a
// [Gate] and told by a [Handle]: stages, one deadline, and who was late.
type course struct {
	cfg     config
	work    Gate // what is waited for
	handle  Handle
	reached atomic.Int32  // a Stage
	changed chan struct{} // holds one: a Long ended

	// left describes what is in flight now, as the error of a drain that ends for
	// the cause it is given; wake makes what waits notice that its context ended.
	left func() func(cause error) error
	wake func()

	// noticed is closed by Notice, drained when Drain is over, cut by Force.
	noticed, drained, cut chan struct{}

	mu       sync.Mutex              // no function of the user is called under it
	draining bool                    // Drain was called
	result   error                   // Drain's, when drained is closed
	isCut    bool                    // cut is closed or about to be
	atCut    func(error) error       // what was in flight then
	cancel   context.CancelCauseFunc // of all work; nil until there may be some
}

func (k *course) init(options []Option, left func() func(error) error, wake func()) {
	k.cfg.pace = pace{window: defaultWindow, gap: defaultGap}
	for _, o := range options {
		o.apply(&k.cfg)
	}
	k.changed = make(chan struct{}, 1)
	k.left, k.wake = left, wake
	k.noticed, k.drained, k.cut = make(chan struct{}), make(chan struct{}), make(chan struct{})
	k.handle.init(k.cfg.pace, k.signal)
}

func (k *course) signal() {
	select {
	case k.changed <- struct{}{}:
	default:
	}
}

// context makes the one that all work is done under: with the values of ctx, not
// its end.
func (k *course) context(ctx context.Context) context.Context {
	ctx = context.WithValue(context.WithoutCancel(ctx), handleKey{}, &k.handle)
	ctx, cancel := context.WithCancelCause(ctx)
	k.mu.Lock()
	k.cancel = cancel
	over := k.isCut
	k.mu.Unlock()
	if over {
		cancel(ErrClosed)
	}
	return ctx
}

// end ends the contexts of all work.
func (k *course) end(cause error) {
	k.mu.Lock()
	cancel := k.cancel
	k.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
}

func (k *course) notice() {
	k.mu.Lock()
	first := !closed(k.noticed)
	if first {
		close(k.noticed)
	}
	k.mu.Unlock()
	if first {
		k.enter(StageNotice)
	}
}

func (k *course) stage() Stage { return Stage(k.reached.Load()) }

// enter goes on to a later stage.
func (k *course) enter(to Stage) {
	for {
		from := k.reached.Load()
		if from >= int32(to) {
			return
		}
		if k.reached.CompareAndSwap(from, int32(to)) {
			break
		}
	}
	if k.cfg.stage != nil {
		k.cfg.stage(to)
	}
}

// once runs drain for the first caller and makes later ones wait for it.
func (k *course) once(ctx context.Context, drain func(context.Context) error) error {
	k.notice()
	k.mu.Lock()
	first := !k.draining
	k.draining = true
	k.mu.Unlock()
	if first {
		defer close(k.drained)
		k.result = drain(ctx)
		return k.result
	}
	select {
	case <-k.drained:
	case <-ctx.Done():
		if !closed(k.drained) {
			return k.left()(context.Cause(ctx))
		}
	}
	return k.result
}

// force ends everything that the course knows of.
func (k *course) force() {
	left := k.left()
	k.mu.Lock()
	if !k.isCut {
		k.isCut, k.atCut = true, left
		close(k.cut)
	}
	k.mu.Unlock()
	if !closed(k.drained) || k.result != nil {
		k.enter(StageForce)
	}
	k.end(ErrClosed)
	k.handle.longs.tellAll()
}

// A leg is the part of a course that has a deadline: one drain. It belongs to one
// goroutine.
type leg struct {
	*course
	grace     time.Duration     // for clients to do what they were told
	cancelAt  time.Time         // when contexts end; zero: never
	half      time.Time         // when every turn has come; zero: no limit
	cancelled func(error) error // what was in flight when they ended
	turns     chan struct{}     // closed when nobody needs a turn any more
}

// begin divides the time there is, as for a [Server].
func (k *course) begin(ctx context.Context) *leg {
	l := &leg{course: k, grace: adviseMost, turns: make(chan struct{})}
	l.cancelAt, l.half = k.handle.schedule(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		l.grace = max(0, min(l.grace, time.Until(deadline)/4))
		k.cfg.pace.window = k.handle.longs.pace.window
	}
	return l
}

// advise tells everybody.
func (l *leg) advise(ctx context.Context) {
	l.enter(StageAdvise)
	var why error
	if l.cfg.cause != nil {
		why = l.cfg.cause(ctx)
	}
	l.handle.advise(draining(why), l.cancelAt)
	l.giveTurns(&l.handle.longs)
}

func (l *leg) giveTurns(p *longs) {
	p.pace = l.cfg.pace
	go p.giveTurns(l.turns, l.half)
}

// over stops the giving of turns.
func (l *leg) over() { close(l.turns) }

// finish waits until nothing is in flight behind the shut gate. It ends the
// contexts of what is left when it is time.
func (l *leg) finish(ctx context.Context) error {
	var late <-chan time.Time
	if !l.cancelAt.IsZero() {
		timer := time.NewTimer(time.Until(l.cancelAt))
		defer timer.Stop()
		late = timer.C
	}
	for gone := l.work.Drained(); gone != nil || l.handle.longs.count() > 0; {
		select {
		case <-gone:
			gone = nil
		case <-l.changed:
		case <-late:
			late = nil
			l.cancelLate()
		case <-l.cut:
			return l.overrun(ErrClosed)
		case <-ctx.Done():
			return l.overrun(context.Cause(ctx))
		}
	}
	if l.cancelled != nil {
		return l.cancelled(ErrCancelled)
	}
	return nil
}

func (l *leg) cancelLate() {
	l.cancelled = l.left()
	l.enter(StageCancel)
	l.end(l.handle.Cause())
	l.handle.longs.tellAll()
	l.wake()
}

// overrun describes what was in flight when contexts ended, if they did: who
// ended with them is to be named as well.
func (l *leg) overrun(cause error) error {
	if l.cancelled != nil {
		return l.cancelled(cause)
	}
	if closed(l.cut) {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.atCut(cause)
	}
	return l.left()(cause)
}
