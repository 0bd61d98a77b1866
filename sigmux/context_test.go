// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestNotifyContextEndsWithTheFirstSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := NewFake()
		ctx, stop := NotifyContextFrom(t.Context(), src)
		defer stop()
		synctest.Wait()
		if err := ctx.Err(); err != nil {
			t.Fatalf("ended at once: %v", err)
		}
		if !src.Send(syscall.SIGTERM) {
			t.Fatal("SIGTERM is not taken")
		}
		<-ctx.Done()
		if src.Send(syscall.SIGTERM) || src.Send(os.Interrupt) {
			t.Error("the signals were not given back when the context ended")
		}
		cause := context.Cause(ctx)
		if s, ok := errors.AsType[*SignalError](cause); !ok || s.Signal != syscall.SIGTERM {
			t.Errorf("cause %v, want SIGTERM", cause)
		}
		if !errors.Is(cause, context.Canceled) || ctx.Err() != context.Canceled {
			t.Errorf("cause %v, error %v: not canceled", cause, ctx.Err())
		}
		stop()
		if context.Cause(ctx) != cause {
			t.Error("stop changed the cause")
		}
	})
}

// A hooked source calls a function when signals are given back.
type hooked struct {
	*Fake
	stop func()
}

func (h hooked) Stop(c chan<- os.Signal) {
	h.stop()
	h.Fake.Stop(c)
}

func TestNotifyContextGivesBackBeforeItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ctx context.Context
		var atStop error
		src := hooked{NewFake(), func() { atStop = ctx.Err() }}
		ctx, stop := NotifyContextFrom(t.Context(), src)
		src.Send(os.Interrupt)
		<-ctx.Done()
		stop()
		if atStop != nil {
			t.Errorf("the context had ended when the signals were given back: %v", atStop)
		}
	})
}

func TestNotifyContextStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := NewFake()
		ctx, stop := NotifyContextFrom(t.Context(), src, sigHUP)
		if src.Send(os.Interrupt) {
			t.Error("SIGINT is taken though only SIGHUP was asked for")
		}
		stop()
		stop()
		if cause := context.Cause(ctx); cause != context.Canceled {
			t.Errorf("cause %v, want context.Canceled", cause)
		}
		if src.Send(sigHUP) {
			t.Error("SIGHUP is taken after stop")
		}
	})
}

// TestNotifyContextStopKeepsAQueuedSignal sends without letting the watcher run.
func TestNotifyContextStopKeepsAQueuedSignal(t *testing.T) {
	for range 100 { // select is free to see either first
		synctest.Test(t, func(t *testing.T) {
			src := NewFake()
			ctx, stop := NotifyContextFrom(t.Context(), src)
			src.Send(os.Interrupt)
			stop()
			if _, ok := errors.AsType[*SignalError](context.Cause(ctx)); !ok {
				t.Fatalf("cause %v, want the signal", context.Cause(ctx))
			}
		})
	}
}

func TestNotifyContextKeepsTheParentsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, why := NewFake(), errors.New("why")
		parent, cancel := context.WithCancelCause(t.Context())
		ctx, stop := NotifyContextFrom(parent, src)
		defer stop()
		cancel(why)
		synctest.Wait()
		if src.Send(os.Interrupt) {
			t.Error("SIGINT is taken after the parent ended")
		}
		late, stopLate := NotifyContextFrom(parent, src)
		defer stopLate()
		if src.Send(os.Interrupt) {
			t.Error("SIGINT is taken for a parent that had ended before")
		}
		for _, c := range []context.Context{ctx, late} {
			if context.Cause(c) != why {
				t.Errorf("cause %v, want the parent's", context.Cause(c))
			}
		}
	})
}

func TestNotifyContextLeavesIgnoredSignalsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := NewFake()
		src.Ignore(os.Interrupt)
		only, stopOnly := NotifyContextFrom(t.Context(), src, os.Interrupt)
		ctx, stop := NotifyContextFrom(t.Context(), src)
		if src.Send(os.Interrupt) {
			t.Error("SIGINT is taken")
		}
		if !src.Send(syscall.SIGTERM) {
			t.Error("SIGTERM is not taken")
		}
		<-ctx.Done()
		if only.Err() != nil {
			t.Error("a context without signals ended")
		}
		stop()
		stopOnly()
		if context.Cause(only) != context.Canceled {
			t.Errorf("cause %v after stop", context.Cause(only))
		}
	})
}

func TestNotifyContextHasTheParentsDeadlineAndValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		parent, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, 1), time.Minute)
		defer cancel()
		ctx, stop := NotifyContextFrom(parent, NewFake())
		defer stop()
		if ctx.Value(key{}) != 1 {
			t.Error("value lost")
		}
		<-ctx.Done()
		if context.Cause(ctx) != context.DeadlineExceeded {
			t.Errorf("cause %v", context.Cause(ctx))
		}
	})
}
