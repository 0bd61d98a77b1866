// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

// panickingError panics when it is asked for its text, which is the user's.
type panickingError struct{}

func (panickingError) Error() string { panic("no text") }

// An error that panics does not keep anyone from what runs, nor from the end of a scope.
func TestErrorThatPanics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s")
		release := make(chan struct{})
		mustGo(t, s, "hang", until(release))
		s.Cancel(panickingError{})
		if text := s.Survey().Text(); !strings.Contains(text, "PANIC") {
			t.Errorf("survey: %s", text)
		}
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, panickingError{})
		defer cancel()
		u, ok := errors.AsType[*UnstoppedError](s.Close(ctx))
		if !ok || !strings.Contains(u.Error(), `"hang" of "s"`) {
			t.Fatalf("Close: %v", u)
		}
		if text := slog.AnyValue(u).Resolve().String(); !strings.Contains(text, "hang") {
			t.Errorf("log: %s", text)
		}
		close(release)
	})
}

// A service whose error panics has failed as others do.
func TestServiceErrorThatPanics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sup, err := NewSupervisor("sup", []Service{{Name: "a", Run: returns(panickingError{})}}, WithIntensity(2, time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		wantErr(t, "Run", sup.Run(t.Context()), ErrTooManyRestarts)
		if a := sup.Status()[0]; a.Restarts != 2 || !strings.Contains(a.LastError, "PANIC") {
			t.Errorf("status: %+v", a)
		}
	})
}

// A tree may be deep; see BenchmarkDeepTree.
func TestDeepTree(t *testing.T) {
	for _, end := range []struct {
		name string
		f    func(context.Context, *Scope) error
	}{
		{"Close", func(ctx context.Context, s *Scope) error { return s.Close(ctx) }},
		{"Stop", func(_ context.Context, s *Scope) error { return s.Stop() }},
	} {
		t.Run(end.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			const depth = 500
			root := New(ctx, "s")
			at := root
			for range depth {
				at = New(at.Context(), "s")
				mustGo(t, at, "t", untilTaken)
			}
			wantErr(t, "end", end.f(ctx, root), nil)
			wantState(t, at, Closed)
		})
	}
}

// Once Cancel has told everybody there is nobody to tell: those who come later are
// cancelled as they are made.
func TestCancelIsToldOnce(t *testing.T) {
	s := New(t.Context(), "s")
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			s.Cancel(nil)
			c := New(s.Context(), "c")
			if err := c.Go(t.Context(), "t", returns(nil)); !errors.Is(err, ErrScopeClosed) {
				t.Errorf("Go in a child of a cancelled scope: %v", err)
			}
			if WorkContext(c.Context()).Err() == nil {
				t.Error("its work context has not ended")
			}
		})
	}
	wg.Wait()
	_ = s.Stop()
}

// Names may be anything. An empty one is not the absence of one: goroutines without
// labels are no orphans of a scope without a name.
func TestNames(t *testing.T) {
	for _, name := range []string{"", "/", "a\nb", "\xff\xfe", "\x00", `"]},`, strings.Repeat("long", 1<<16)} {
		bubble(t, func(t *testing.T) {
			s := New(t.Context(), name)
			c := New(s.Context(), name)
			release := make(chan struct{})
			for _, at := range []*Scope{s, c} {
				mustGo(t, at, name, until(release))
			}
			mustGo(t, c, name, func(context.Context) error {
				go func() { <-release }()
				return nil
			})
			time.Sleep(time.Second)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			u, ok := errors.AsType[*UnstoppedError](s.Close(ctx))
			if !ok || len(u.Survey.Groups) != 2 || len(u.Survey.Orphans) != 1 || u.Survey.Note != "" {
				t.Fatalf("%.10q: %+v", name, u)
			}
			for _, g := range u.Survey.Groups {
				if len(g.Stacks) != 1 || g.Stacks[0].Count != 1 || g.Task != name {
					t.Errorf("%.10q: %+v", name, g)
				}
			}
			if _, err := json.Marshal(u.Survey); err != nil {
				t.Error(err)
			}
			close(release)
		})
	}
}

// Weights and limits at the end of their range do not overflow, on 32 bits either.
func TestLimitExtremes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s", WithLimit(math.MaxInt32))
		defer s.Stop()
		heavy := mustStart(t, s, "heavy", sleeps(time.Second), Weight(math.MaxInt32))
		light := mustStart(t, s, "light", untilTaken, Weight(math.MinInt))
		if heavy.Outcome() != OK || light.Outcome() != Running {
			t.Errorf("heavy %v, light %v", heavy.Outcome(), light.Outcome())
		}
	})
}

// The longest delay is one like any other.
func TestBackoffExtremes(t *testing.T) {
	c := supervisorDefaults()
	WithBackoff(math.MaxInt64, math.MaxInt64, 0).applySupervisor(&c)
	for range 100 {
		if d := c.delay(100); d < 0 {
			t.Fatalf("delay %v", d)
		}
	}
}

// Where the environment says that panic(nil) is one that recover does not see, it is an
// end like runtime.Goexit.
func TestPanicNilUnseen(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s", RecoverPanics(nil), WithPolicy(Isolate))
		defer s.Stop()
		bad := func(context.Context) error { panic(nil) }
		wantErr(t, "task", mustStart(t, s, "task", bad).Wait(t.Context()), ErrExited)
		var job error
		if err := s.GoWorker(t.Context(), "worker", func(w *Worker) error {
			job = w.Run("job", bad)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		wantErr(t, "Wait", s.Wait(t.Context()), nil)
		wantErr(t, "job", job, ErrExited)
	})
}
