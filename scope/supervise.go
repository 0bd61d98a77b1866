// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

/*
What a supervisor is made of:

	Run's caller          the owner: one goroutine that decides everything, in a loop of events
	  scope "feeds"       Isolate; one task for each service that is up, its keeper
	    scope "db"        one for each life of a service: its task "run", and what that starts there

The keeper waits for the end of the life, asked for or not, closes its scope within
the service's budget, and tells the owner what came of it. So a life is over when
nothing of it runs any more, and only then can there be another.

The scope "feeds" does not follow Run's context: that ends the contexts of all
services at once, and they are to end one after the other. It is cancelled with the
scope above it all the same.
*/

// A Supervisor keeps services running: it starts them in order, restarts those that
// fail, stops them in the reverse order, and gives up when restarting does not help.
//
// Make one with [NewSupervisor]. [Supervisor.Run] is the function of a task, of a
// component, or of a service of another supervisor:
//
//	feeds, err := scope.NewSupervisor("feeds", []scope.Service{
//		{Name: "cache", Run: cache.Run, ReadyWithin: 10 * time.Second},
//		{Name: "consumer", Run: consume},
//	}, scope.WithStrategy(scope.RestForOne))
//	...
//	err = tasks.Go(ctx, "feeds", feeds.Run)
//
// # Start
//
// Services start in the order of the list, each when the one before it is ready, or
// has ended for good. A service is ready as soon as it runs, unless it has a
// [Service.ReadyWithin]: then it is when it calls [Ready].
//
// # Failure
//
// A service fails if it returns an error, panics (see [RestartPanics]), calls
// runtime.Goexit, is not ready in time, or if a task does so that it has started in
// the scope of its context. A [Permanent] service also fails if it returns nil. An
// error that says that a context was cancelled is a failure like any other as long as
// it was not the service's own context.
//
// What a failed service has left running is stopped first. Then the [Strategy] says
// who is restarted: the services concerned are stopped, the last one first, and start
// again in order. Until every one of them has stopped none is started: if one is
// still running at the end of its [Service.StopBudget], the supervisor gives up.
// There are never two copies of a service.
//
// Restarts are delayed by [WithBackoff] and bounded by [WithIntensity]. A restart
// counts when the failure calls for it, and one of several services counts once.
//
// # End
//
// When the context given to Run ends, services are told so one after the other: the
// context of the last one ends first, and that of the one before it when the last has
// stopped or its budget is used up. Half of the budget passes before
// [WorkContext] ends too. There are no restarts any more. If the scope that Run
// belongs to is cancelled, all services are told at once.
//
// When the supervisor gives up it stops its services in the same way, and Run returns
// a [*SupervisorError]. That is a failure of the task or service whose function Run
// is: under [FailFast] the end of its scope, under another supervisor a restart of
// the whole branch, which counts there.
//
// # What others do
//
// Erlang's supervisors are the model; ours counts a start that fails as a failure,
// which there is an error of the supervisor's own start, delays restarts, and cannot
// kill. The Go package suture differs on purpose in this: when there are too many
// failures it pauses and then goes on for ever, where this one fails upwards; its
// count of failures decays smoothly, where this one is exact; it restarts one for one
// only, and restarts panicking services unless it is told not to; and a supervisor that is
// restarted there may run a second copy of a service that did not stop.
type Supervisor struct {
	name     string
	services []Service
	cfg      supervisorConfig

	mu      sync.Mutex // guards what follows; held for copying only
	running bool
	status  []ServiceStatus
}

// NewSupervisor returns a supervisor of these services, which does not run yet. It
// returns an error if a service has no name, the name of another, or no function, or
// if an option's value makes no sense.
//
// The list does not change: what comes and goes lives in a [Scope]. The names should
// be constants, as those of scopes; see [New].
func NewSupervisor(name string, services []Service, options ...SupervisorOption) (*Supervisor, error) {
	s := &Supervisor{name: name, services: append([]Service(nil), services...), cfg: supervisorDefaults()}
	for _, o := range options {
		o.applySupervisor(&s.cfg)
	}
	if err := errors.Join(checkServices(services), s.cfg.check()); err != nil {
		return nil, fmt.Errorf("scope: supervisor %q: %w", name, err)
	}
	s.reset()
	return s, nil
}

// Run starts the services and keeps them running. It returns when all of them have
// stopped, or were given up:
//
//   - nil if every service has ended for good by itself. That can only be if none is
//     [Permanent], or those that are have returned [ErrDoNotRestart].
//   - [context.Cause] of ctx if that ended, and all services stopped well.
//   - A [*SupervisorError] otherwise.
//
// The services run in a scope of their own below that of ctx, and see the values of
// ctx. Run calls [Ready] with ctx when all of its services are ready: so a service that
// is a supervisor is ready then.
//
// Run may be called again when it has returned, but not before: that is an error.
func (s *Supervisor) Run(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	r := supervise(ctx, s)
	defer r.finish()
	return r.loop()
}

// Start runs [Supervisor.Run] as a task of the scope that ctx belongs to, and returns
// when all services are ready. It suits a function that has to return when
// something is ready, such as a component's Start.
//
// It returns an error if ctx belongs to no scope, if the scope does not admit the
// task, or if Run has ended first, that one's. If ctx ends first it stops what was
// started, waits for that, and returns [context.Cause] of ctx. After Start has
// returned nil, the end of ctx means nothing: the task ends with the scope.
func (s *Supervisor) Start(ctx context.Context) error {
	owner := From(ctx)
	if owner == nil {
		return fmt.Errorf("scope: start of supervisor %q: its context belongs to no scope", s.name)
	}
	up := newSignal()
	t, err := owner.Start(ctx, s.name, func(ctx context.Context) error {
		return s.Run(context.WithValue(ctx, signalKey{}, up))
	}, Cancelable())
	if err != nil {
		return err
	}
	select {
	case <-up.c:
		return nil
	case <-t.Done():
		return t.Wait(ctx)
	case <-ctx.Done():
		t.Cancel(context.Cause(ctx))
		<-t.Done()
		return context.Cause(ctx)
	}
}

// Name returns the name that was given to [NewSupervisor].
func (s *Supervisor) Name() string { return s.name }

// enter makes sure that there is one Run at a time.
func (s *Supervisor) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running {
		return fmt.Errorf("scope: supervisor %q runs already", s.name)
	}
	s.running = true
	s.reset()
	return nil
}

func (s *Supervisor) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = false
}
