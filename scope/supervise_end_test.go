// SPDX-License-Identifier: Apache-2.0

package scope_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// supervisorError returns the one that err is.
func supervisorError(t *testing.T, err error) *scope.SupervisorError {
	t.Helper()
	e, ok := err.(*scope.SupervisorError)
	if !ok {
		t.Fatalf("error is a %T, want a *SupervisorError: %v", err, err)
	}
	return e
}

// TestSuperviseIntensity: at most R restarts within T, exact at the boundary.
func TestSuperviseIntensity(t *testing.T) {
	second := after(time.Second, errBoom)
	none := scope.WithBackoff(0, 0, 0)
	for _, c := range []struct {
		name     string
		services []scope.Service
		options  []scope.SupervisorOption
		at       time.Duration // when it gives up; 0: never
		failures int           // that count then
	}{
		{"none at all", []scope.Service{{Name: "a", Run: second}}, []scope.SupervisorOption{scope.WithIntensity(0, 0)}, time.Second, 1},
		{"a restart exactly so long ago does not count", []scope.Service{{Name: "a", Run: second}}, []scope.SupervisorOption{none, scope.WithIntensity(2, 2*time.Second)}, 0, 0},
		{"a nanosecond less and it does", []scope.Service{{Name: "a", Run: second}}, []scope.SupervisorOption{none, scope.WithIntensity(2, 2*time.Second+1)}, 3 * time.Second, 3},
		{"all services together", []scope.Service{{Name: "a", Run: second}, {Name: "b", Run: second}}, []scope.SupervisorOption{none, scope.WithIntensity(3, time.Minute)}, 2 * time.Second, 4},
		{"no bound", []scope.Service{{Name: "a", Run: second}}, []scope.SupervisorOption{none, scope.WithIntensity(-1, 0)}, 0, 0},
		{"the default", []scope.Service{{Name: "a", Run: after(0, errBoom)}}, nil, 3100 * time.Millisecond, 6},
		{
			"one restart of several services counts once",
			[]scope.Service{{Name: "a", Run: lives(second, second, forever)}, {Name: "b", Run: forever}, {Name: "c", Run: forever}},
			[]scope.SupervisorOption{scope.WithStrategy(scope.OneForAll), scope.WithIntensity(2, time.Minute)},
			0, 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sup := supervisor(t, c.services, append(c.options, fixed)...)
				ctx, cancel := context.WithTimeoutCause(t.Context(), 5*time.Minute+time.Millisecond, errEnd)
				defer cancel()
				began := time.Now()
				err := sup.Run(ctx)
				if c.at == 0 {
					if err != errEnd {
						t.Fatalf("Run = %v, want that it goes on to the end", err)
					}
					return
				}
				if took := time.Since(began); took != c.at {
					t.Errorf("gave up after %v, want %v", took, c.at)
				}
				e := supervisorError(t, err)
				if !errors.Is(err, scope.ErrTooManyRestarts) || !errors.Is(err, errBoom) || len(e.Failures) != c.failures {
					t.Errorf("Run = %v with failures %v, want %d that match ErrTooManyRestarts and the last cause", err, e.Failures, c.failures)
				}
			})
		})
	}
}

// supervisor returns one called "sup".
func supervisor(t *testing.T, services []scope.Service, options ...scope.SupervisorOption) *scope.Supervisor {
	t.Helper()
	sup, err := scope.NewSupervisor("sup", services, options...)
	if err != nil {
		t.Fatal(err)
	}
	return sup
}

