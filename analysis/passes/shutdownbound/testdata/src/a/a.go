// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc"
)

var quit = make(chan os.Signal, 1)

func background(srv *http.Server) {
	<-quit
	srv.Shutdown(context.Background()) // want `srv.Shutdown has a context that never ends: one slow client holds the stop`
}

func variable(srv *http.Server) error {
	ctx := context.TODO()
	<-quit
	return srv.Shutdown(ctx) // want `srv.Shutdown has a context that never ends`
}

func cancelled(srv *http.Server) {
	ctx := context.Background()
	<-quit
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	srv.Shutdown(ctx) // want `srv.Shutdown has a context that never ends`
}

func withoutCancel(ctx context.Context, srv *http.Server) error {
	<-ctx.Done()
	return srv.Shutdown(context.WithoutCancel(ctx)) // want `srv.Shutdown has a context that never ends`
}

// A second signal ends it.
func cancelledLater(srv *http.Server) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	<-quit
	go func() {
		<-quit
		cancel()
	}()
	srv.Shutdown(ctx)
}

// Close after an error is no bound: the error does not come.
func closesAfter(srv *http.Server) {
	if err := srv.Shutdown(context.Background()); err != nil { // want `srv.Shutdown has a context that never ends`
		srv.Close()
	}
}

type app struct {
	http *http.Server
	rpc  *grpc.Server
}

func (a *app) stop(ctx context.Context) error { return a.http.Shutdown(ctx) }

func helper(a *app) {
	a.stop(context.Background()) // want `a.stop has a context that never ends`
}

func literal(ctx context.Context, srv *http.Server, stop func(context.Context) error) (err error) {
	closeHTTP := func(ctx context.Context) error {
		if srv == nil {
			return nil
		}
		return srv.Shutdown(ctx)
	}
	defer func() {
		if err != nil {
			_ = closeHTTP(context.Background()) // want `closeHTTP has a context that never ends`
		}
	}()
	if err = stop(ctx); err != nil {
		return err
	}
	return closeHTTP(ctx)
}

func (a *app) stopRPC() {
	a.rpc.GracefulStop() // want `a.rpc.GracefulStop waits without a bound: one open stream`
}

// The other method is for those who do not want to wait.
func (a *app) stopRPCNow() { a.rpc.Stop() }

// The select is for something else.
func elsewhere(srv *http.Server, stopped chan bool) {
	go func() {
		defer close(stopped)
		<-quit
		srv.Shutdown(context.Background()) // want `srv.Shutdown has a context that never ends`
	}()
	select {
	case <-quit:
	case <-time.After(time.Second):
	}
}

// From here on nothing is wrong.

// Nobody waits for it: that is another mistake.
func unheard(srv *http.Server) error {
	go func() {
		<-quit
		if err := srv.Shutdown(context.Background()); err != nil {
			log.Print(err)
		}
	}()
	return srv.ListenAndServe()
}

func fresh(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return srv.Shutdown(ctx)
}

func replaced(srv *http.Server) error {
	ctx := context.Background()
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return srv.Shutdown(ctx)
}

func given(ctx context.Context, srv *http.Server) error { return srv.Shutdown(ctx) }

func (a *app) bounds(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return a.http.Shutdown(ctx)
}

func boundsItself(a *app) { a.bounds(context.Background()) }

func leaves(srv *http.Server) {
	done := make(chan bool)
	go func() {
		srv.Shutdown(context.Background())
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
}

func timer(srv *grpc.Server) {
	t := time.AfterFunc(time.Second, srv.Stop)
	defer t.Stop()
	srv.GracefulStop()
}

func forces() {
	srv := grpc.NewServer()
	done := make(chan bool)
	go func() {
		srv.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
		srv.Stop()
	}
}

func watchdog(srv *http.Server) {
	go func() {
		time.Sleep(time.Second)
		os.Exit(1)
	}()
	srv.Shutdown(context.Background())
}

type pair struct{ rpc *grpc.Server }

func (p *pair) graceful() { p.rpc.GracefulStop() }

func (p *pair) stop() {
	done := make(chan bool)
	go func() {
		p.graceful()
		close(done)
	}()
	select {
	case <-done:
	case <-quit:
	}
}

// A run tells of its end through a field: another method waits for it, and not only for it.
type run struct {
	rpc  *grpc.Server
	over chan struct{}
}

func (r *run) start() {
	go func() {
		defer close(r.over)
		r.rpc.GracefulStop()
	}()
}

func (r *run) wait(ctx context.Context) error {
	select {
	case <-r.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type other struct{}

func (other) Shutdown(ctx context.Context) error { return nil }

func otherShutdown(o other) { o.Shutdown(context.Background()) }

func off(srv *http.Server) {
	//quiesce:ignore shutdownbound requests have a deadline of their own
	srv.Shutdown(context.Background())
}

func main() {}
