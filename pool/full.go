// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"context"
	"runtime/debug"
	"slices"

	"github.com/go-quiesce/quiesce/scope"
)

// A waiter is a caller of Submit who waits for room. Who makes room puts his job into
// the queue for him, so that nobody overtakes him.
type waiter struct {
	e       entry
	inner   bool          // the job is part of work in flight
	decided chan struct{} // closed when it was accepted or refused
	err     error         // guarded by mu
}

// submitFull is called with mu held, and gives it back.
func (p *Pool) submitFull(ctx context.Context, e entry, inner bool) error {
	switch p.cfg.full {
	case Reject:
		return p.refuse(ErrFull)
	case CallerRuns:
		p.inline++
		e = p.preparedLocked(e)
		p.unlock()
		return p.runHere(ctx, e)
	}
	w := &waiter{e: e, inner: inner, decided: make(chan struct{})}
	p.waiters = append(p.waiters, w)
	p.unlock()
	select {
	case <-w.decided:
		return w.err
	case <-ctx.Done():
		return p.leave(w, context.Cause(ctx))
	}
}

// leave ends the waiting of w, if it has not ended just now.
func (p *Pool) leave(w *waiter, cause error) error {
	p.mu.Lock()
	i := slices.Index(p.waiters, w)
	if i < 0 {
		defer p.mu.Unlock()
		return w.err
	}
	p.waiters = slices.Delete(p.waiters, i, i+1)
	return p.refuse(cause)
}

// admitLocked accepts the jobs of those who wait for room, as far as there is some.
func (p *Pool) admitLocked() {
	for len(p.waiters) > 0 && p.fitsLocked() {
		w := p.waiters[0]
		p.waiters[0] = nil
		p.waiters = p.waiters[1:]
		p.queue.push(w.e)
		close(w.decided)
	}
}

// turnAwayLocked refuses those who wait and whom the pool's state does not admit.
func (p *Pool) turnAwayLocked() {
	p.waiters = slices.DeleteFunc(p.waiters, func(w *waiter) bool {
		if p.takesLocked(w.inner) {
			return false
		}
		p.ended[scope.Refused]++
		w.err = p.closedLocked()
		close(w.decided)
		return true
	})
}

// runHere runs a job on the goroutine of its caller, who has counted it.
func (p *Pool) runHere(ctx context.Context, e entry) error {
	returned := false
	var err error
	defer func() {
		if !returned {
			err = p.failure(e.name, scope.Exited, scope.ErrExited)
			if v := recover(); v != nil {
				defer panic(v) // it is the caller's, as in any function
				err = p.failure(e.name, scope.Panicked, &scope.PanicError{Value: v, Stack: string(debug.Stack())})
			}
		}
		p.endHere(e, err)
	}()
	err = p.scope.Do(ctx, e.name, e.f, p.opts...)
	returned = true
	if isRefusal(err) {
		return err
	}
	return nil
}

// isRefusal reports whether an error of [scope.Scope.Do] is not the task's.
func isRefusal(err error) bool {
	_, failed := err.(*scope.TaskError)
	return err != nil && !failed
}

func (p *Pool) failure(name string, o scope.Outcome, err error) error {
	return &scope.TaskError{Scope: p.scope.Path(), Task: name, Outcome: o, Err: err}
}

// endHere is the end of a job that runHere has run.
func (p *Pool) endHere(e entry, err error) {
	outcome := scope.Refused
	defer func() { // whatever onError does
		p.mu.Lock()
		defer p.mu.Unlock()
		p.inline--
		p.endLocked(outcome)
	}()
	if !isRefusal(err) {
		outcome = outcomeOf(err)
		p.tell(e.job, err)
	}
}
