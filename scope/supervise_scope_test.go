// SPDX-License-Identifier: Apache-2.0

package scope_test

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// bubble is synctest.Test with a scope "root" and a supervisor "sup", whose changes
// are written down.
func bubble(t *testing.T, services []scope.Service, f func(t *testing.T, root *scope.Scope, sup *scope.Supervisor, log *chronicle), options ...scope.Option) {
	synctest.Test(t, func(t *testing.T) {
		log := new(chronicle)
		sup := supervisor(t, services, fixed, log.observer())
		root := scope.New(t.Context(), "root", options...)
		defer root.Stop()
		log.begin()
		f(t, root, sup, log)
	})
}

func expect(t *testing.T, log *chronicle, want string) {
	t.Helper()
	if got := log.String(); got != trim(want) {
		t.Errorf("it happened:\n%s\nwant:\n%s", got, trim(want))
	}
}

// TestSuperviseParentDrains: services are told in reverse order, take no new work, and
// finish what they have begun until half of their budget has passed.
func TestSuperviseParentDrains(t *testing.T) {
	var events chronicle
	service := func(name string, work time.Duration) scope.Service {
		return scope.Service{Name: name, StopBudget: 10 * time.Second, Run: func(ctx context.Context) error {
			<-ctx.Done()
			events.note(scope.ServiceStatus{Name: name, State: scope.ServiceStopping}, context.Cause(ctx))
			return after(work, nil)(scope.WorkContext(ctx))
		}}
	}
	services := []scope.Service{service("a", time.Second), service("b", time.Hour), service("c", time.Second)}
	bubble(t, services, func(t *testing.T, root *scope.Scope, sup *scope.Supervisor, log *chronicle) {
		events.begin()
		if err := root.Go(t.Context(), "sup", sup.Run); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		root.Shut(errEnd)
		if err := root.Wait(t.Context()); err != nil {
			t.Errorf("Wait = %v", err)
		}
		expect(t, log, `0s a waiting, b waiting, c waiting, a ready, b ready, c ready
			1m0s c stopping
			1m1s c ended, b stopping
			1m6s b ended, a stopping
			1m7s a ended`)
		expect(t, &events, `1m0s c stopping (end of the story)
			1m1s b stopping (end of the story)
			1m6s a stopping (end of the story)`)
	})
}

// TestSuperviseParentIsCancelled: all services are told at once.
func TestSuperviseParentIsCancelled(t *testing.T) {
	services := []scope.Service{{Name: "a", Run: slow(2 * time.Second)}, {Name: "b", Run: slow(time.Second)}, {Name: "c", Run: slow(3 * time.Second)}}
	bubble(t, services, func(t *testing.T, root *scope.Scope, sup *scope.Supervisor, log *chronicle) {
		task, err := root.Start(t.Context(), "sup", sup.Run)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		root.Cancel(errEnd)
		if err := task.Wait(t.Context()); err != nil {
			t.Errorf("Wait = %v", err)
		}
		expect(t, log, `0s a waiting, b waiting, c waiting, a ready, b ready, c ready
			1m0s c stopping, b stopping, a stopping
			1m1s b ended
			1m2s a ended
			1m3s c ended`)
	})
}

// TestSuperviseParentIsCancelledLate: in the middle of an end in order.
func TestSuperviseParentIsCancelledLate(t *testing.T) {
	services := []scope.Service{{Name: "a", Run: slow(500 * time.Millisecond)}, {Name: "b", Run: slow(time.Second)}, {Name: "c", Run: slow(3 * time.Second)}}
	bubble(t, services, func(t *testing.T, root *scope.Scope, sup *scope.Supervisor, log *chronicle) {
		if err := root.Go(t.Context(), "sup", sup.Run); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		root.Shut(nil)
		time.Sleep(time.Second)
		root.Cancel(nil)
		_ = root.Wait(t.Context())
		expect(t, log, `0s a waiting, b waiting, c waiting, a ready, b ready, c ready, c stopping
			1s b stopping, a stopping
			1.5s a ended
			2s b ended
			3s c ended`)
	})
}

// TestSuperviseContextHasEnded: nothing is started.
func TestSuperviseContextHasEnded(t *testing.T) {
	bubble(t, []scope.Service{{Name: "a", Run: forever}}, func(t *testing.T, root *scope.Scope, sup *scope.Supervisor, log *chronicle) {
		ctx := root.Context()
		root.Shut(errEnd)
		if err := sup.Run(ctx); err != errEnd {
			t.Errorf("Run = %v, want %v", err, errEnd)
		}
		expect(t, log, "0s a waiting, a ended")
	})
}

