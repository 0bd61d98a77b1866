// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"sync"
	"time"
)

// adviseMost is the most that a drain spends on telling clients to leave before
// it closes the listener, and how long a connection must have been idle before
// it is closed. A quarter of the drain's time if that is less.
const adviseMost = time.Second

// A leg is the part of a course that has a deadline: one drain. It belongs to one
// goroutine.
type leg struct {
	*course
	grace     time.Duration   // for clients to do what they were told
	cancelAt  time.Time       // when contexts end; zero if never, or they have
	half      time.Time       // when every turn has come; zero: no limit
	cancelled late            // what was in flight when they ended
	gone      <-chan struct{} // closed when work has ended; nil when that was seen
	turns     chan struct{}   // closed when nobody needs a turn any more
	givers    sync.WaitGroup  // of turns
}

// begin divides the time there is.
func (k *course) begin(ctx context.Context) *leg {
	l := &leg{course: k, grace: k.most, turns: make(chan struct{})}
	l.cancelAt, l.half = k.handle.schedule(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		l.grace = max(0, min(l.grace, time.Until(deadline)/4))
		k.cfg.pace.window = k.handle.longs.pace.window
	}
	return l
}

// run does the steps, and says what was in flight when contexts ended, if they did:
// who ended with them is to be named as well.
func (l *leg) run(ctx context.Context, steps func(context.Context, *leg) error) error {
	err := steps(ctx, l)
	close(l.turns)
	l.givers.Wait()
	switch {
	case err == nil && l.cancelled == nil:
		return nil
	case err == nil:
		return l.cancelled.because(ErrCancelled)
	case l.cancelled != nil:
		return l.cancelled.because(err)
	default:
		return l.overrun(err)
	}
}

// advise tells everybody.
func (l *leg) advise(ctx context.Context) {
	l.handle.advise(l.cfg.why(ctx), l.cancelAt)
	l.giveTurns(&l.handle.longs)
}

func (l *leg) giveTurns(p *longs) {
	p.pace = l.cfg.pace
	l.givers.Go(func() { p.giveTurns(l.turns, l.half) })
}

// finish waits until look finds nothing open. look also says when it is to be asked
// again at the latest, zero for only when something has changed.
func (l *leg) finish(ctx context.Context, look func(now time.Time) (open bool, next time.Time)) error {
	l.gone = l.work.Drained()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		open, next := look(now)
		switch {
		case !open:
			return nil
		case next.IsZero():
			timer.Stop()
		default:
			timer.Reset(next.Sub(now))
		}
		if err := l.await(ctx, timer.C); err != nil {
			return err
		}
	}
}

// await waits for a change, or for timer.
func (l *leg) await(ctx context.Context, timer <-chan time.Time) error {
	select {
	case <-l.changed:
	case <-l.gone:
		l.gone = nil
	case <-timer:
	case <-l.cut:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// look is finish's for what is in flight behind the gate.
func (l *leg) look(now time.Time) (open bool, next time.Time) {
	if l.gone == nil && l.handle.longs.count() == 0 {
		return false, time.Time{}
	}
	if l.isLate(now) {
		l.cancelLate(l.left())
	}
	return true, l.cancelAt
}

// isLate reports whether it is time for contexts to end.
func (l *leg) isLate(now time.Time) bool { return !l.cancelAt.IsZero() && !now.Before(l.cancelAt) }

// cancelLate ends the contexts of what is left.
func (l *leg) cancelLate(left late) {
	l.cancelAt, l.cancelled = time.Time{}, left
	l.enter(StageCancel)
	l.end(l.handle.Cause())
	l.wake()
}
