// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"mylog"
	"net"
	"net/http"
	"os"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
)

var (
	ctx  = context.Background()
	quit = make(chan os.Signal, 1)
)

func direct(srv *http.Server) {
	go func() {
		<-quit
		srv.Shutdown(ctx)
	}()
	log.Fatal(srv.ListenAndServe()) // want `srv.ListenAndServe returns http.ErrServerClosed as soon as the server is told to stop`
}

func inIf() {
	srv := &http.Server{}
	go func() {
		if err := srv.ListenAndServe(); err != nil { // want `srv.ListenAndServe returns http.ErrServerClosed`
			log.Fatalf("listen: %v", err)
		}
	}()
	<-quit
	srv.Shutdown(ctx)
}

func after(l net.Listener) {
	srv := &http.Server{}
	go func() {
		err := srv.Serve(l) // want `srv.Serve returns http.ErrServerClosed`
		if err != nil {
			mylog.Logger{}.Fatal(err)
		}
	}()
	<-quit
	srv.Close()
}

func bail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func ownFatal() {
	srv := &http.Server{}
	go func() {
		bail(srv.ListenAndServe()) // want `srv.ListenAndServe returns`
	}()
	<-quit
	srv.Shutdown(ctx)
}

type app struct {
	web  *http.Server
	grpc *grpc.Server
	log  logger
}

func (a *app) serve() {
	if err := a.web.ListenAndServe(); err != nil { // want `a.web.ListenAndServe returns`
		panic(err)
	}
}

func (a *app) stop() { a.web.Shutdown(ctx) }

// Serve of grpc returns nil after a stop.
func (a *app) serveGRPC(l net.Listener) {
	if err := a.grpc.Serve(l); err != nil {
		log.Fatal(err)
	}
}

func (a *app) stopGRPC() { a.grpc.GracefulStop() }

func group() {
	srv := &http.Server{}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return srv.ListenAndServe() }) // want `after a clean stop srv.ListenAndServe makes the group's Wait return http.ErrServerClosed`
	g.Go(func() error {
		<-ctx.Done()
		return srv.Shutdown(context.Background())
	})
	if err := g.Wait(); err != nil {
		log.Fatal(err)
	}
}

func groupOfMethods() error {
	srv := &http.Server{}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(srv.ListenAndServe) // want `after a clean stop srv.ListenAndServe makes the group's Wait return http.ErrServerClosed`
	g.Go(func() error {
		<-ctx.Done()
		return srv.Shutdown(context.Background())
	})
	return g.Wait()
}

func callsGroup() {
	if err := groupOfMethods(); err != nil {
		log.Fatal(err)
	}
}

// The server is made here, and stopped here: the caller dies.
func runs() error {
	srv := &http.Server{}
	go func() {
		<-quit
		srv.Shutdown(ctx)
	}()
	return srv.ListenAndServe()
}

func split() {
	if err := runs(); err != nil { // want `runs returns http.ErrServerClosed`
		log.Fatal(err)
	}
}

func logs() {
	srv := &http.Server{}
	go func() {
		if err := srv.ListenAndServe(); err != nil { // want `each clean stop is logged as a failure: srv.ListenAndServe returns http.ErrServerClosed then`
			log.Printf("listen: %v", err)
		}
	}()
	<-quit
	srv.Shutdown(ctx)
}

// From here on nothing is wrong.

type leveled struct{}

func (leveled) Info(args ...any) {}

func saysSo() {
	srv := &http.Server{}
	go func() {
		if err := srv.ListenAndServe(); err != nil {
			leveled{}.Info("shutting down the server")
		}
	}()
	<-quit
	srv.Shutdown(ctx)
}

func groupIsLogged() {
	srv := &http.Server{}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(srv.ListenAndServe)
	g.Go(func() error {
		<-ctx.Done()
		return srv.Shutdown(context.Background())
	})
	log.Print(g.Wait())
}

// A Fatal that only writes.
type logger struct{}

func (logger) Fatal(args ...any) { fmt.Println(args...) }

func (a *app) onlyWrites() {
	if err := a.web.ListenAndServe(); err != nil {
		a.log.Fatal(err)
	}
}

func looks() {
	srv := &http.Server{}
	go func() {
		if err := srv.ListenAndServe(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	<-quit
	srv.Shutdown(ctx)
}

func looksInside() {
	srv := &http.Server{}
	go func() {
		if err := srv.ListenAndServe(); err != nil {
			if err != http.ErrServerClosed {
				log.Fatal(err)
			}
		}
	}()
	<-quit
	srv.Shutdown(ctx)
}

// Nobody stops it.
func neverStopped() {
	srv := &http.Server{}
	log.Fatal(srv.ListenAndServe())
}

// Another server is stopped.
func another() {
	side, srv := &http.Server{}, &http.Server{}
	go func() {
		<-quit
		side.Shutdown(ctx)
	}()
	log.Fatal(srv.ListenAndServe())
}

// The deferred call comes too late to be the reason.
func closesAfter() {
	srv := &http.Server{}
	defer srv.Close()
	if err := srv.ListenAndServe(); err != nil {
		log.Fatal(err)
	}
}

func global() {
	log.Fatal(http.ListenAndServe(":80", nil))
}

func handsOn() error {
	srv := &http.Server{}
	errc := make(chan error, 1)
	go func() { errc <- srv.ListenAndServe() }()
	select {
	case err := <-errc:
		log.Fatal(err)
	case <-quit:
	}
	return srv.Shutdown(ctx)
}

func off(srv *http.Server) {
	go func() {
		<-quit
		srv.Shutdown(ctx)
	}()
	//quiesce:ignore serverclosed a child process that has nothing to finish
	log.Fatal(srv.ListenAndServe())
}

func main() {}
