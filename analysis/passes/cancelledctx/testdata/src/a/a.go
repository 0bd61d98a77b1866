// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sync/errgroup"
)

func direct(ctx context.Context, srv *http.Server) error {
	<-ctx.Done()
	return srv.Shutdown(ctx) // want `srv.Shutdown has a context that has ended already \(ctx\): it gives up at once`
}

func derived(ctx context.Context, srv *http.Server) error {
	<-ctx.Done()
	sctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return srv.Shutdown(sctx) // want `srv.Shutdown has a context that has ended already \(ctx\)`
}

func shadowed(ctx context.Context, srv *http.Server) error {
	<-ctx.Done()
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return srv.Shutdown(ctx) // want `srv.Shutdown has a context that has ended already`
}

func goroutine(ctx context.Context, srv *http.Server) {
	go func() {
		<-ctx.Done()
		srv.Shutdown(ctx) // want `srv.Shutdown has a context`
	}()
	srv.ListenAndServe()
}

func choice(ctx context.Context, srv *http.Server, errc chan error) error {
	select {
	case <-ctx.Done():
		return srv.Shutdown(ctx) // want `srv.Shutdown has a context`
	case err := <-errc:
		return err
	}
}

func afterChoice(ctx context.Context, srv *http.Server, errc chan error) error {
	select {
	case <-ctx.Done():
	case err := <-errc:
		slog.Error("serve", "error", err)
	}
	return srv.Shutdown(ctx) // want `srv.Shutdown has a context`
}

func group(ctx context.Context, srv *http.Server) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(srv.ListenAndServe)
	g.Go(func() error {
		<-gctx.Done()
		return srv.Shutdown(gctx) // want `srv.Shutdown has a context that has ended already \(gctx\)`
	})
	g.Go(func() error {
		<-ctx.Done()
		return srv.Shutdown(gctx) // want `srv.Shutdown has a context that has ended already \(ctx\)`
	})
	return g.Wait()
}

func lastRows(ctx context.Context, db *sql.DB, in chan string) {
	var all []string
	flush := func() {
		for _, s := range all {
			db.ExecContext(ctx, s)
		}
		all = nil
	}
	for {
		select {
		case s := <-in:
			if all = append(all, s); len(all) > 100 {
				flush()
			}
		case <-ctx.Done():
			flush()                         // want `flush has a context that has ended already \(ctx\)`
			db.ExecContext(ctx, "goodbye") // want `db.ExecContext has a context that has ended already \(ctx\)`
			return
		}
	}
}

func lastRowsWithTheirOwn(ctx context.Context, db *sql.DB, in chan string) {
	flush := func(ctx context.Context, s string) { db.ExecContext(ctx, s) }
	for {
		select {
		case s := <-in:
			flush(ctx, s)
		case <-ctx.Done():
			flush(context.Background(), "goodbye")
			return
		}
	}
}

type provider interface{ Shutdown(context.Context) error }

func inDefer(srv *http.Server, tracing provider) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	defer tracing.Shutdown(ctx) // want `tracing.Shutdown has a context that has ended already`
	defer func() {
		if err := tracing.Shutdown(ctx); err != nil { // want `tracing.Shutdown has a context`
			slog.Error("tracing", "error", err)
		}
	}()
	go srv.ListenAndServe()
	<-ctx.Done()
}

func cancelled(srv *http.Server, quit chan os.Signal) error {
	ctx, cancel := context.WithCancel(context.Background())
	<-quit
	cancel()
	return srv.Shutdown(ctx) // want `srv.Shutdown has a context`
}

func deferredCancel(tracing provider) {
	ctx, cancel := context.WithCancel(context.Background())
	defer tracing.Shutdown(ctx) // want `tracing.Shutdown has a context`
	defer cancel()
}

func after(ctx context.Context, srv *http.Server) {
	context.AfterFunc(ctx, func() {
		srv.Shutdown(ctx) // want `srv.Shutdown has a context`
	})
}

type app struct {
	ctx    context.Context
	cancel context.CancelFunc
	srv    *http.Server
}

