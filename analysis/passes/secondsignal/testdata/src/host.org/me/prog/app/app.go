// SPDX-License-Identifier: Apache-2.0

// Package app has what the programs beside it run. It knows nothing of signals.
package app

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

type App struct {
	srv *http.Server
	wg  sync.WaitGroup
}

func (a *App) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(a.srv.ListenAndServe)
	g.Go(func() error {
		<-ctx.Done()
		return a.srv.Shutdown(context.Background())
	})
	return g.Wait()
}

func (a *App) RunInTime(ctx context.Context) error {
	<-ctx.Done()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return a.srv.Shutdown(ctx)
}

func (a *App) Close() { a.wg.Wait() }

func (a *App) CloseInTime() {
	done := make(chan struct{})
	go func() {
		a.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
}
