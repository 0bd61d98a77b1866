// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

func deferredStop(srv *http.Server) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want "a second signal has no effect: nobody receives it while Shutdown waits without a bound"
	defer stop()
	<-ctx.Done()
	srv.Shutdown(context.Background())
}

func stopFirst(srv *http.Server) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	<-ctx.Done()
	stop()
	srv.Shutdown(context.Background())
}

func stopAfter(srv *http.Server) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	<-ctx.Done()
	srv.Shutdown(context.Background())
}

func group(srv *http.Server) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want "while Shutdown waits"
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(srv.ListenAndServe)
	g.Go(func() error {
		<-ctx.Done()
		return srv.Shutdown(context.Background())
	})
	return g.Wait()
}

func boundedGroup(srv *http.Server) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		<-ctx.Done()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return srv.Shutdown(ctx)
	})
	return g.Wait()
}

func mainLike(srv *http.Server, wg *sync.WaitGroup) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want "while Wait waits"
	defer stop()
	run(ctx, wg)
}

func run(ctx context.Context, wg *sync.WaitGroup) {
	<-ctx.Done()
	wg.Wait()
}

func otherContext(ctx context.Context, srv *http.Server) {
	<-ctx.Done()
	srv.Shutdown(context.Background())
}