func (a *app) start(ctx context.Context) {
	a.ctx, a.cancel = context.WithCancel(ctx)
}

func (a *app) stop(ctx context.Context) {
	a.cancel()
	a.srv.Shutdown(ctx)
	a.srv.Shutdown(a.ctx) // want `a.srv.Shutdown has a context that has ended already \(a.ctx\)`
}

func (a *app) field() {
	<-a.ctx.Done()
	a.srv.Shutdown(a.ctx) // want `a.srv.Shutdown has a context that has ended already \(a.ctx\)`
}

func function(ctx context.Context, otelShutdown func(context.Context) error) {
	<-ctx.Done()
	otelShutdown(ctx) // want `otelShutdown has a context`
}

// From here on nothing is wrong.

func fresh(ctx context.Context, srv *http.Server) error {
	<-ctx.Done()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return srv.Shutdown(ctx)
}

func background(ctx context.Context, srv *http.Server) error {
	<-ctx.Done()
	return srv.Shutdown(context.Background())
}

func withoutCancel(ctx context.Context, srv *http.Server) error {
	<-ctx.Done()
	sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return srv.Shutdown(sctx)
}

func replaced(ctx context.Context, srv *http.Server) error {
	<-ctx.Done()
	ctx = context.WithoutCancel(ctx)
	return srv.Shutdown(ctx)
}

// The parent lives on.
func parent(ctx context.Context, srv *http.Server) error {
	sig, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	<-sig.Done()
	return srv.Shutdown(ctx)
}

func another(ctx, stopCtx context.Context, srv *http.Server) error {
	<-ctx.Done()
	return srv.Shutdown(stopCtx)
}

func (a *app) other(b *app) {
	<-a.ctx.Done()
	b.srv.Shutdown(b.ctx)
}

func rightOrder(tracing provider) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer tracing.Shutdown(ctx)
}

func logs(ctx context.Context) error {
	<-ctx.Done()
	slog.InfoContext(ctx, "stopped")
	return context.Cause(ctx)
}

func (a *app) close(ctx context.Context) {
	slog.InfoContext(ctx, "closing")
	a.srv.Close()
}

func (a *app) closes(ctx context.Context) {
	<-ctx.Done()
	a.close(ctx)
}

func (a *app) closeDetached(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return a.srv.Shutdown(ctx)
}

func (a *app) closesDetached(ctx context.Context) error {
	<-ctx.Done()
	return a.closeDetached(ctx)
}

func ticks(ctx context.Context, p provider, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			p.Shutdown(ctx)
		}
	}
}

func off(ctx context.Context, srv *http.Server) error {
	<-ctx.Done()
	//quiesce:ignore cancelledctx only the listeners are to close
	return srv.Shutdown(ctx)
}

func ofChild(ctx context.Context, srv *http.Server) context.CancelFunc {
	serving, cancel := context.WithCancel(ctx)
	go srv.ListenAndServe()
	go func() {
		<-serving.Done()
		srv.Shutdown(ctx) // want `srv.Shutdown has the context that serving is derived of: when ctx ends it has ended already, and it gives up at once`
	}()
	return cancel
}

func ofGroup(srv *http.Server) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(srv.ListenAndServe)
	g.Go(func() error {
		<-gctx.Done()
		bound, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return srv.Shutdown(bound) // want `srv.Shutdown has the context that gctx is derived of`
	})
	return g.Wait()
}

// The parent may well live on when its child has run out of time, and nobody knows what
// ends this one.
func ofOthers(ctx context.Context, srv *http.Server) {
	limited, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	<-limited.Done()
	srv.Shutdown(ctx)

	child, end := context.WithCancel(ctx)
	defer end()
	<-child.Done()
	bound, done := context.WithTimeout(ctx, time.Second)
	defer done()
	srv.Shutdown(bound)
}

func ofNothing(srv *http.Server) {
	base := context.Background()
	child, end := context.WithCancel(base)
	defer end()
	<-child.Done()
	srv.Shutdown(base)
}
