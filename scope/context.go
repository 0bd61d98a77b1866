// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"

	"github.com/go-quiesce/quiesce/internal/owner"
)

// The profiler labels of a task's goroutine, and of those that it starts with bare
// go statements.
const (
	LabelScope = "scope" // the scope's path
	LabelTask  = "task"  // the task's name
)

var ownerKey any = owner.Key{} // boxed once

// From returns the scope that ctx belongs to: whose task was given it, or a context
// it descends from. It returns nil if there is none.
func From(ctx context.Context) *Scope {
	if o, ok := ctx.Value(ownerKey).(owner.Of[*Scope]); ok {
		return o.Scope()
	}
	return nil
}

// WorkContext returns the context under which work that a task has begun is
// finished. It has the values of ctx, which is the task's context or descends from
// it, and ends only when the scope is cancelled, or with the task's own timeout or
// cancellation; not when ctx ends. A context that belongs to no scope is returned
// as it is.
func WorkContext(ctx context.Context) context.Context {
	if o, ok := ctx.Value(ownerKey).(owner.Of[*Scope]); ok {
		return o.Work(ctx)
	}
	return ctx
}

// A workContext ends as one context does and has the values of another. Those come
// through WithoutCancel, which does not answer when package context looks for the
// context behind one: so contexts derived from it cost no goroutine.
type workContext struct {
	context.Context
	values context.Context
}

// Value implements context.Context.
func (c workContext) Value(key any) any {
	if v := c.values.Value(key); v != nil {
		return v
	}
	return c.Context.Value(key)
}

// Scope and Work make a kind the owner of its tasks' contexts.
func (k *kind) Scope() *Scope { return k.scope }

func (k *kind) Work(ctx context.Context) context.Context { return k.scope.workOf(ctx) }

func (s *Scope) workOf(ctx context.Context) context.Context {
	return workContext{s.work, context.WithoutCancel(ctx)}
}

// A scopeContext belongs to a scope and to none of its tasks.
type scopeContext struct {
	context.Context
	scope *Scope
}

// Value implements context.Context.
func (c *scopeContext) Value(key any) any {
	if key == ownerKey {
		return c
	}
	return c.Context.Value(key)
}

// Scope and Work make it its own owner.
func (c *scopeContext) Scope() *Scope { return c.scope }

func (c *scopeContext) Work(ctx context.Context) context.Context { return c.scope.workOf(ctx) }

// Owns reports whether ctx belongs to the scope or to one below it: whether it is the
// context of a task there, that of [Scope.Context], or descends from one.
func (s *Scope) Owns(ctx context.Context) bool {
	for at := From(ctx); at != nil; at = at.parent {
		if at == s {
			return true
		}
	}
	return false
}

// within reports whether ctx is that of a task of s or of a scope below it.
func (s *Scope) within(ctx context.Context) bool {
	switch ctx.Value(ownerKey).(type) {
	case *kind, *own:
		return s.Owns(ctx)
	default:
		return false
	}
}
