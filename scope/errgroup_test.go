// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What golang.org/x/sync/errgroup promises in its documentation and tests, said
// again of a scope with the matching policy. Each test names what it restates, and
// what is different here.

// TestZeroGroup and TestWithContext: Wait returns the first error, the context is
// cancelled with it, and later ones change neither. Here Wait has the others too, if
// they are not about that cancellation.
func TestErrgroupFirstError(t *testing.T) {
	first, second := errors.New("errgroup_test: 1"), errors.New("errgroup_test: 2")
	for _, test := range []struct {
		errs []error
		want error
	}{
		{nil, nil},
		{[]error{nil}, nil},
		{[]error{first}, first},
		{[]error{first, nil}, first},
		{[]error{nil, first, second}, first},
	} {
		bubble(t, func(t *testing.T) {
			s := New(t.Context(), "group")
			var ran atomic.Int64
			for i, err := range test.errs {
				mustGo(t, s, "f", func(context.Context) error {
					time.Sleep(time.Duration(i) * time.Second)
					ran.Add(1)
					return err
				})
			}
			err := s.Wait(t.Context())
			wantErr(t, fmt.Sprint("Wait for ", test.errs), err, test.want)
			if ran.Load() != int64(len(test.errs)) {
				t.Errorf("Wait did not wait: %d of %d ran", ran.Load(), len(test.errs))
			}
			if test.want != nil {
				wantErr(t, "Cause of the context", context.Cause(s.Context()), test.want)
				wantErr(t, "Err of the context", s.Context().Err(), context.Canceled)
			}
			_ = s.Stop()
		})
	}
}

// TestZeroGroup, the other half: errors of Go after Wait count as well. A group can be
// used again after Wait; a scope too, as long as it was not cancelled: CollectAll does
// not.
func TestErrgroupReuse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "group", WithPolicy(CollectAll))
		mustGo(t, s, "f", returns(nil))
		wantErr(t, "Wait", s.Wait(t.Context()), nil)
		mustGo(t, s, "f", returns(errTest))
		wantErr(t, "Wait", s.Wait(t.Context()), errTest)
		mustGo(t, s, "f", returns(nil))
		wantErr(t, "Wait", s.Wait(t.Context()), errTest)
		_ = s.Stop()
	})
}

// The documentation of WithContext: the context is cancelled by the first error, or
// when Wait returns. Here it is Stop that lets go of it.
func TestErrgroupContextAfterWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "group")
		mustGo(t, s, "f", returns(nil))
		wantErr(t, "Wait", s.Wait(t.Context()), nil)
		wantErr(t, "the context after Wait", s.Context().Err(), nil)
		wantErr(t, "Stop", s.Stop(), nil)
		wantErr(t, "the context after Stop", s.Context().Err(), context.Canceled)
	})
}

// TestCancelCause and TestContextCancel: the end of the parent context ends the
// group's, with its cause.
func TestErrgroupParentContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := New(ctx, "group")
		mustGo(t, s, "f", func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		cancel(errTest)
		wantErr(t, "Wait", s.Wait(t.Context()), errTest)
		wantErr(t, "Cause of the context", context.Cause(s.Context()), errTest)
		wantErr(t, "Stop", s.Stop(), errTest)
	})
}

// TestGoLimit: there are never more than the limit at once, and Go waits.
func TestErrgroupGoLimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const limit = 10
		s := New(t.Context(), "group", WithLimit(limit))
		var active, most atomic.Int64
		start := time.Now()
		for range 5 * limit {
			mustGo(t, s, "f", func(context.Context) error {
				if n := active.Add(1); n > limit {
					return fmt.Errorf("%d at once", n)
				} else if n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Second)
				active.Add(-1)
				return nil
			})
		}
		wantErr(t, "Wait", s.Wait(t.Context()), nil)
		if took := time.Since(start); most.Load() != limit || took != 5*time.Second {
			t.Errorf("at most %d at once, in %v", most.Load(), took)
		}
		_ = s.Stop()
	})
}

// TestTryGo: it succeeds as often as the limit says, then fails until one has ended;
// without a limit it always succeeds. A group with the limit 0 admits nothing, which a
// scope that was shut does; here 0 is no limit.
func TestErrgroupTryGo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const limit = 42
		s := New(t.Context(), "group")
		s.SetLimit(limit)
		release := make(chan struct{})
		try := func() error { return s.TryGo(t.Context(), "f", until(release)) }
		for range limit {
			wantErr(t, "TryGo below the limit", try(), nil)
		}
		wantErr(t, "TryGo at the limit", try(), ErrFull)
		go func() { release <- struct{}{} }()
		synctest.Wait()
		wantErr(t, "TryGo when one has ended", try(), nil)
		wantErr(t, "TryGo at the limit again", try(), ErrFull)
		s.SetLimit(1) // a group panics, because tasks run
		close(release)
		wantErr(t, "Wait", s.Wait(t.Context()), nil)
		wantErr(t, "TryGo with the limit 1", s.TryGo(t.Context(), "f", sleeps(time.Second)), nil)
		wantErr(t, "TryGo at the limit 1", s.TryGo(t.Context(), "f", sleeps(time.Second)), ErrFull)
		for _, none := range []int{0, -1} {
			s.SetLimit(none)
			for range limit {
				wantErr(t, "TryGo without a limit", s.TryGo(t.Context(), "f", returns(nil)), nil)
			}
		}
		wantErr(t, "Stop", s.Stop(), nil)
	})
}

// The documentation of Go: a call that waits for the limit when the group is
// cancelled starts its function all the same (go.dev/issue/61611). Here it is refused.
func TestErrgroupGoAfterCancel(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "group", WithLimit(1))
		mustGo(t, s, "f", func(context.Context) error {
			time.Sleep(time.Second)
			return errTest
		})
		err := s.Go(t.Context(), "f", func(context.Context) error {
			t.Error("it runs")
			return nil
		})
		wantErr(t, "Go that had to wait", err, ErrScopeClosed)
		wantErr(t, "Go that had to wait", err, errTest)
		wantErr(t, "Go", s.Go(t.Context(), "f", returns(nil)), errTest)
		wantErr(t, "Wait", s.Wait(t.Context()), errTest)
		_ = s.Stop()
	})
}

// TestPanic and TestGoexit, of the releases that had them: Wait passed the panic on to
// its caller, which delays the crash, turns its stack into a value, and can hang
// (go.dev/issue/74275); they are gone. Here a panic crashes on its own goroutine, which
// TestPanicCrashes shows, or is an error if that was asked for; and a Goexit, which a
// group takes for success, is an error.
func TestErrgroupPanicAndGoexit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "group", RecoverPanics(nil))
		mustGo(t, s, "sibling", untilTaken)
		mustGo(t, s, "f", func(context.Context) error { panic(errTest) })
		wantErr(t, "Wait", s.Wait(t.Context()), errTest)
		wantErr(t, "Stop", s.Stop(), errTest)

		s = New(t.Context(), "group")
		mustGo(t, s, "sibling", untilTaken)
		mustGo(t, s, "f", func(context.Context) error { runtime.Goexit(); return nil }) // as t.FailNow does
		wantErr(t, "Wait", s.Wait(t.Context()), ErrExited)
		wantErr(t, "Stop", s.Stop(), ErrExited)
	})
}
