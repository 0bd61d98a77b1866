// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFailFast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s")
		mustGo(t, s, "sibling", untilTaken)
		mustGo(t, s, "begun", untilCut)
		mustGo(t, s, "bad", returns(errTest))
		err := s.Wait(t.Context())
		failure, ok := err.(*TaskError)
		if !ok || failure.Task != "bad" || failure.Scope != "s" || failure.Outcome != Failed || failure.Err != errTest {
			t.Errorf("Wait: %#v, want the one error of the task", err)
		}
		wantState(t, s, Cancelled)
		if s.Cause() != err || context.Cause(s.Context()) != err || context.Cause(s.work) != err {
			t.Errorf("the cause is %v, want the error of the task", s.Cause())
		}
		if got, want := err.Error(), `task "bad" of "s": test`; got != want {
			t.Errorf("text %q, want %q", got, want)
		}
		if i := info(t, s); i.Failed != 1 || i.OK != 2 {
			t.Errorf("%+v", i)
		}
		wantErr(t, "Stop", s.Stop(), errTest)
	})
}

// What others return because they were cancelled does not add to the first error;
// what went wrong beside it does.
func TestFailFastKeepsOtherErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		other := errors.New("cleaning up")
		s := New(t.Context(), "s")
		mustGo(t, s, "other", func(ctx context.Context) error {
			<-ctx.Done()
			return other
		})
		mustGo(t, s, "query", func(ctx context.Context) error {
			<-ctx.Done()
			return fmt.Errorf("query: %w", ctx.Err())
		})
		mustGo(t, s, "bad", returns(errTest))
		err := s.Wait(t.Context())
		wantErr(t, "Wait", err, errTest)
		if got, want := err.Error(), "task \"bad\" of \"s\": test\ntask \"other\" of \"s\": cleaning up"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestCollectAll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s", WithPolicy(CollectAll))
		for i := range 3 {
			mustGo(t, s, "bad", func(context.Context) error {
				time.Sleep(time.Duration(i) * time.Second)
				return fmt.Errorf("error %d", i)
			})
		}
		mustGo(t, s, "good", sleeps(time.Minute))
		start := time.Now()
		err := s.Wait(t.Context())
		if got := time.Since(start); got != time.Minute {
			t.Errorf("it waited for %v", got)
		}
		if got, want := err.Error(), "task \"bad\" of \"s\": error 0\ntask \"bad\" of \"s\": error 1\ntask \"bad\" of \"s\": error 2"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		wantState(t, s, Open)
		if again := s.Stop(); again.Error() != err.Error() {
			t.Errorf("Stop: %v", again)
		}
	})
}

func TestFirstSuccess(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s", WithPolicy(FirstSuccess))
		mustGo(t, s, "bad", returns(errTest))
		synctest.Wait()
		wantState(t, s, Open)
		wantErr(t, "Err", s.Err(), errTest)
		mustGo(t, s, "slow", untilTaken)
		mustGo(t, s, "good", returns(nil))
		wantErr(t, "Wait", s.Wait(t.Context()), nil)
		wantState(t, s, Cancelled)
		wantErr(t, "Cause", s.Cause(), ErrDecided)
		if got := s.Stop(); got != nil {
			t.Errorf("Stop: %v, want nothing", got)
		}
	})
}

func TestQuorum(t *testing.T) {
	for _, test := range []struct {
		k, good, bad int
		decided      bool
	}{
		{3, 2, 0, false},
		{3, 2, 2, false},
		{3, 3, 2, true},
		{3, 5, 0, true},
		{1, 1, 1, true},
		{0, 1, 0, true},
		{-1, 0, 1, false},
	} {
		bubble(t, func(t *testing.T) {
			s := New(t.Context(), "s", WithPolicy(Quorum(test.k)))
			for range test.bad {
				mustGo(t, s, "bad", returns(errTest))
			}
			for range test.good {
				_ = s.Go(t.Context(), "good", returns(nil))
			}
			err := s.Wait(t.Context())
			if decided := errors.Is(s.Cause(), ErrDecided); decided != test.decided {
				t.Errorf("%+v: decided: %v", test, decided)
			}
			if want := !test.decided && test.bad > 0; (err != nil) != want {
				t.Errorf("%+v: error %v", test, err)
			}
			_ = s.Stop()
		})
	}
}

// Only nil is a success: a task that says it was cut off has not got what the quorum
// wants, and does not hide why.
func TestFirstSuccessNeedsNil(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s", WithPolicy(FirstSuccess))
		mustGo(t, s, "a", untilTaken)
		mustGo(t, s, "b", untilTaken)
		s.Cancel(errTest)
		wantErr(t, "Wait", s.Wait(t.Context()), errTest)
		if i := info(t, s); i.OK != 2 {
			t.Errorf("%+v: that they were cut off is no failure", i)
		}
		wantErr(t, "Stop", s.Stop(), errTest)
	})
}

func TestIsolate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		told := make(chan string, 3)
		s := New(t.Context(), "s", WithPolicy(Isolate), WithErrors(func(e *TaskError) { told <- e.Error() }))
		for range cap(told) {
			mustGo(t, s, "bad", returns(errTest))
		}
		wantErr(t, "Wait", s.Wait(t.Context()), nil)
		wantState(t, s, Open)
		if i := info(t, s); i.Failed != 3 || len(told) != 3 || <-told != `task "bad" of "s": test` {
			t.Errorf("%+v, told %d", i, len(told))
		}
		s.Cancel(errTest)
		wantErr(t, "Stop", s.Stop(), nil) // not even that it was cut off
	})
}

