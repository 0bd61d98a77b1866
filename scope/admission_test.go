// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// An admission is whom a scope admits in a state.
type admission struct {
	state        State
	reach        func(s *Scope)
	outer, inner bool
	cause        error
}

func TestAdmissionByState(t *testing.T) {
	shut := errors.New("shut")
	for _, test := range []admission{
		{Open, func(*Scope) {}, true, true, nil},
		{Draining, func(s *Scope) { s.Shut(shut) }, false, true, shut},
		{Draining, func(s *Scope) { s.Shut(nil) }, false, true, ErrDraining},
		{Cancelled, func(s *Scope) { s.Cancel(errTest) }, false, false, errTest},
		{Cancelled, func(s *Scope) { s.Cancel(nil) }, false, false, ErrStopped},
		{Cancelled, func(s *Scope) { s.Shut(shut); s.Cancel(errTest) }, false, false, errTest},
		{Closing, func(s *Scope) { go s.Stop(); synctest.Wait() }, false, false, ErrStopped},
		{Closed, func(s *Scope) {
			ended, end := context.WithCancel(context.Background())
			end()
			_ = s.Close(ended)
		}, false, false, ErrStopped},
	} {
		t.Run(test.state.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := New(t.Context(), "s", WithPolicy(Isolate))
				inner := make(chan context.Context, 1)
				release := make(chan struct{})
				mustGo(t, s, "inner", func(ctx context.Context) error {
					inner <- ctx
					<-release
					return nil
				})
				in := <-inner
				test.reach(s)
				wantState(t, s, test.state)
				if got := s.Cause(); !errors.Is(got, test.cause) {
					t.Errorf("Cause: got %v, want %v", got, test.cause)
				}
				tryEach(t, s, t.Context(), test.outer, test)
				tryEach(t, s, in, test.inner, test)
				tryEach(t, s, WorkContext(in), test.inner, test)
				tryEach(t, s, context.WithValue(in, key(1), 2), test.inner, test)
				close(release)
				_ = s.Stop()
			})
		})
	}
}

// tryEach starts a task by each of the ways, and looks whether it ran.
func tryEach(t *testing.T, s *Scope, ctx context.Context, admitted bool, test admission) {
	t.Helper()
	for name, start := range map[string]func(func(context.Context) error) error{
		"Go":    func(f func(context.Context) error) error { return s.Go(ctx, "x", f) },
		"TryGo": func(f func(context.Context) error) error { return s.TryGo(ctx, "x", f) },
		"Start": func(f func(context.Context) error) error {
			_, err := s.Start(ctx, "x", f)
			return err
		},
	} {
		ran := false
		err := start(func(context.Context) error { ran = true; return nil })
		synctest.Wait()
		if ran != admitted || (err == nil) != admitted {
			t.Errorf("%s in a scope that is %v: ran %v, error %v; want it admitted: %v", name, test.state, ran, err, admitted)
		}
		if err == nil {
			continue
		}
		closed, ok := errors.AsType[*ClosedError](err)
		if !ok || !errors.Is(err, ErrScopeClosed) || !errors.Is(err, test.cause) || closed.State != test.state || closed.Scope != "s" {
			t.Errorf("%s in a scope that is %v: error %#v", name, test.state, err)
		}
	}
}

// A task of a child is work in flight of the parent; one of a parent, or of another
// scope, is not of a child.
func TestAdmissionWhileDrainingByTree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent := New(t.Context(), "parent")
		child := New(parent.Context(), "child")
		other := New(t.Context(), "other")
		ctxs := make(map[*Scope]context.Context)
		for _, s := range []*Scope{parent, child, other} {
			mustGo(t, s, "hold", func(ctx context.Context) error {
				ctxs[s] = ctx
				return untilCut(ctx)
			})
			synctest.Wait()
		}
		parent.Shut(nil)
		other.Shut(nil)
		wantState(t, child, Draining)
		for _, test := range []struct {
			of, by *Scope
			want   error
		}{
			{parent, child, nil},
			{parent, parent, nil},
			{parent, other, ErrScopeClosed},
			{child, child, nil},
			{child, parent, ErrScopeClosed},
		} {
			wantErr(t, test.of.Path()+" asked by "+test.by.Path(), test.of.Go(ctxs[test.by], "more", returns(nil)), test.want)
		}
		_, _ = parent.Stop(), other.Stop()
	})
}

