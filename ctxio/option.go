// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"context"
	"runtime/pprof"
)

// A Spawner starts goroutines and keeps account of them; a *scope.Scope is one.
//
// Go runs f once, in a goroutine of its own that is listed under name, or returns
// an error and never runs it. ctx is that of the operation for which the goroutine
// is needed: it tells who asks, and bounds the wait for a slot where there are
// limits. The context that f is given is not used. f returns nil, when the call
// that it makes returns; nothing can hurry it.
type Spawner interface {
	Go(ctx context.Context, name string, f func(context.Context) error) error
}

// An Option changes how helper goroutines are made.
type Option interface{ apply(*config) }

type config struct{ spawner Spawner }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// WithSpawner has helper goroutines started by s. The default, also for nil, is a bare
// go statement. Either way they carry a name: ctxio.read, ctxio.write or
// ctxio.accept, by default as the profiler label "task".
func WithSpawner(s Spawner) Option {
	return optionFunc(func(c *config) {
		if s != nil {
			c.spawner = s
		}
	})
}

func configure(opts []Option) config {
	c := config{spawner: bare{}}
	for _, o := range opts {
		o.apply(&c)
	}
	return c
}

// bare is the default Spawner.
type bare struct{}

func (bare) Go(ctx context.Context, name string, f func(context.Context) error) error {
	go pprof.Do(ctx, pprof.Labels("task", name), func(ctx context.Context) { _ = f(ctx) })
	return nil
}