// TestSuperviseGivesUp: the others are stopped in reverse order, and the error tells
// the story.
func TestSuperviseGivesUp(t *testing.T) {
	fail := lives(after(time.Second, errors.New("first")), after(time.Second, errBoom))
	err := story{
		services: []scope.Service{{Name: "a", Run: slow(time.Second)}, {Name: "b", Run: fail}, {Name: "c", Run: slow(time.Second)}},
		options:  []scope.SupervisorOption{scope.WithIntensity(1, time.Minute)},
		want: `0s a waiting, b waiting, c waiting, a ready, b ready, c ready
			1s b backoff (first)
			1.1s b ready
			2.1s b ended (boom), c stopping
			3.1s c ended, a stopping
			4.1s a ended`,
		err: scope.ErrTooManyRestarts,
	}.tell(t)
	e := supervisorError(t, err)
	if got, want := e.Error(), `scope: supervisor "sup": too many restarts: service "b": boom`; got != want {
		t.Errorf("error = %s, want %s", got, want)
	}
	var history []string
	for _, f := range e.Failures {
		history = append(history, fmt.Sprintf("%s +%v %v", f.Service, f.At.Sub(e.Failures[0].At), f.Err))
	}
	if got, want := strings.Join(history, ", "), "b +0s first, b +1.1s boom"; got != want {
		t.Errorf("failures = %s, want %s", got, want)
	}
}

// TestSuperviseNotStopped: nothing is restarted beside something that may still run.
func TestSuperviseNotStopped(t *testing.T) {
	helperStays := func(ctx context.Context) error {
		err := scope.From(ctx).Go(ctx, "helper", func(context.Context) error {
			time.Sleep(time.Hour)
			return nil
		})
		return errors.Join(err, after(time.Second, errBoom)(ctx))
	}
	for _, s := range []story{
		{
			name: "a sibling",
			services: []scope.Service{
				{Name: "a", Run: forever},
				{Name: "b", Run: slow(time.Hour), StopBudget: 10 * time.Second},
				{Name: "c", Run: lives(after(time.Second, errBoom), forever)},
			},
			options: []scope.SupervisorOption{scope.WithStrategy(scope.OneForAll)},
			want: `0s a waiting, b waiting, c waiting, a ready, b ready, c ready
				1s c backoff (boom), b stopping
				11s b ended (still runs: run of sup/b), c ended, a stopping, a ended`,
			err: scope.ErrNotStopped,
		},
		{
			name: "a task of its own",
			services: []scope.Service{
				{Name: "a", Run: forever},
				{Name: "b", Run: helperStays},
			},
			want: `0s a waiting, b waiting, a ready, b ready
				1s b stopping
				6s b ended (still runs: helper of sup/b), a stopping, a ended`,
			err: scope.ErrNotStopped,
		},
		{
			name: "one that is late for its start",
			services: []scope.Service{
				{Name: "a", Run: slow(time.Hour), ReadyWithin: time.Second, StopBudget: time.Second},
			},
			want: `0s a waiting, a starting
				1s a stopping
				2s a ended (still runs: run of sup/a)`,
			err: scope.ErrNotStopped,
		},
		{
			name: "at the end",
			services: []scope.Service{
				{Name: "a", Run: slow(time.Second)},
				{Name: "b", Run: slow(time.Hour), StopBudget: 10 * time.Second},
			},
			end: time.Second,
			want: `0s a waiting, b waiting, a ready, b ready
				1s b stopping
				11s b ended (still runs: run of sup/b), a stopping
				12s a ended`,
			err: scope.ErrNotStopped,
		},
	} {
		t.Run(s.name, func(t *testing.T) {
			err := s.tell(t)
			if _, ok := errors.AsType[*scope.UnstoppedError](err); !ok {
				t.Errorf("Run = %v, want that it wraps the *UnstoppedError", err)
			}
		})
	}
}

// TestSuperviseGivesUpBecauseOfLate: the cause that the others see is not their error.
func TestSuperviseGivesUpBecauseOfLate(t *testing.T) {
	err := story{
		services: []scope.Service{{Name: "a", Run: forever}, {Name: "b", Run: forever, ReadyWithin: time.Second}},
		options:  []scope.SupervisorOption{scope.WithIntensity(0, 0)},
		want: `0s a waiting, b waiting, a ready, b starting
			1s b stopping, b ended (service was not ready in time: not within 1s), a stopping, a ended`,
		err: scope.ErrNotReady,
	}.tell(t)
	if got, want := err.Error(), `scope: supervisor "sup": too many restarts: service "b": service was not ready in time: not within 1s`; got != want {
		t.Errorf("Run = %s, want %s", got, want)
	}
}