// TestSuperviseFailsUpward: a supervisor that gives up ends the scope that it is a
// task of.
func TestSuperviseFailsUpward(t *testing.T) {
	services := []scope.Service{{Name: "a", Run: after(0, errBoom)}}
	bubble(t, services, func(t *testing.T, root *scope.Scope, sup *scope.Supervisor, _ *chronicle) {
		if err := root.Go(t.Context(), "sup", sup.Run); err != nil {
			t.Fatal(err)
		}
		err := root.Wait(t.Context())
		e, ok := errors.AsType[*scope.SupervisorError](err)
		if !ok || e.Supervisor != "root/sup" || len(e.Failures) != scope.DefaultRestarts+1 || root.State() != scope.Cancelled {
			t.Errorf("Wait = %v in a scope that is %v, want the *SupervisorError that has cancelled it", err, root.State())
		}
	})
}

// TestSupervisePanics: what the scope says, if the supervisor says nothing.
func TestSupervisePanics(t *testing.T) {
	var told []string
	note := func(who string) func(*scope.PanicError) {
		return func(p *scope.PanicError) { told = append(told, who+": "+p.Error()) }
	}
	services := []scope.Service{{Name: "a", Run: lives(panics, after(0, scope.ErrDoNotRestart))}}
	for _, c := range []struct {
		want    string
		options []scope.SupervisorOption
	}{
		{want: "scope: panic: boom"},
		{want: "supervisor: panic: boom", options: []scope.SupervisorOption{scope.RestartPanics(note("supervisor"))}},
		{want: "", options: []scope.SupervisorOption{scope.RestartPanics(nil)}},
	} {
		told = nil
		services[0].Run = lives(panics, after(0, scope.ErrDoNotRestart))
		synctest.Test(t, func(t *testing.T) {
			root := scope.New(t.Context(), "root", scope.RecoverPanics(note("scope")))
			defer root.Stop()
			sup := supervisor(t, services, c.options...)
			if err := sup.Run(root.Context()); err != nil {
				t.Errorf("Run = %v", err)
			}
			if got := strings.Join(told, ", "); got != c.want {
				t.Errorf("told %q, want %q", got, c.want)
			}
			if st := sup.Status()[0]; st.Restarts != 1 {
				t.Errorf("restarts = %d, want 1", st.Restarts)
			}
		})
	}
}

// TestSuperviseTasksOfAService: what a service starts in its scope is a part of it.
func TestSuperviseTasksOfAService(t *testing.T) {
	spawn := func(f, then run) run {
		return func(ctx context.Context) error {
			if err := scope.From(ctx).Go(ctx, "helper", f); err != nil {
				return err
			}
			return then(ctx)
		}
	}
	for _, s := range []story{
		{
			name:     "its failure is the service's",
			services: []scope.Service{{Name: "a", Run: lives(spawn(after(time.Second, errBoom), slow(time.Second)), forever)}},
			end:      time.Minute,
			want: `0s a waiting, a ready
				1s a stopping
				2s a backoff (task "helper" of "sup/a": boom)
				2.1s a ready
				1m0s a stopping, a ended`,
			err: errEnd,
		},
		{
			name: "its failure ends a service that does not look, in the end",
			services: []scope.Service{{Name: "a", StopBudget: 10 * time.Second, Run: spawn(after(time.Second, errBoom), func(context.Context) error {
				time.Sleep(time.Hour)
				return nil
			})}},
			want: `0s a waiting, a ready
				1s a stopping
				11s a ended (still runs: run of sup/a)`,
			err: scope.ErrNotStopped,
		},
		{
			name:     "it is waited for",
			services: []scope.Service{{Name: "a", Run: lives(spawn(slow(2*time.Second), after(time.Second, errBoom)), forever)}},
			end:      time.Minute,
			want: `0s a waiting, a ready
				1s a stopping
				3s a backoff (boom)
				3.1s a ready
				1m0s a stopping, a ended`,
			err: errEnd,
		},
		{
			name:     "it may say that the service is ready",
			services: []scope.Service{{Name: "a", Run: spawn(readyAfter(time.Second, forever), forever), ReadyWithin: time.Minute}},
			end:      time.Minute,
			want: `0s a waiting, a starting
				1s a ready
				1m0s a stopping, a ended`,
			err: errEnd,
		},
		{
			name:     "ready and over at the same time",
			services: []scope.Service{{Name: "a", Run: readyAfter(time.Second, after(0, scope.ErrDoNotRestart)), ReadyWithin: time.Minute}},
			want: `0s a waiting, a starting
				1s a ready, a ended (service has ended for good)`,
		},
	} {
		t.Run(s.name, func(t *testing.T) { s.tell(t) })
	}
}

