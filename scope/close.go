// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Wait waits until no task runs in the scope or below it, and returns [Scope.Err].
// It closes nothing: tasks can be started before, meanwhile and after. If ctx ends
// first it returns [context.Cause] of that.
//
// A task that waits for its own scope, or for one above, would wait for itself: it
// gets [ErrReentrant].
func (s *Scope) Wait(ctx context.Context) error {
	if s.within(ctx) {
		return ErrReentrant
	}
	if err := s.await(ctx); err != nil {
		return err
	}
	return s.Err()
}

// await returns when no task runs in s or below it: when none did as it looked at
// each scope, and none was admitted in any since the first look.
func (s *Scope) await(ctx context.Context) error {
	for {
		before := s.countAdmitted()
		if err := s.awaitEach(ctx); err != nil {
			return err
		}
		if s.countAdmitted() == before {
			return nil
		}
	}
}

func (s *Scope) awaitEach(ctx context.Context) error {
	if err := s.awaitOwn(ctx); err != nil {
		return err
	}
	for _, c := range s.offspring() {
		if err := c.awaitEach(ctx); err != nil {
			return err
		}
	}
	return nil
}

// awaitOwn returns when the scope itself has no task.
func (s *Scope) awaitOwn(ctx context.Context) error {
	s.mu.Lock()
	if s.live == 0 {
		s.mu.Unlock()
		return nil
	}
	if s.quiet == nil {
		s.quiet = make(chan struct{})
	}
	quiet := s.quiet
	s.mu.Unlock()
	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// countAdmitted returns how many tasks and scopes there ever were in s and below. It
// never becomes less: those that are gone count on.
func (s *Scope) countAdmitted() uint64 {
	s.mu.Lock()
	n, children := s.admitted+s.past, s.offspringLocked()
	s.mu.Unlock()
	for _, c := range children {
		n += 1 + c.countAdmitted()
	}
	return n
}

// Stop cancels the scope, waits until nothing runs in it or below it, however long
// that takes, and returns [Scope.Err]. It is made for defer: after a [Scope.Wait] it
// only lets go of the scope, and it may be called again.
//
//	s := scope.New(ctx, "fetch")
//	defer s.Stop()
//
// It must not be called by a task of the scope.
func (s *Scope) Stop() error {
	s.Cancel(ErrStopped)
	s.advance(Closing, ErrStopped)
	_ = s.await(context.Background())
	s.finish()
	return s.Err()
}

// finish is the end of a scope in which nothing runs any more, or that was given up.
// What is still below it goes with it.
func (s *Scope) finish() {
	for _, c := range s.offspring() {
		c.finish()
	}
	s.advance(Closed, ErrStopped)
	s.endTake(ErrStopped) // lets go of the contexts above
	s.endWork(ErrStopped)
	if s.unfollow != nil {
		s.unfollow()
	}
	s.depart()
}

// holds reports whether tasks run in s or below it, that were given up.
func (s *Scope) holds() bool {
	s.mu.Lock()
	live := s.live
	s.mu.Unlock()
	return live > 0 || slices.ContainsFunc(s.offspring(), (*Scope).holds)
}

// Close ends the scope and all below it in stages, until ctx ends at the latest:
//
//  1. It shuts them, as [Scope.Shut] does, and waits until nothing runs, for as long
//     as [WithDrainGrace] says.
//  2. It cancels them one after the other with the cause [ErrStopped]: the child that
//     was made last with all below it first, the scope's own tasks last. Each gets
//     its [WithBudget] to end.
//  3. It waits for those that took longer until ctx ends.
//
// Close returns nil if every task of the scope ended well, whatever it had to be told
// to do so; [Scope.Err] if not. If tasks still run when ctx ends, everything has been cancelled
// by then, and Close returns an [*UnstoppedError] that names them, joined with
// [Scope.Err]. They are abandoned: they run on, and nobody waits for them any more.
// Finding their stacks takes time after that: microseconds for each goroutine of the
// process.
//
// Later and concurrent calls do the same with what is left. A task of the scope that
// calls it gets [ErrReentrant], if ctx is its own.
func (s *Scope) Close(ctx context.Context) error {
	if s.within(ctx) {
		return ErrReentrant
	}
	began := now()
	s.notice(began)
	s.Shut(nil)
	if !s.drains(ctx) {
		s.cancelInOrder(ctx, newShares(ctx, s.count()), false)
	}
	s.Cancel(ErrStopped)
	s.advance(Closing, ErrStopped)
	if err := s.await(ctx); err != nil {
		return s.giveUp(err, now()-began)
	}
	s.finish()
	return s.Err()
}

// drains waits for the end of work that was begun. It reports whether that came.
func (s *Scope) drains(ctx context.Context) bool {
	grace := s.cfg.grace
	if grace == 0 {
		deadline, ok := ctx.Deadline()
		if !ok {
			return s.await(ctx) == nil
		}
		grace = time.Until(deadline) / 2
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	return s.await(ctx) == nil
}

// cancelInOrder cancels s and what is below it, children first. outside is as in
// cancel.
func (s *Scope) cancelInOrder(ctx context.Context, share *shares, outside bool) {
	for _, c := range slices.Backward(s.offspring()) {
		c.cancelInOrder(ctx, share, true)
	}
	s.cancel(ErrStopped, outside)
	s.advance(Closing, ErrStopped)
	if budget := share.next(s.cfg.budget); budget >= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, budget)
		defer cancel()
	}
	_ = s.awaitOwn(ctx) // who is late is waited for again at the end
}

// count returns how many scopes there are, from s down.
func (s *Scope) count() int {
	n := 1
	for _, c := range s.offspring() {
		n += c.count()
	}
	return n
}

// shares divide what is left of a context's time among scopes, with one share for
// those that take longer than theirs.
type shares struct {
	ctx  context.Context
	left int
}

func newShares(ctx context.Context, scopes int) *shares { return &shares{ctx, scopes} }

// next returns what the next scope may take, negative for no limit.
func (d *shares) next(budget time.Duration) time.Duration {
	d.left = max(1, d.left)
	share := time.Duration(-1)
	if deadline, ok := d.ctx.Deadline(); ok {
		share = max(0, time.Until(deadline)) / time.Duration(d.left+1)
	}
	d.left--
	if budget > 0 {
		return budget
	}
	return share
}

// giveUp abandons what still runs.
func (s *Scope) giveUp(cause error, after time.Duration) error {
	s.abandon()
	survey := s.unstopped()
	s.finish()
	if len(survey.Groups) == 0 { // it ended just now
		return s.Err()
	}
	e := &UnstoppedError{Scope: s.path, After: after, Cause: cause, Survey: survey}
	if err := s.Err(); err != nil {
		return errors.Join(e, err)
	}
	return e
}

// notice makes this the time since when tasks are known to run, if none is known.
func (s *Scope) notice(at time.Duration) {
	s.mu.Lock()
	for _, k := range s.kinds {
		for n := k.first; n != nil && n.since == 0; n = n.next {
			n.since = at
		}
	}
	for k := range s.workers {
		k.worker.seen(at)
	}
	s.mu.Unlock()
	for _, c := range s.offspring() {
		c.notice(at)
	}
}

// abandon gives tasks that still run their outcome.
func (s *Scope) abandon() {
	s.mu.Lock()
	for n := range s.nodesLocked() {
		if !n.abandoned {
			n.abandoned = true
			s.endings.n[Abandoned]++
		}
	}
	s.mu.Unlock()
	for _, c := range s.offspring() {
		c.abandon()
	}
}
