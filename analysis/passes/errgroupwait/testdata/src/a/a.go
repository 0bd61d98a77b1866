// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"log/slog"

	"golang.org/x/sync/errgroup"
)

func fetch(ctx context.Context) error { return ctx.Err() }
func store(ctx context.Context) error { return ctx.Err() }

func shadowed(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return fetch(ctx) })
	if err := g.Wait(); err != nil {
		return err
	}
	return store(ctx) // want `ctx is over: g.Wait at line \d+ has cancelled it`
}

func inGoroutine(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return fetch(gctx) })
	err := g.Wait()
	go func() { _ = store(gctx) }() // want `gctx is over: g.Wait at line \d+ has cancelled it`
	return err
}

func errAfterWait(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return fetch(gctx) })
	if err := g.Wait(); err != nil {
		return err
	}
	return gctx.Err() // want `gctx is over: g.Wait at line \d+ has cancelled it`
}

func missing(ctx context.Context) {
	g, gctx := errgroup.WithContext(ctx) // want `nothing calls g.Wait: the goroutines run on`
	g.Go(func() error { return fetch(gctx) })
}

func missingVar() {
	var g errgroup.Group // want `nothing calls g.Wait`
	g.Go(func() error { return nil })
}

func instead(ctx context.Context, items chan int, all []int) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return fetch(gctx) })
	for _, i := range all {
		select {
		case items <- i:
		case <-gctx.Done():
			return gctx.Err() // want `gctx.Err\(\) in place of g.Wait\(\): the error that ended the group is lost`
		}
	}
	return g.Wait()
}

// What follows is innocent.

func right(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	g.Go(func() error { return fetch(gctx) })
	if err := g.Wait(); err != nil {
		slog.ErrorContext(gctx, "fetch", "err", err)
		return err
	}
	return store(ctx)
}

func again(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return fetch(gctx) })
	if err := g.Wait(); err != nil {
		return err
	}
	g, gctx = errgroup.WithContext(ctx)
	g.Go(func() error { return store(gctx) })
	return g.Wait()
}

func deferred(ctx context.Context) (err error) {
	g, gctx := errgroup.WithContext(ctx)
	defer func() { err = g.Wait() }()
	g.Go(func() error { return fetch(gctx) })
	<-gctx.Done()
	return gctx.Err()
}

func given(ctx context.Context) *errgroup.Group {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return fetch(gctx) })
	return g
}

func start(g *errgroup.Group) { g.Go(func() error { return nil }) }

func inside(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		<-gctx.Done()
		return gctx.Err()
	})
	return g.Wait()
}

func perTurn(ctx context.Context, n int) error {
	for range n {
		g, gctx := errgroup.WithContext(ctx)
		g.Go(func() error { return fetch(gctx) })
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func asked(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return fetch(gctx) })
	err := g.Wait()
	if context.Cause(gctx) != nil {
		return err
	}
	return nil
}