// TestSuperviseCauseStays: what services are told does not change while others end.
func TestSuperviseCauseStays(t *testing.T) {
	var first, later string
	remember := func(ctx context.Context) error {
		<-ctx.Done()
		first = context.Cause(ctx).Error()
		time.Sleep(time.Hour)
		later = context.Cause(ctx).Error()
		return nil
	}
	err := story{
		services: []scope.Service{{Name: "a", Run: remember}, {Name: "b", Run: after(time.Second, errBoom)}},
		options:  []scope.SupervisorOption{scope.WithIntensity(0, 0)},
		plain:    true,
		want: `0s a waiting, b waiting, a ready, b ready
			1s b ended, a stopping
			6s a ended`,
		err: scope.ErrTooManyRestarts,
	}.tell(t)
	if want := `scope: supervisor "sup": too many restarts: service "b": boom`; first != want || later != want {
		t.Errorf("a is told %s, then %s, want %s", first, later, want)
	}
	if _, ok := errors.AsType[*scope.UnstoppedError](err); !ok {
		t.Errorf("Run = %v, want that it names the one that did not stop, too", err)
	}
}

// TestSuperviseStopped: services that do not stop well are not forgotten.
func TestSuperviseStopped(t *testing.T) {
	stop := func(text string) run {
		return func(ctx context.Context) error {
			<-ctx.Done()
			return errors.New(text)
		}
	}
	err := story{
		services: []scope.Service{
			{Name: "a", Run: stop("no flush")},
			{Name: "b", Run: stop("never mind"), Restart: scope.Temporary},
			{Name: "c", Run: stop("no commit")},
			{Name: "d", Run: stop("")},
		},
		end: time.Second,
	}.failed(t)
	e := supervisorError(t, err)
	want := "scope: stop supervisor \"sup\": service \"d\": \nservice \"c\": no commit\nservice \"a\": no flush"
	if e.Reason != nil || e.Error() != want {
		t.Errorf("Run = %v because of %v, want %s", err, e.Reason, want)
	}
}

// failed runs a story without looking at what happens.
func (s story) failed(t *testing.T) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), s.end, errEnd)
		defer cancel()
		err = supervisor(t, s.services, s.options...).Run(ctx)
	})
	return err
}

// TestSuperviseTerminateTree: the one that asks for it ends all, also while others
// wait.
func TestSuperviseTerminateTree(t *testing.T) {
	err := story{
		services: []scope.Service{
			{Name: "a", Run: forever},
			{Name: "b", Run: after(time.Second, fmt.Errorf("disk is gone: %w", scope.ErrTerminateTree)), Restart: scope.Temporary},
			{Name: "c", Run: after(0, errBoom)},
		},
		options: []scope.SupervisorOption{scope.WithBackoff(time.Hour, time.Hour, 0)},
		want: `0s a waiting, b waiting, c waiting, a ready, b ready, c ready, c backoff (boom)
			1s b ended (disk is gone: service has ended its supervisors), c ended, a stopping, a ended`,
		err: scope.ErrTerminateTree,
	}.tell(t)
	if e := supervisorError(t, err); e.Reason != scope.ErrTerminateTree || e.Service != "b" {
		t.Errorf("reason = %v because of %q", e.Reason, e.Service)
	}
}

