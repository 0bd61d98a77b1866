// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"context"
	"errors"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// Wait waits until no job is queued or running. It closes nothing. If ctx ends first it
// returns [context.Cause] of that; to a job of the pool, which would wait for itself, and
// to whatever else belongs to its scope, it returns [scope.ErrReentrant].
func (p *Pool) Wait(ctx context.Context) error {
	if p.scope.Owns(ctx) {
		return scope.ErrReentrant
	}
	return p.await(ctx)
}

func (p *Pool) await(ctx context.Context) error {
	p.mu.Lock()
	if p.quiet == nil {
		p.quiet = make(chan struct{})
	}
	quiet := p.quiet
	p.quietLocked()
	over := p.quiet == nil
	p.mu.Unlock()
	if over {
		return nil
	}
	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// quietLocked tells those who wait if there is no job any more.
func (p *Pool) quietLocked() {
	if p.quiet != nil && p.queue.n == 0 && p.busy == 0 && p.inline == 0 {
		close(p.quiet)
		p.quiet = nil
	}
}

// Close finishes what was accepted and ends the pool, until ctx ends at the latest:
//
//  1. It refuses new jobs, those of callers who wait for room too, but not those that
//     running jobs submit. It waits until all have ended, whose contexts go on
//     meanwhile, for as long as [WithDrainGrace] says.
//  2. It drops those that have not begun, ends the contexts of the others with the cause
//     [scope.ErrStopped], and waits for them until ctx ends.
//
// Close returns nil if every job has run, whatever its error was. It returns a
// [*DroppedError] that says which have not, and a [*scope.UnstoppedError] that says
// which still run, both joined. Those are abandoned: nobody waits for them any more, but
// their handles. If ctx has ended when the last job does, workers that are about to end
// may be named, too.
//
// Later and concurrent calls do the same with what is left, and return the same. To a
// job of the pool, and to whatever else belongs to its scope, Close returns
// [scope.ErrReentrant].
func (p *Pool) Close(ctx context.Context) error { return p.end(ctx, scope.Draining, scope.ErrDraining) }

// Drop is [Pool.Close] without the queue: it finishes only what has begun. Jobs that
// have not are dropped at once, and none is accepted any more.
func (p *Pool) Drop(ctx context.Context) error { return p.end(ctx, scope.Cancelled, scope.ErrStopped) }

func (p *Pool) end(ctx context.Context, to scope.State, cause error) error {
	if p.scope.Owns(ctx) {
		return scope.ErrReentrant
	}
	p.advance(to, cause)
	p.drain(ctx)
	return p.verdict(p.scope.Close(ctx))
}

// Stop drops the jobs that have not begun, ends the contexts of the others, and waits
// for them, however long that takes. It returns a [*DroppedError] if there was one to
// drop. It is made for defer, and may be called again, but not by a job of the pool.
func (p *Pool) Stop() error {
	p.advance(scope.Cancelled, scope.ErrStopped)
	return p.verdict(p.scope.Stop())
}

// drain waits for the jobs.
func (p *Pool) drain(ctx context.Context) {
	grace := p.cfg.grace
	if grace == 0 {
		deadline, ok := ctx.Deadline()
		if !ok {
			_ = p.await(ctx)
			return
		}
		grace = time.Until(deadline) / 2
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	_ = p.await(ctx) // who is late is told to end
}

// verdict is what a call returns that has closed the scope with err.
func (p *Pool) verdict(err error) error {
	p.mu.Lock()
	defer p.unlock()
	p.followLocked()
	p.growing.stop()
	p.shrinking.stop()
	p.watching.stop()
	if p.lost == 0 {
		return err
	}
	return errors.Join(&DroppedError{p.scope.Path(), byName(p.dropped), p.cause}, err)
}

func (p *Pool) advance(to scope.State, cause error) {
	p.mu.Lock()
	defer p.unlock()
	p.advanceLocked(to, cause)
}

// advanceLocked changes the pool's state, if it was an earlier one.
func (p *Pool) advanceLocked(to scope.State, cause error) {
	if p.state >= to {
		return
	}
	p.state, p.cause = to, cause
	p.turnAwayLocked()
	if to >= scope.Cancelled {
		p.dropLocked()
	}
	p.endIdleLocked(len(p.idle))
	p.refillLocked()
}

// dropLocked empties the queue.
func (p *Pool) dropLocked() {
	for p.queue.n > 0 {
		e := p.queue.pop()
		if p.dropped == nil {
			p.dropped = make(map[string]int)
		}
		p.dropped[e.name]++
		p.lost++
		e.job.resolve(&DroppedError{p.scope.Path(), []Dropped{{e.name, 1}}, p.cause})
	}
	p.quietLocked()
}

// follow is called when the scope takes no new work, and when it was cancelled: by
// whomever.
func (p *Pool) follow() {
	p.mu.Lock()
	defer p.unlock()
	p.followLocked()
}

// followLocked makes the pool's state one that agrees with its scope's.
func (p *Pool) followLocked() {
	switch {
	case p.work.Err() != nil:
		p.advanceLocked(scope.Cancelled, context.Cause(p.work))
	case p.own.Err() != nil:
		p.shut = true
		p.advanceLocked(scope.Draining, context.Cause(p.own))
	}
}
