// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
)

var (
	ctx  = context.Background()
	quit = make(chan os.Signal, 1)
)

func main() {
	srv := &http.Server{}
	go func() {
		<-quit
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil { // want `nobody waits for srv.Shutdown: srv.ListenAndServe returns as soon as it begins`
			log.Print(err)
		}
	}()
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	log.Print("stopped")
}

// The channel is closed, and nobody waits for it here.
func closed() error {
	srv, done := &http.Server{}, make(chan bool)
	go func() {
		defer close(done)
		<-quit
		srv.Shutdown(ctx) // want `nobody waits for srv.Shutdown`
	}()
	return srv.ListenAndServe()
}

func onContext(ctx context.Context) error {
	srv := &http.Server{}
	stop := context.AfterFunc(ctx, func() {
		srv.Shutdown(context.Background()) // want `nobody waits for srv.Shutdown`
	})
	defer stop()
	return srv.ListenAndServe()
}

type app struct {
	http *http.Server
	wg   sync.WaitGroup
}

func (a *app) run() error { return a.http.ListenAndServe() }
func (a *app) stop()      { a.http.Shutdown(ctx) }

func methods() {
	a := &app{http: &http.Server{}}
	go func() {
		<-quit
		a.stop() // want `nobody waits for a.stop: a.run returns as soon as it begins`
	}()
	a.run()
}

func named(srv *http.Server) {
	<-quit
	srv.Shutdown(ctx) // want `nobody waits for srv.Shutdown: srv.ListenAndServe returns as soon as it begins`
}

func byName() error {
	srv := &http.Server{}
	go named(srv)
	return srv.ListenAndServe()
}

// start leaves a goroutine that nobody hears of again.
func (a *app) start(ctx context.Context, l net.Listener) {
	go a.http.Serve(l)
	go func() {
		<-ctx.Done()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		a.http.Shutdown(ctx) // want `nobody can wait for a.http.Shutdown: its goroutine tells no one when it is done`
	}()
}

type watched struct{ http *http.Server }

func (w *watched) run(ctx context.Context) error {
	go w.watch(ctx)
	return w.http.ListenAndServe()
}

func (w *watched) watch(ctx context.Context) {
	<-ctx.Done()
	w.http.Shutdown(context.Background()) // want `nobody waits for w.http.Shutdown: w.http.ListenAndServe returns as soon as it begins`
}

// The context is given back first, which tells nobody of the end.
func givesBackFirst(parent context.Context, srv *http.Server, failed chan error) error {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt)
	defer stop()
	go func() {
		<-ctx.Done()
		stop()
		c, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		srv.Shutdown(c) // want `nobody can wait for srv.Shutdown`
	}()
	go func() { failed <- srv.ListenAndServe() }()
	return <-failed
}

func givesBackAtLast(parent context.Context, srv *http.Server, failed chan error) error {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt)
	go func() {
		<-ctx.Done()
		defer stop()
		c, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		srv.Shutdown(c)
	}()
	go func() { failed <- srv.ListenAndServe() }()
	return <-failed
}

func stopsAll(servers []*http.Server) {
	for _, srv := range servers {
		go srv.Shutdown(ctx) // want `nobody can wait for srv.Shutdown`
	}
}

func grpcLeft(ctx context.Context, l net.Listener) {
	srv := grpc.NewServer()
	go srv.Serve(l)
	go func() {
		<-ctx.Done()
		srv.GracefulStop() // want `nobody can wait for srv.GracefulStop`
	}()
}

// From here on nothing is wrong.

func stopsAllInTime(servers []*http.Server) {
	for _, srv := range servers {
		go srv.Shutdown(ctx)
	}
	time.Sleep(time.Second)
}

// Serve of grpc returns when GracefulStop is done.
func ofGRPC(l net.Listener) error {
	srv := grpc.NewServer()
	go func() {
		<-quit
		srv.GracefulStop()
	}()
	return srv.Serve(l)
}

func ofGRPCInGoroutine(l net.Listener) error {
	srv, failed := grpc.NewServer(), make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	go func() {
		<-quit
		srv.GracefulStop()
	}()
	return <-failed
}

func waits() error {
	srv, done := &http.Server{}, make(chan bool)
	go func() {
		defer close(done)
		<-quit
		srv.Shutdown(ctx)
	}()
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-done
	return nil
}

func waitsDeferred() error {
	var wg sync.WaitGroup
	defer wg.Wait()
	srv := &http.Server{}
	wg.Add(1)
	go func() {
		defer wg.Done()
		<-quit
		srv.Shutdown(ctx)
	}()
	return srv.ListenAndServe()
}

func inMain() error {
	srv := &http.Server{}
	go srv.ListenAndServe()
	<-quit
	return srv.Shutdown(ctx)
}

func group() error {
	srv := &http.Server{}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(srv.ListenAndServe)
	g.Go(func() error {
		<-ctx.Done()
		return srv.Shutdown(context.Background())
	})
	return g.Wait()
}

func (a *app) startCounted(ctx context.Context, l net.Listener) {
	a.wg.Add(1)
	go func() {
		defer a.wg.Done()
		<-ctx.Done()
		a.http.Shutdown(context.Background())
	}()
	go a.http.Serve(l)
}

// It ends the process when it is done.
func endsProcess(l net.Listener) {
	srv := &http.Server{}
	go srv.Serve(l)
	go func() {
		<-quit
		srv.Shutdown(ctx)
		os.Exit(0)
	}()
	select {}
}

// Close does not wait: there is nothing to wait for.
func closes() error {
	srv := &http.Server{}
	go func() {
		<-quit
		srv.Close()
	}()
	return srv.ListenAndServe()
}

// A stop that is bounded from outside.
func bounded(srv *grpc.Server) {
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

// Another server is shut down.
func another() error {
	metrics, srv := &http.Server{}, &http.Server{}
	go func() {
		<-quit
		metrics.Shutdown(ctx)
	}()
	return srv.ListenAndServe()
}

func off(srv *http.Server) error {
	go func() {
		<-quit
		//quiesce:ignore shutdownwait the caller sleeps
		srv.Shutdown(ctx)
	}()
	return srv.ListenAndServe()
}

type service struct {
	srv    *http.Server
	logger *log.Logger
	served chan struct{}
	wg     sync.WaitGroup
}

func (s *service) Stop() {
	go func() {
		_ = s.srv.Shutdown(ctx) // want `nobody can wait for s.srv.Shutdown: its goroutine tells no one when it is done`
		select {
		case <-s.served:
			return
		case <-time.After(time.Second):
		}
		s.logger.Print("too late")
	}()
}

func (s *service) StopAtOnce() {
	go s.srv.Shutdown(ctx) // want `nobody can wait for s.srv.Shutdown`
}

// It can be waited for.
func (s *service) Shutdown() {
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		_ = s.srv.Shutdown(ctx)
	}()
}

// The program goes on.
func (s *service) handle(http.ResponseWriter, *http.Request) {
	go func() { _ = s.srv.Shutdown(ctx) }()
}
