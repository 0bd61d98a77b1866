// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A supervision is one Run of a supervisor. Its fields belong to the goroutine of
// Run, the owner; keepers only send turns.
type supervision struct {
	sup      *Supervisor
	ctx      context.Context // Run's
	scope    *Scope
	slots    []slot
	failures []Failure
	turns    chan turn
	gone     chan struct{} // closed when the owner does not listen any more

	over error            // why it ends, for the services; nil while it does not
	cut  bool             // the scope was cancelled: nobody is stopped in order
	fail *SupervisorError // what it ends with; nil if it ends as it was told and nothing goes wrong
}

// A slot is what there is to know about one service.
type slot struct {
	ServiceStatus
	life     *life     // nil while it does not run
	doom     error     // why the life is to end; nil if it is not
	inTurn   bool      // it starts when all before it are up
	final    bool      // it is never started again
	due      time.Time // it does not start before
	readyAt  time.Time // zero if its life has not been ready yet
	lives    int
	failures int // in a row
}

// up reports whether the services behind it may start.
func (k *slot) up() bool { return k.State == ServiceReady || k.State == ServiceEnded }

func supervise(ctx context.Context, s *Supervisor) *supervision {
	r := &supervision{sup: s, ctx: ctx, turns: make(chan turn), gone: make(chan struct{})}
	r.scope = New(context.WithoutCancel(ctx), s.name, WithPolicy(Isolate))
	r.slots = make([]slot, len(s.services))
	for i := range r.slots {
		r.slots[i] = slot{ServiceStatus: ServiceStatus{Name: s.services[i].Name}, inTurn: true}
	}
	return r
}

// loop is the owner.
func (r *supervision) loop() error {
	for i := range r.slots {
		r.to(i, ServiceWaiting, nil)
	}
	for {
		r.obey()
		r.stopNext()
		r.startDue()
		if r.isOver() {
			return r.result()
		}
		ended, cancelled := r.ctx.Done(), r.scope.Context().Done()
		if r.over != nil {
			ended = nil // known
		}
		if r.cut {
			cancelled = nil
		}
		select {
		case t := <-r.turns:
			r.obey() // it may have ended because of that
			r.take(t)
		case <-r.nextDue():
		case <-ended:
		case <-cancelled:
		}
	}
}

// finish leaves nothing behind. Services that run still were given up; or an observer
// has panicked, and they end now.
func (r *supervision) finish() {
	close(r.gone)
	r.scope.Cancel(ErrStopped)
	_ = r.scope.awaitOwn(context.Background()) // keepers, which take no longer than the budgets
	r.scope.advance(Closing, ErrStopped)
	r.scope.finish()
}

// obey ends the supervision if the context or the scope above has ended.
func (r *supervision) obey() {
	r.cut = r.scope.State() != Open
	switch {
	case r.over != nil:
	case r.ctx.Err() != nil:
		r.end(context.Cause(r.ctx))
	case r.cut:
		r.end(r.scope.Cause())
	}
}

// giveUp ends the supervision because of service i.
func (r *supervision) giveUp(reason error, i int, err error) {
	r.blame(reason, i, err)
	if r.over == nil {
		why := *r.fail // which services see; the other one is not ready yet
		r.end(&why)
	}
}

// blame notes what service i has ended with. There is a reason if that is more than
// an error of a service that was to end.
func (r *supervision) blame(reason error, i int, err error) {
	if r.fail == nil {
		r.fail = &SupervisorError{Supervisor: r.scope.path, Reason: reason, Service: r.slots[i].Name, Err: err, Failures: r.failures}
		return
	}
	r.fail.Err = errors.Join(r.fail.Err, fmt.Errorf("service %q: %w", r.slots[i].Name, err))
}

// end begins the end.
func (r *supervision) end(why error) {
	r.over = why
	for i := range r.slots {
		switch k := &r.slots[i]; {
		case k.life != nil:
			k.doom = why
		case k.State != ServiceEnded:
			r.to(i, ServiceEnded, nil)
		}
	}
}

// isOver reports whether nothing runs and nothing is to be started.
func (r *supervision) isOver() bool {
	for i := range r.slots {
		if r.slots[i].State != ServiceEnded {
			return false
		}
	}
	return true
}

func (r *supervision) result() error {
	if r.fail != nil {
		return r.fail
	}
	return r.over
}

// stopNext tells the last one of those that are to end, or all of them if the scope
// was cancelled.
func (r *supervision) stopNext() {
	for i := len(r.slots) - 1; i >= 0; i-- {
		k := &r.slots[i]
		if k.doom == nil {
			continue
		}
		if k.State != ServiceStopping {
			k.life.why = k.doom
			close(k.life.stop)
			r.to(i, ServiceStopping, nil)
		}
		if !r.cut {
			return
		}
	}
}

// startDue starts whom nothing holds back, unless somebody is still being stopped.
func (r *supervision) startDue() {
	up := true
	for i := range r.slots {
		if r.slots[i].doom != nil || r.over != nil {
			return
		}
	}
	for i := range r.slots {
		k := &r.slots[i]
		if k.life == nil && k.State != ServiceEnded && (up || !k.inTurn) && !time.Now().Before(k.due) {
			r.revive(i)
		}
		up = up && k.up()
	}
	if up {
		Ready(r.ctx)
	}
}

func (r *supervision) revive(i int) {
	k := &r.slots[i]
	if !r.start(i) {
		return // the scope was cancelled just now, which ends the loop
	}
	k.readyAt = time.Time{}
	k.Restarts = k.lives
	k.lives++
	if k.life.service.ReadyWithin != 0 {
		r.to(i, ServiceStarting, nil)
		return
	}
	r.ready(i)
}

func (r *supervision) ready(i int) {
	k := &r.slots[i]
	k.readyAt = time.Now()
	k.inTurn = false
	r.to(i, ServiceReady, nil)
}

// nextDue returns a channel for the next time at which a backoff is over, nil if
// there is none.
func (r *supervision) nextDue() <-chan time.Time {
	var next time.Time
	for i := range r.slots {
		k := &r.slots[i]
		if k.life == nil && k.State != ServiceEnded && time.Now().Before(k.due) && (next.IsZero() || k.due.Before(next)) {
			next = k.due
		}
	}
	if next.IsZero() {
		return nil
	}
	return time.After(time.Until(next))
}

// to changes a service's state.
func (r *supervision) to(i int, state ServiceState, err error) {
	k := &r.slots[i]
	k.State, k.Since, k.Next = state, time.Now(), time.Time{}
	if state == ServiceBackoff {
		k.Next = k.due
	}
	if err != nil {
		k.LastError = textOf(err)
	}
	r.sup.publish(i, k.ServiceStatus, err)
}