// A scope that was shut may be entered with its own Context, which is for work in
// flight.
func TestContextIsOfTheScope(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(context.WithValue(t.Context(), key(1), "v"), "s")
		ctx := s.Context()
		if From(ctx) != s || From(WorkContext(ctx)) != s || From(t.Context()) != nil {
			t.Errorf("From(Context()) = %v", From(ctx))
		}
		if ctx.Value(key(1)) != "v" || WorkContext(ctx).Value(key(1)) != "v" {
			t.Error("a value is missing")
		}
		s.Shut(errTest)
		wantErr(t, "Cause of Context()", context.Cause(ctx), errTest)
		wantErr(t, "Go", s.Go(ctx, "x", returns(nil)), nil)
		wantErr(t, "Err of the work context", WorkContext(ctx).Err(), nil)
		wantErr(t, "Stop", s.Stop(), nil)
		wantErr(t, "Cause of the work context", context.Cause(WorkContext(ctx)), ErrStopped)
	})
}

type key int

// What Go refuses never runs, and nothing is admitted once Cancel has returned.
func TestAdmissionRace(t *testing.T) {
	const rounds, callers = 200, 8
	for range rounds {
		s := New(t.Context(), "s", WithPolicy(Isolate))
		var admitted, ran, late atomic.Int64
		var cancelled atomic.Bool
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				for range 50 {
					after := cancelled.Load()
					if s.Go(t.Context(), "x", func(context.Context) error { ran.Add(1); return nil }) == nil {
						admitted.Add(1)
						if after {
							late.Add(1)
						}
					}
				}
			})
		}
		wg.Go(func() {
			s.Cancel(errTest)
			cancelled.Store(true)
		})
		wg.Wait()
		_ = s.Stop()
		i := info(t, s)
		if ran.Load() != admitted.Load() || i.Admitted != uint64(admitted.Load()) || i.Refused != callers*50-i.Admitted {
			t.Fatalf("ran %d of %d; survey: %+v", ran.Load(), admitted.Load(), i)
		}
		if late.Load() > 0 {
			t.Fatalf("%d were admitted after Cancel had returned", late.Load())
		}
	}
}

// The end of New's context counts from the moment when its cancel function has
// returned.
func TestAdmissionEndsWithContext(t *testing.T) {
	for range 1000 {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := New(ctx, "s")
		cancel(errTest)
		err := s.Go(t.Context(), "x", func(context.Context) error {
			t.Error("a refused task runs")
			return nil
		})
		wantErr(t, "Go", err, ErrScopeClosed)
		wantErr(t, "Go", err, errTest)
		wantErr(t, "Cause", s.Cause(), errTest)
		wantErr(t, "Stop", s.Stop(), errTest)
	}
}

// A scope that was shut and whose context has ended is cancelled, not shut.
func TestAdmissionEndsWithContextWhileDraining(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := New(ctx, "s")
		s.Shut(nil)
		cancel(errTest)
		wantErr(t, "Go", s.Go(s.Context(), "x", returns(nil)), errTest)
		wantState(t, s, Cancelled)
		wantErr(t, "Stop", s.Stop(), errTest)
	})
}

func TestStateNames(t *testing.T) {
	for s, want := range map[State]string{Open: "open", Draining: "draining", Cancelled: "cancelled", Closing: "closing", Closed: "closed"} {
		if s.String() != want {
			t.Errorf("State(%d) = %q, want %q", s, s, want)
		}
	}
	for o, want := range map[Outcome]string{Running: "running", OK: "ok", Failed: "failed", Panicked: "panicked", Exited: "exited", Refused: "refused", Abandoned: "abandoned"} {
		if o.String() != want {
			t.Errorf("Outcome(%d) = %q, want %q", o, o, want)
		}
	}
}
