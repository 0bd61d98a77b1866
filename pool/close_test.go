// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/pool"
	"github.com/go-quiesce/quiesce/scope"
)

// Close runs what was accepted, undisturbed, and what that submits; nothing else.
func TestCloseDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(1, 2))
		alive := func(ctx context.Context) error {
			time.Sleep(time.Second)
			if ctx.Err() != nil {
				t.Error("its context has ended")
			}
			return nil
		}
		for range 9 {
			submit(t, p, "job", alive)
		}
		submit(t, p, "outer", func(ctx context.Context) error {
			time.Sleep(time.Second)
			return p.Submit(ctx, "inner", alive)
		})
		closed := make(chan error)
		go func() { closed <- p.Close(context.Background()) }()
		synctest.Wait()
		err := p.Submit(t.Context(), "late", nothing)
		if e, ok := errors.AsType[*scope.ClosedError](err); !ok || e.Scope != "p" || e.State != scope.Draining || !errors.Is(err, scope.ErrDraining) {
			t.Errorf("Submit: %v", err)
		}
		if err := <-closed; err != nil {
			t.Errorf("Close: %v", err)
		}
		wantStats(t, p, pool.Stats{OK: 11, Refused: 1})
		if err := p.Close(context.Background()); err != nil {
			t.Errorf("second Close: %v", err)
		}
		if err := p.Submit(t.Context(), "late", nothing); !errors.Is(err, scope.ErrScopeClosed) {
			t.Errorf("Submit: %v", err)
		}
	})
}

// When the grace is over, what waits is dropped and what runs is told to end.
func TestCloseInTime(t *testing.T) {
	for name, test := range map[string]struct {
		options []pool.Option
		told    time.Duration // when jobs are told to end
	}{
		"default": {nil, 30 * time.Second},
		"set":     {[]pool.Option{pool.WithDrainGrace(50 * time.Second)}, 50 * time.Second},
		"none":    {[]pool.Option{pool.WithDrainGrace(-1)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pool.New(t.Context(), "p", append(test.options, pool.WithWorkers(1, 1))...)
				began := time.Now()
				submit(t, p, "job", func(ctx context.Context) error {
					<-ctx.Done()
					<-scope.WorkContext(ctx).Done()
					if cause := context.Cause(scope.WorkContext(ctx)); cause != scope.ErrStopped {
						t.Errorf("cause: %v", cause)
					}
					if d := time.Since(began); d != test.told {
						t.Errorf("told after %v", d)
					}
					time.Sleep(time.Second)
					return ctx.Err()
				})
				synctest.Wait()
				b, a := start(t, p, "b", nothing), start(t, p, "a", nothing)
				submit(t, p, "b", nothing)
				err := p.Close(within(t, time.Minute))
				if d := time.Since(began); d != test.told+time.Second {
					t.Errorf("closed after %v", d)
				}
				e, ok := errors.AsType[*pool.DroppedError](err)
				if !ok || e.Pool != "p" || !slices.Equal(e.Jobs, []pool.Dropped{{Name: "a", Count: 1}, {Name: "b", Count: 2}}) {
					t.Fatalf("Close: %v", err)
				}
				if got, want := e.Error(), `pool: "p" dropped "a", "b" (2): scope was stopped`; got != want {
					t.Errorf("text: %q", got)
				}
				for _, j := range []*pool.Job{a, b} {
					err := j.Wait(t.Context())
					if e, ok := errors.AsType[*pool.DroppedError](err); !ok || len(e.Jobs) != 1 || e.Jobs[0].Name != j.Name() ||
						!errors.Is(err, pool.ErrDropped) || !errors.Is(err, scope.ErrStopped) {
						t.Errorf("Wait: %v", err)
					}
				}
				wantStats(t, p, pool.Stats{OK: 1, Dropped: 3})
				if again := p.Close(t.Context()); again == nil || again.Error() != err.Error() {
					t.Errorf("second Close: %v", again)
				}
			})
		})
	}
}

// What does not end is named, and what was dropped too; a handle tells of a late end.
func TestCloseNamesUnstopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(2, 2))
		j := start(t, p, "hang", sleeps(time.Hour))
		submit(t, p, "hang", sleeps(time.Hour))
		submit(t, p, "wait", nothing)
		err := p.Close(within(t, time.Minute))
		u, ok := errors.AsType[*scope.UnstoppedError](err)
		if !ok || len(u.Survey.Groups) != 1 || u.Survey.Groups[0].Task != "hang" || u.Survey.Groups[0].Count != 2 {
			t.Errorf("Close: %v", err)
		}
		if d, ok := errors.AsType[*pool.DroppedError](err); !ok || !slices.Equal(d.Jobs, []pool.Dropped{{Name: "wait", Count: 1}}) {
			t.Errorf("Close: %v", err)
		}
		if err := j.Wait(t.Context()); err != nil {
			t.Errorf("Wait: %v", err)
		}
		wantStats(t, p, pool.Stats{OK: 2, Dropped: 1})
	})
}

