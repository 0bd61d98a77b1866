// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A life is a service from a start until nothing of it runs any more.
type life struct {
	index   int // of the service
	service *Service
	scope   *Scope
	ready   *signal
	why     error         // why it is to end; set before stop is closed
	stop    chan struct{} // closed by the owner when it is to end
}

// A turn is what a keeper tells the owner about a life.
type turn struct {
	life      *life
	now       ServiceState    // ready, stopping or ended
	unstopped *UnstoppedError // it is given up, and still runs
	err       error           // what else it ended with
}

// taskRun is the task in a life's scope whose function is Service.Run.
const taskRun = "run"

// start makes a life of service i. It reports whether there may be one.
func (r *supervision) start(i int) bool {
	l := &life{index: i, service: &r.sup.services[i], ready: newSignal(), stop: make(chan struct{})}
	ctx := r.scope.Context()
	l.scope = New(context.WithValue(ctx, signalKey{}, l.ready), l.service.Name, r.sup.cfg.life...)
	err := r.scope.Go(ctx, l.service.Name, func(context.Context) error {
		r.keep(l)
		return nil
	})
	if err != nil {
		l.scope.Stop()
		return false
	}
	r.slots[i].life = l
	return true
}

// keep is the keeper of a life.
func (r *supervision) keep(l *life) {
	var why error
	var late bool
	if t, err := l.scope.Start(l.scope.Context(), taskRun, l.service.Run); err == nil {
		why, late = r.watch(l, t.Done())
	}
	if l.scope.holds() {
		r.tell(turn{life: l, now: ServiceStopping})
	}
	l.scope.Shut(why)
	ctx, cancel := l.service.stopContext()
	defer cancel()
	end := turn{life: l, now: ServiceEnded, unstopped: abandonedIn(l.scope, l.scope.Close(ctx)), err: l.scope.taskErrors()}
	if late {
		end.err = errors.Join(why, end.err)
	}
	r.tell(end)
}

// watch returns when the service has returned or a task of its has failed, or with the
// reason when it is to end; it is late if that is that it is not ready in time.
func (r *supervision) watch(l *life, done <-chan struct{}) (why error, late bool) {
	ready := l.ready.c
	var timeout <-chan time.Time
	switch d := l.service.ReadyWithin; {
	case d == 0:
		ready = nil // the owner knows
	case d > 0:
		timeout = time.After(d)
	}
	cancelled := l.scope.work.Done()
	for {
		select {
		case <-ready:
			r.tell(turn{life: l, now: ServiceReady})
			ready, timeout = nil, nil
		case <-cancelled:
			if l.failedTask() {
				done = cancelled // it is over, too
			}
			cancelled = nil
		case <-timeout:
			if !l.ready.given.Load() {
				return fmt.Errorf("%w: not within %v", ErrNotReady, l.service.ReadyWithin), true
			}
			timeout = nil
		case <-l.stop:
			return l.why, false
		case <-r.gone:
			return ErrStopped, false
		case <-done:
			if ready != nil && l.ready.given.Load() {
				r.tell(turn{life: l, now: ServiceReady})
			}
			return nil, false
		}
	}
}

// failedTask reports whether the scope was cancelled because a task failed, other than
// that of Service.Run, which has returned then.
func (l *life) failedTask() bool {
	t, ok := errors.AsType[*TaskError](context.Cause(l.scope.work))
	return ok && t.Scope == l.scope.path && t.Task != taskRun
}

// tell gives the owner a turn, unless it does not listen any more.
func (r *supervision) tell(t turn) {
	select {
	case r.turns <- t:
	case <-r.gone:
	}
}

// stopContext bounds the end of a life.
func (s *Service) stopContext() (context.Context, context.CancelFunc) {
	budget := s.StopBudget
	if budget == 0 {
		budget = DefaultStopBudget
	}
	if budget < 0 {
		return context.Background(), func() {}
	}
	return context.WithTimeout(context.Background(), budget)
}

// taskErrors returns the errors of the scope's tasks. That of Service.Run is returned
// as it is: its name says nothing.
func (s *Scope) taskErrors() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := make([]error, 0, len(s.endings.errs))
	for _, err := range s.endings.errs {
		if t, ok := err.(*TaskError); ok && t.Task == taskRun {
			err = t.Err
		}
		errs = append(errs, err)
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