func TestMaxErrors(t *testing.T) {
	for _, test := range []struct {
		options []Option
		errs    int
		kept    int
		text    string
	}{
		{nil, DefaultMaxErrors, DefaultMaxErrors, ""},
		{nil, DefaultMaxErrors + 3, DefaultMaxErrors, "errors not kept: 3"},
		{[]Option{WithMaxErrors(2)}, 3, 2, "errors not kept: 1"},
		{[]Option{WithMaxErrors(0)}, 3, 0, "errors not kept: 3"},
		{[]Option{WithMaxErrors(-1)}, 1, 0, "errors not kept: 1"},
	} {
		bubble(t, func(t *testing.T) {
			s := New(t.Context(), "s", append(test.options, WithPolicy(CollectAll))...)
			for range test.errs {
				mustGo(t, s, "bad", returns(errTest))
			}
			text := s.Stop().Error()
			if kept := strings.Count(text, "test"); kept != test.kept || !strings.Contains(text, test.text) {
				t.Errorf("%d errors: kept %d, want %d: %q", test.errs, kept, test.kept, text)
			}
			if i := info(t, s); i.Failed != uint64(test.errs) {
				t.Errorf("counted %d of %d", i.Failed, test.errs)
			}
		})
	}
}

// The same error is a failure before the scope takes no new work, and none after.
func TestEndIsNoFailureOnceItHasCome(t *testing.T) {
	why := errors.New("why")
	for _, test := range []struct {
		name string
		err  func(ctx context.Context) error
		end  func(s *Scope)
		want uint64 // failed
	}{
		{"Canceled before", returns(context.Canceled), func(*Scope) {}, 1},
		{"a cause before", returns(why), func(*Scope) {}, 1},
		{"Canceled after Shut", untilErr, func(s *Scope) { s.Shut(why) }, 0},
		{"the cause after Shut", untilTaken, func(s *Scope) { s.Shut(why) }, 0},
		{"Canceled after Cancel", untilErr, func(s *Scope) { s.Cancel(why) }, 0},
		{"the cause after Cancel", untilTaken, func(s *Scope) { s.Cancel(why) }, 0},
		{"Shut's cause after Cancel", func(ctx context.Context) error {
			_ = untilCut(ctx)
			return context.Cause(ctx)
		}, func(s *Scope) { s.Shut(why); s.Cancel(nil) }, 0},
		{"Cancel's cause after Shut", untilCut, func(s *Scope) { s.Shut(nil); s.Cancel(why) }, 0},
		{"a failure after Cancel", func(ctx context.Context) error {
			_ = untilCut(ctx)
			return errTest
		}, func(s *Scope) { s.Cancel(why) }, 1},
		{"a deadline after Cancel", func(ctx context.Context) error {
			_ = untilCut(ctx)
			return context.DeadlineExceeded
		}, func(s *Scope) { s.Cancel(why) }, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := New(t.Context(), "s", WithPolicy(CollectAll))
				mustGo(t, s, "task", test.err)
				synctest.Wait()
				test.end(s)
				_ = s.Wait(t.Context())
				if i := info(t, s); i.Failed != test.want || i.OK != 1-test.want {
					t.Errorf("%+v, want %d failed", i, test.want)
				}
				_ = s.Stop()
			})
		})
	}
}

func untilErr(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// A function given to WithErrors has been called when Wait, and the task's handle,
// return; and the scope is cancelled by then, so that it holds nobody up.
func TestErrorsAreToldFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var told atomic.Bool
		s := New(t.Context(), "s")
		s.cfg.onError = func(*TaskError) {
			if s.State() != Cancelled {
				t.Error("the scope waits for the function to return")
			}
			time.Sleep(time.Second)
			told.Store(true)
		}
		task := mustStart(t, s, "bad", returns(errTest))
		wantErr(t, "Task.Wait", task.Wait(t.Context()), errTest)
		if !told.Load() {
			t.Error("the handle was first")
		}
		wantErr(t, "Wait", s.Wait(t.Context()), errTest)
		wantErr(t, "Stop", s.Stop(), errTest)
	})
}

// Who uses a child has to hear that it was cut off, even if that was nobody's fault.
func TestErrOfChildCutOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		parent := New(t.Context(), "parent")
		child := New(parent.Context(), "child")
		mustGo(t, child, "task", untilTaken)
		wantErr(t, "Stop of the parent", parent.Stop(), nil)
		wantErr(t, "Err of the child", child.Err(), ErrStopped)

		parent = New(t.Context(), "parent")
		child = New(parent.Context(), "child")
		mustGo(t, child, "task", untilTaken)
		wantErr(t, "Close of the parent", parent.Close(t.Context()), nil)
		wantErr(t, "Err of a child that was shut and had ended", child.Err(), nil)

		parent = New(t.Context(), "parent", WithDrainGrace(time.Second))
		child = New(parent.Context(), "child")
		mustGo(t, child, "task", untilCut)
		wantErr(t, "Close of the parent", parent.Close(t.Context()), nil)
		wantErr(t, "Err of the child", child.Err(), ErrStopped)
	})
}