// Drop finishes what has begun, and nothing else.
func TestDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(1, 1))
		submit(t, p, "job", func(ctx context.Context) error {
			time.Sleep(time.Second)
			if err := p.Submit(ctx, "inner", nothing); !errors.Is(err, scope.ErrScopeClosed) {
				t.Errorf("Submit: %v", err)
			}
			return ctx.Err()
		})
		synctest.Wait()
		submit(t, p, "wait", nothing)
		began := time.Now()
		err := p.Drop(context.Background())
		if !errors.Is(err, pool.ErrDropped) || errors.Is(err, scope.ErrScopeClosed) || time.Since(began) != time.Second {
			t.Errorf("Drop: %v after %v", err, time.Since(began))
		}
		wantStats(t, p, pool.Stats{OK: 1, Dropped: 1, Refused: 1})
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(1, 1))
		submit(t, p, "job", func(ctx context.Context) error {
			<-scope.WorkContext(ctx).Done()
			time.Sleep(time.Second)
			return ctx.Err()
		})
		synctest.Wait()
		began := time.Now()
		if err := p.Stop(); err != nil || time.Since(began) != time.Second {
			t.Errorf("Stop: %v after %v", err, time.Since(began))
		}
		if err := p.Stop(); err != nil {
			t.Errorf("second Stop: %v", err)
		}
		wantStats(t, p, pool.Stats{OK: 1})
	})
}

func TestCloseInsideAJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p")
		submit(t, p, "job", func(ctx context.Context) error {
			if err := errors.Join(p.Close(ctx), p.Drop(ctx)); !errors.Is(err, scope.ErrReentrant) {
				t.Errorf("Close: %v", err)
			}
			return nil
		})
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
		wantStats(t, p, pool.Stats{OK: 1})
	})
}

// A scope above that takes no new work makes the pool take none; what it has goes on,
// under a context that has not ended.
func TestShutFromAbove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scope.New(t.Context(), "s")
		p := pool.New(s.Context(), "p", pool.WithWorkers(1, 1))
		submit(t, p, "running", func(ctx context.Context) error {
			<-ctx.Done()
			if cause := context.Cause(ctx); cause != scope.ErrDraining || scope.WorkContext(ctx).Err() != nil {
				t.Errorf("cause: %v", cause)
			}
			return p.Submit(ctx, "inner", nothing)
		})
		synctest.Wait()
		submit(t, p, "queued", func(ctx context.Context) error {
			if ctx.Err() != nil {
				t.Error("its context has ended")
			}
			return nil
		})
		s.Shut(nil)
		if err := p.Submit(t.Context(), "late", nothing); !errors.Is(err, scope.ErrScopeClosed) || !errors.Is(err, scope.ErrDraining) {
			t.Errorf("Submit: %v", err)
		}
		if err := s.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		wantStats(t, p, pool.Stats{OK: 3, Refused: 1})
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A scope above that is cancelled, or New's context, cancels and drops.
func TestCancelFromAbove(t *testing.T) {
	boom := errors.New("boom")
	for name, cancel := range map[string]func(context.CancelCauseFunc, *scope.Scope){
		"context": func(end context.CancelCauseFunc, _ *scope.Scope) { end(boom) },
		"scope":   func(_ context.CancelCauseFunc, s *scope.Scope) { s.Cancel(boom) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := context.WithCancelCause(t.Context())
				s := scope.New(ctx, "s")
				p := pool.New(s.Context(), "p", pool.WithWorkers(1, 1))
				submit(t, p, "running", func(ctx context.Context) error {
					<-scope.WorkContext(ctx).Done()
					return context.Cause(ctx)
				})
				synctest.Wait()
				j := start(t, p, "queued", nothing)
				cancel(end, s)
				if err := p.Submit(t.Context(), "late", nothing); !errors.Is(err, scope.ErrScopeClosed) || !errors.Is(err, boom) {
					t.Errorf("Submit: %v", err)
				}
				if err := j.Wait(t.Context()); !errors.Is(err, pool.ErrDropped) || !errors.Is(err, boom) {
					t.Errorf("Wait: %v", err)
				}
				if err := p.Close(t.Context()); !errors.Is(err, pool.ErrDropped) {
					t.Errorf("Close: %v", err)
				}
				wantStats(t, p, pool.Stats{OK: 1, Dropped: 1, Refused: 1})
				_ = s.Stop()
			})
		})
	}
}

// Nothing is begun any more when the scope was cancelled, not a moment later.
func TestCancelInsideAJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), "p", pool.WithWorkers(0, 1))
		submit(t, p, "job", func(context.Context) error {
			time.Sleep(time.Second)
			p.Scope().Cancel(nil)
			return nil
		})
		submit(t, p, "queued", func(context.Context) error { t.Error("it ran"); return nil })
		if err := p.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		if err := p.Stop(); !errors.Is(err, pool.ErrDropped) {
			t.Errorf("Stop: %v", err)
		}
		wantStats(t, p, pool.Stats{OK: 1, Dropped: 1})
	})
}

// A scope that is closed closes the pools below it, whose idle workers hold nothing up.
func TestClosedFromAbove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scope.New(t.Context(), "s")
		p := pool.New(s.Context(), "p", pool.WithWorkers(4, 4))
		for range 20 {
			submit(t, p, "job", sleeps(time.Second))
		}
		began := time.Now()
		if err := s.Close(t.Context()); err != nil || time.Since(began) != 5*time.Second {
			t.Errorf("Close: %v after %v", err, time.Since(began))
		}
		wantStats(t, p, pool.Stats{OK: 20})
	})
}

func TestDroppedErrorIsShort(t *testing.T) {
	e := &pool.DroppedError{Pool: "p", Cause: scope.ErrStopped}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		e.Jobs = append(e.Jobs, pool.Dropped{Name: name, Count: 1})
	}
	if got, want := e.Error(), `pool: "p" dropped "a", "b", "c", "d", "e", "f", "g", "h", and 2 more: scope was stopped`; got != want {
		t.Errorf("got %s", got)
	}
}