// TestSuperviseContext: services see the values of Run's context, have labels, and
// are in the survey.
func TestSuperviseContext(t *testing.T) {
	type key struct{}
	sup := supervisor(t, []scope.Service{{Name: "a", Run: func(ctx context.Context) error {
		label, _ := pprof.Label(ctx, scope.LabelScope)
		if got, want := label, "root/sup/a"; got != want || ctx.Value(key{}) != "value" {
			t.Errorf("label %q and value %v, want %q and \"value\"", got, ctx.Value(key{}), want)
		}
		return scope.ErrDoNotRestart
	}}})
	root := scope.New(context.WithValue(t.Context(), key{}, "value"), "root")
	defer root.Stop()
	if err := sup.Run(root.Context()); err != nil {
		t.Errorf("Run = %v", err)
	}
	if n := len(root.Survey().Scopes); n != 1 {
		t.Errorf("%d scopes are left, want the root alone", n)
	}
}

// TestSuperviseStatus: a snapshot that a page could show.
func TestSuperviseStatus(t *testing.T) {
	services := []scope.Service{
		{Name: "db", Run: forever},
		{Name: "feed", Run: lives(after(time.Second, errBoom), forever)},
		{Name: "web", Run: forever, ReadyWithin: -1},
	}
	bubble(t, services, func(t *testing.T, root *scope.Scope, sup *scope.Supervisor, _ *chronicle) {
		status := func() string {
			text, err := json.Marshal(sup.Status())
			if err != nil {
				t.Error(err)
			}
			return string(text)
		}
		if got, want := status(), `[{"name":"db","state":"waiting","restarts":0},{"name":"feed","state":"waiting","restarts":0},{"name":"web","state":"waiting","restarts":0}]`; got != want {
			t.Errorf("before Run: %s, want %s", got, want)
		}
		if err := root.Go(t.Context(), sup.Name(), sup.Run); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1050 * time.Millisecond)
		want := `[{"name":"db","state":"ready","since":"2000-01-01T00:00:00Z","restarts":0},` +
			`{"name":"feed","state":"backoff","since":"2000-01-01T00:00:01Z","restarts":0,"next":"2000-01-01T00:00:01.1Z","last_error":"boom"},` +
			`{"name":"web","state":"starting","since":"2000-01-01T00:00:00Z","restarts":0}]`
		if got := strings.ReplaceAll(status(), "+00:00", "Z"); got != want {
			t.Errorf("in the backoff: %s, want %s", got, want)
		}
		time.Sleep(time.Second)
		if st := sup.Status()[1]; st.State != scope.ServiceReady || st.Restarts != 1 || !st.Next.IsZero() || st.LastError != "boom" {
			t.Errorf("after the restart: %+v", st)
		}
		root.Cancel(nil)
		_ = root.Wait(t.Context())
		for _, st := range sup.Status() {
			if st.State != scope.ServiceEnded {
				t.Errorf("after Run: %+v", st)
			}
		}
	})
}