// nest returns a service that is a supervisor of leaf, and another one.
func nest(t *testing.T, leaf run) []scope.Service {
	inner, err := scope.NewSupervisor("inner", []scope.Service{{Name: "leaf", Run: leaf}, {Name: "slow", Run: readyAfter(time.Second, forever), ReadyWithin: -1}},
		fixed, scope.WithIntensity(1, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return []scope.Service{
		{Name: "branch", Run: inner.Run, ReadyWithin: -1, StopBudget: time.Minute},
		{Name: "other", Run: forever},
	}
}

// TestSuperviseNested: a supervisor that gives up is a service that has failed, and
// its restart counts one level up; ErrTerminateTree ends all levels.
func TestSuperviseNested(t *testing.T) {
	t.Run("escalates", func(t *testing.T) {
		err := story{
			plain:    true,
			services: nest(t, after(10*time.Second, errBoom)),
			options:  []scope.SupervisorOption{scope.WithIntensity(1, time.Minute)},
			want: `0s branch waiting, other waiting, branch starting
				1s branch ready, other ready
				20.1s branch backoff
				20.2s branch starting
				21.2s branch ready
				40.3s branch ended, other stopping, other ended`,
			err: scope.ErrTooManyRestarts,
		}.tell(t)
		outer := supervisorError(t, err)
		inner, ok := errors.AsType[*scope.SupervisorError](outer.Err)
		if !ok || outer.Supervisor != "sup" || inner.Supervisor != "sup/branch/inner" || !errors.Is(inner.Err, errBoom) {
			t.Errorf("Run = %v, want the inner supervisor's error in the outer one's", err)
		}
	})
	t.Run("terminates", func(t *testing.T) {
		err := story{
			plain:    true,
			services: nest(t, after(10*time.Second, scope.ErrTerminateTree)),
			want: `0s branch waiting, other waiting, branch starting
				1s branch ready, other ready
				10s branch ended, other stopping, other ended`,
			err: scope.ErrTerminateTree,
		}.tell(t)
		if e := supervisorError(t, err); e.Reason != scope.ErrTerminateTree || e.Service != "branch" {
			t.Errorf("reason = %v because of %q", e.Reason, e.Service)
		}
	})
}

// TestSuperviseNestedStops: a level waits for what the one below it has given up, and
// gives up itself if that is in vain.
func TestSuperviseNestedStops(t *testing.T) {
	t.Run("does not stop", func(t *testing.T) {
		err := story{
			plain:    true,
			services: nest(t, slow(time.Hour)),
			end:      10 * time.Second,
			want: `0s branch waiting, other waiting, branch starting
				1s branch ready, other ready
				10s other stopping, other ended, branch stopping
				1m10s branch ended`,
			err: scope.ErrNotStopped,
		}.tell(t)
		if u, ok := errors.AsType[*scope.UnstoppedError](err); !ok || len(u.Survey.Groups) != 1 || u.Survey.Groups[0].Scope != "sup/branch/inner/leaf" {
			t.Errorf("Run = %v, want the name of the service that still runs", err)
		}
	})
	t.Run("stops after all", func(t *testing.T) {
		inner := supervisor(t, []scope.Service{
			{Name: "leaf", Run: lives(slow(30*time.Second), forever)},
			{Name: "flaky", Run: lives(after(time.Second, errBoom), forever)},
		}, scope.WithStrategy(scope.OneForAll))
		story{
			plain:    true,
			services: []scope.Service{{Name: "branch", Run: inner.Run, StopBudget: time.Minute}},
			end:      2 * time.Minute,
			want: `0s branch waiting, branch ready
				6s branch stopping
				31s branch backoff
				31.1s branch ready
				2m0s branch stopping, branch ended`,
			err: errEnd,
		}.tell(t)
	})
	t.Run("ends in order", func(t *testing.T) {
		story{
			services: nest(t, slow(time.Second)),
			end:      10 * time.Second,
			want: `0s branch waiting, other waiting, branch starting
				1s branch ready, other ready
				10s other stopping, other ended, branch stopping
				11s branch ended`,
			err: errEnd,
		}.tell(t)
	})
}
