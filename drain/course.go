// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A course is the way from serving to the end, of whatever is counted and told by
// a [Handle]: stages, one deadline, and who was late.
type course struct {
	cfg     config
	work    Gate // what is waited for, beside Longs and what finish is asked to look at
	handle  Handle
	most    time.Duration // adviseMost
	reached atomic.Int32  // a Stage
	moments Moments
	changed chan struct{} // holds one: it may be over

	counts func() Counts // what is open now
	left   func() late   // what is in flight now
	wake   func()        // makes what waits notice that its context ended

	// noticed is closed by Notice, drained when Drain is over, cut by Force.
	noticed, drained, cut chan struct{}

	mu       sync.Mutex              // no function of the user is called under it
	draining bool                    // Drain was called
	result   error                   // Drain's, when drained is closed
	atCut    late                    // what was in flight when cut was closed
	cancel   context.CancelCauseFunc // of all work; nil until there may be some
}

// A late is what was in flight at some time, for the error of a drain that ended
// because of cause.
type late interface{ because(cause error) error }

func (k *course) init(options []Option, counts func() Counts, left func() late, wake func()) {
	k.cfg.init(options)
	k.most = adviseMost
	k.counts, k.left, k.wake = counts, left, wake
	k.changed = make(chan struct{}, 1)
	k.noticed, k.drained, k.cut = make(chan struct{}), make(chan struct{}), make(chan struct{})
	k.handle.init(k.cfg.pace, k.signal)
}

func (k *course) signal() {
	select {
	case k.changed <- struct{}{}:
	default:
	}
}

// context makes the one that all work is done under.
func (k *course) context(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, handleKey{}, &k.handle))
	k.mu.Lock()
	k.cancel = cancel
	k.mu.Unlock()
	if closed(k.cut) {
		cancel(ErrClosed)
	}
	return ctx
}

// end ends the contexts of all work, and gives every turn.
func (k *course) end(cause error) {
	k.mu.Lock()
	cancel := k.cancel
	k.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
	k.handle.longs.tellAll()
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

// Stage returns the latest stage that was begun.
func (k *course) Stage() Stage { return Stage(k.reached.Load()) }

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
	k.moments.Note(to, k.counts())
	if k.cfg.stage != nil {
		k.cfg.stage(to)
	}
}

// Moments returns the record of what was open at the beginning of each stage so far.
func (k *course) Moments() *Moments { return &k.moments }

// once runs the steps of a drain for the first caller and makes later ones wait
// for it.
func (k *course) once(ctx context.Context, steps func(context.Context, *leg) error) error {
	k.notice()
	k.mu.Lock()
	first := !k.draining
	k.draining = true
	k.mu.Unlock()
	if first {
		defer close(k.drained)
		k.result = k.begin(ctx).run(ctx, steps)
		return k.result
	}
	select {
	case <-k.drained:
	case <-ctx.Done():
		if !closed(k.drained) {
			return k.overrun(context.Cause(ctx))
		}
	}
	return k.result
}

// overrun describes what is in flight, or was when everything was cut.
func (k *course) overrun(cause error) error {
	k.mu.Lock()
	was := k.atCut
	k.mu.Unlock()
	if was == nil {
		was = k.left()
	}
	return was.because(cause)
}

// force ends everything that the course knows of.
func (k *course) force() {
	left := k.left()
	k.mu.Lock()
	if !closed(k.cut) {
		k.atCut = left
		close(k.cut)
	}
	k.mu.Unlock()
	if !closed(k.drained) || k.result != nil {
		k.enter(StageForce)
	}
	k.end(ErrClosed)
}

// closed reports whether c is.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
