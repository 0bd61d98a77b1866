// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Contexts and errors of the user are asked without a lock: they may use the scope.
func TestUserCodeIsCalledWithoutLocks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := &nosyContext{Context: t.Context(), t: t}
		s := New(ctx, "s", WithLimit(1), WithPolicy(CollectAll), RecoverPanics(func(*PanicError) { ctx.look() }),
			WithErrors(func(*TaskError) { ctx.look() }))
		ctx.scope = s
		err := &nosyError{ctx}
		waitInQueue(t, s, ctx, err)
		_ = mustStart(t, s, "panics", func(context.Context) error { panic(err) }, Cancelable()).Wait(t.Context())
		_ = New(ctx, "root").Stop()
		_ = New(s.Context(), "child").Stop()
		s.Shut(err)
		wantErr(t, "Go", s.Go(ctx, "refused", returns(nil)), ErrScopeClosed)
		off, _ := s.Start(s.Context(), "called off", func(ctx context.Context) error { <-ctx.Done(); return err }, Cancelable())
		off.Cancel(err)
		_ = off.Wait(t.Context())
		s.Cancel(err)
		if v := s.Survey(); v.Scopes[0].Cause != "nosy" {
			t.Errorf("%+v", v.Scopes[0])
		}
		if err := s.Close(ctx); err == nil || err.Error() == "" {
			t.Errorf("Close: %v", err)
		}
		if ctx.looked.Load() == 0 {
			t.Error("nobody asked")
		}
	})
}

// waitInQueue starts a task that fails, and has to wait for that.
func waitInQueue(t *testing.T, s *Scope, ctx context.Context, err error) {
	first, waits := make(chan struct{}), make(chan error)
	mustGo(t, s, "first", until(first))
	go func() { waits <- s.Go(ctx, "second", returns(err)) }()
	synctest.Wait()
	close(first)
	wantErr(t, "Go", <-waits, nil)
}

// A nosyContext uses the scope's lock in every method.
type nosyContext struct {
	context.Context
	t      *testing.T
	scope  *Scope
	looked atomic.Int64
}

func (c *nosyContext) look() {
	if c.scope == nil {
		return
	}
	c.looked.Add(1)
	for range 100 {
		if c.scope.mu.TryLock() {
			c.scope.mu.Unlock()
			return
		}
		time.Sleep(time.Millisecond) // another goroutine may have it, but not for long
	}
	c.t.Error("the caller holds the lock")
}

func (c *nosyContext) Done() <-chan struct{} { c.look(); return c.Context.Done() }
func (c *nosyContext) Err() error            { c.look(); return c.Context.Err() }
func (c *nosyContext) Value(key any) any     { c.look(); return c.Context.Value(key) }

type nosyError struct{ ctx *nosyContext }

func (e *nosyError) Error() string        { e.ctx.look(); return "nosy" }
func (e *nosyError) Is(target error) bool { e.ctx.look(); return errors.Is(target, errTest) }