// TestSuperviseStartMethod: it returns when all services are ready, and Run goes on.
func TestSuperviseStartMethod(t *testing.T) {
	t.Run("ready", func(t *testing.T) {
		services := []scope.Service{{Name: "a", Run: readyAfter(time.Second, forever), ReadyWithin: -1}, {Name: "b", Run: readyAfter(time.Second, forever), ReadyWithin: -1}}
		bubble(t, services, func(t *testing.T, root *scope.Scope, sup *scope.Supervisor, log *chronicle) {
			ctx, cancel := context.WithCancel(root.Context())
			err := sup.Start(ctx)
			cancel()
			time.Sleep(time.Minute)
			expect(t, log, `0s a waiting, b waiting, a starting
				1s a ready, b starting
				2s b ready`)
			if err != nil {
				t.Errorf("Start = %v", err)
			}
			if err := root.Stop(); err != nil {
				t.Errorf("Stop = %v", err)
			}
		})
	})
	t.Run("gives up", func(t *testing.T) {
		services := []scope.Service{{Name: "a", Run: after(0, errBoom), ReadyWithin: -1}}
		bubble(t, services, func(t *testing.T, root *scope.Scope, sup *scope.Supervisor, _ *chronicle) {
			if err := sup.Start(root.Context()); !errors.Is(err, scope.ErrTooManyRestarts) {
				t.Errorf("Start = %v, want ErrTooManyRestarts", err)
			}
		})
	})
	t.Run("context ends", func(t *testing.T) {
		services := []scope.Service{{Name: "a", Run: slow(time.Second), ReadyWithin: -1}}
		bubble(t, services, func(t *testing.T, root *scope.Scope, sup *scope.Supervisor, log *chronicle) {
			ctx, cancel := context.WithTimeoutCause(root.Context(), time.Minute, errEnd)
			defer cancel()
			if err := sup.Start(ctx); err != errEnd {
				t.Errorf("Start = %v, want %v", err, errEnd)
			}
			expect(t, log, `0s a waiting, a starting
				1m0s a stopping
				1m1s a ended`)
			if err := root.Err(); err != nil {
				t.Errorf("Err = %v", err)
			}
		})
	})
	t.Run("no scope", func(t *testing.T) {
		if err := supervisor(t, nil).Start(t.Context()); err == nil {
			t.Error("Start outside of a scope = nil")
		}
	})
	t.Run("closed scope", func(t *testing.T) {
		root := scope.New(t.Context(), "root")
		root.Stop()
		if err := supervisor(t, nil).Start(root.Context()); !errors.Is(err, scope.ErrScopeClosed) {
			t.Errorf("Start in a closed scope = %v, want ErrScopeClosed", err)
		}
	})
}

// TestSuperviseAgain: one Run at a time, but another one after it.
func TestSuperviseAgain(t *testing.T) {
	services := []scope.Service{{Name: "a", Run: lives(after(time.Second, errBoom), forever)}}
	bubble(t, services, func(t *testing.T, root *scope.Scope, sup *scope.Supervisor, _ *chronicle) {
		for range 2 {
			ctx, cancel := context.WithTimeoutCause(root.Context(), time.Minute, errEnd)
			time.AfterFunc(time.Second/2, func() {
				if err := sup.Run(ctx); err == nil || !strings.Contains(err.Error(), "already") {
					t.Errorf("second Run = %v", err)
				}
			})
			if err := sup.Run(ctx); err != errEnd {
				t.Errorf("Run = %v, want %v", err, errEnd)
			}
			cancel()
		}
		if st := sup.Status()[0]; st.Restarts != 0 || st.LastError != "" {
			t.Errorf("the second Run's status has something of the first: %+v", st)
		}
	})
}

// TestSuperviseObserverPanics: nothing is left behind.
func TestSuperviseObserverPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := 0
		count := func(ctx context.Context) error {
			defer func() { ended++ }()
			return slow(time.Second)(ctx)
		}
		sup := supervisor(t, []scope.Service{{Name: "a", Run: count}, {Name: "b", Run: after(time.Minute, errBoom)}},
			scope.WithObserver(func(_ scope.ServiceStatus, err error) {
				if err != nil {
					panic(err)
				}
			}))
		func() {
			defer func() {
				if v := recover(); v != errBoom {
					t.Errorf("panic with %v, want %v", v, errBoom)
				}
			}()
			err := sup.Run(t.Context())
			t.Errorf("Run = %v, want a panic", err)
		}()
		if ended != 1 {
			t.Errorf("%d lives of a have ended, want 1", ended)
		}
	})
}

// TestSuperviseMistakes: what makes no sense is told before anything runs.
func TestSuperviseMistakes(t *testing.T) {
	ok := []scope.Service{{Name: "a", Run: forever}}
	for _, c := range []struct {
		want     string
		services []scope.Service
		option   scope.SupervisorOption
	}{
		{"service 1 has no name", []scope.Service{{Name: "a", Run: forever}, {Run: forever}}, nil},
		{`two services are called "a"`, []scope.Service{{Name: "a", Run: forever}, {Name: "a", Run: forever}}, nil},
		{`service "a" has no Run`, []scope.Service{{Name: "a"}}, nil},
		{`service "a": there is no Restart 3`, []scope.Service{{Name: "a", Run: forever, Restart: 3}}, nil},
		{"WithStrategy: there is no strategy -1", ok, scope.WithStrategy(-1)},
		{"WithIntensity: 1 restarts within 0s", ok, scope.WithIntensity(1, 0)},
		{"WithBackoff: 2s up to 1s, healthy after 0s", ok, scope.WithBackoff(2*time.Second, time.Second, 0)},
		{"WithBackoff: -1s up to 1s, healthy after 0s", ok, scope.WithBackoff(-time.Second, time.Second, 0)},
		{"WithJitter: no function", ok, scope.WithJitter(nil)},
	} {
		var options []scope.SupervisorOption
		if c.option != nil {
			options = append(options, c.option)
		}
		_, err := scope.NewSupervisor("sup", c.services, options...)
		if want := `scope: supervisor "sup": ` + c.want; err == nil || err.Error() != want {
			t.Errorf("NewSupervisor = %v, want %s", err, want)
		}
	}
}

// TestSuperviseCancelledScope: the scope counts even where its context does not.
func TestSuperviseCancelledScope(t *testing.T) {
	services := []scope.Service{{Name: "a", Run: forever}, {Name: "b", Run: forever}}
	for _, when := range []scope.ServiceState{scope.ServiceWaiting, scope.ServiceReady} {
		synctest.Test(t, func(t *testing.T) {
			root := scope.New(t.Context(), "root")
			defer root.Stop()
			var log chronicle
			log.begin()
			sup := supervisor(t, services, scope.WithObserver(func(s scope.ServiceStatus, err error) {
				log.note(s, err)
				if s.Name == "a" && s.State == when {
					root.Cancel(errEnd)
				}
			}))
			if err := sup.Run(context.WithoutCancel(root.Context())); err != errEnd {
				t.Errorf("Run = %v, want %v", err, errEnd)
			}
			if got := log.String(); strings.Contains(got, "b ready") || !strings.Contains(got, "b ended") {
				t.Errorf("root was cancelled when a was %v, and then: %s", when, got)
			}
		})
	}
}

// TestSuperviseCancelledIsNoFailure: services that end because the scope is cancelled
// have not failed, whatever the supervisor hears of first.
func TestSuperviseCancelledIsNoFailure(t *testing.T) {
	for range 300 {
		root := scope.New(t.Context(), "root")
		sup := supervisor(t, []scope.Service{{Name: "a", Run: forever}, {Name: "b", Run: forever}}, scope.WithIntensity(0, 0))
		task, err := root.Start(t.Context(), "sup", sup.Run)
		if err != nil {
			t.Fatal(err)
		}
		for sup.Status()[1].State != scope.ServiceReady {
			runtime.Gosched()
		}
		root.Cancel(errEnd)
		if err := task.Wait(t.Context()); err != nil {
			t.Fatalf("Run = %v", err)
		}
		for _, st := range sup.Status() {
			if st.LastError != "" {
				t.Fatalf("status of a service that was told to end: %+v", st)
			}
		}
		root.Stop()
	}
}

// TestSuperviseBothCauses: a task may return either cause of a scope that was shut and
// then cancelled.
func TestSuperviseBothCauses(t *testing.T) {
	story{
		services: []scope.Service{{Name: "a", StopBudget: 2 * time.Second, Run: func(ctx context.Context) error {
			<-scope.WorkContext(ctx).Done()
			return context.Cause(ctx)
		}}, {Name: "b", Run: lives(after(time.Second, errBoom), forever)}},
		options: []scope.SupervisorOption{scope.WithStrategy(scope.OneForAll)},
		end:     time.Minute,
		want: `0s a waiting, b waiting, a ready, b ready
			1s b backoff (boom), a stopping
			2s a waiting, a ready, b ready
			1m0s b stopping, b ended, a stopping
			1m1s a ended`,
		err: errEnd,
	}.tell(t)
}

// TestSuperviseNoBudget: a service may take as long as it likes, and its work context
// does not end.
func TestSuperviseNoBudget(t *testing.T) {
	var work error
	story{
		services: []scope.Service{{Name: "a", StopBudget: -1, Run: func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Hour)
			work = scope.WorkContext(ctx).Err()
			return ctx.Err()
		}}},
		end: time.Second,
		want: `0s a waiting, a ready
			1s a stopping
			1h0m1s a ended`,
		err: errEnd,
	}.tell(t)
	if work != nil {
		t.Errorf("its work context has ended: %v", work)
	}
}
