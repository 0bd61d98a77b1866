// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	"golang.org/x/sync/errgroup"

	"host.org/other/mux"
)

func ofAnotherKind(l net.Listener) {
	m := mux.New(l)
	go m.Serve() // want `the program lives on without its server when m.Serve fails`
	go func() {
		if err := mux.ListenAndServe(":53"); err != nil { // want `the program lives on`
			log.Print(err)
		}
	}()
	go m.ServeConn(nil)
	<-quit
}

var quit = make(chan os.Signal, 1)

func main() {}

type myLogger struct{}

func (*myLogger) Failed(format string, args ...any) {}

func (*myLogger) Close() {}

func ofOwnLogger(srv *http.Server, l *myLogger) {
	go func() {
		if err := srv.ListenAndServe(); err != nil { // want `the program lives on`
			l.Failed("serve: %v", err)
		}
	}()
	go func() {
		if err := srv.ListenAndServe(); err != nil {
			l.Close()
		}
	}()
}

func handled(srv *http.Server, errHandler func(error)) {
	go func() { errHandler(srv.ListenAndServe()) }()
}

func listed(public, admin *http.Server) {
	var wg sync.WaitGroup
	for _, srv := range []*http.Server{public, admin} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := srv.ListenAndServe(); err != nil { // want `the program lives on`
				log.Print(err)
			}
		}()
	}
	<-quit
	public.Close()
	admin.Close()
	wg.Wait()
}

func waitedFor(srv *http.Server) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		if err := srv.ListenAndServe(); err != nil {
			log.Print(err)
		}
	}()
	wg.Wait()
}

func counted(srv *http.Server) {
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := srv.ListenAndServe(); err != nil { // want `the program lives on`
			log.Print(err)
		}
	})
	s := <-quit
	fmt.Println(s)
	srv.Close()
	wg.Wait()
}

func countedAndWaitedFor(srv *http.Server) {
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := srv.ListenAndServe(); err != nil {
			log.Print(err)
		}
	})
	wg.Wait()
}

func loggedInGroup(ctx context.Context, srv *http.Server) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) { // want `the program lives on`
			log.Print(err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		return srv.Close()
	})
	return g.Wait()
}

func returnedToGroup(ctx context.Context, srv *http.Server) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		err := srv.ListenAndServe()
		log.Print(err)
		return err
	})
	g.Go(func() error {
		<-ctx.Done()
		return srv.Close()
	})
	return g.Wait()
}

func readAfterTheStop(srv *http.Server) error {
	failed := make(chan error, 1)
	go func() { failed <- srv.ListenAndServe() }() // want `the program lives on`
	<-quit
	srv.Close()
	return <-failed
}

func readInTime(srv *http.Server) error {
	failed := make(chan error, 1)
	go func() { failed <- srv.ListenAndServe() }()
	select {
	case <-quit:
	case err := <-failed:
		return err
	}
	return srv.Close()
}

func readAtOnce(srv *http.Server) error {
	failed := make(chan error, 1)
	go func() { failed <- srv.ListenAndServe() }()
	return <-failed
}

func readElsewhere(srv *http.Server, watch func(<-chan error)) {
	failed := make(chan error, 1)
	go func() { failed <- srv.ListenAndServe() }()
	watch(failed)
	<-quit
}

type holder struct {
	srv  *http.Server
	errs chan error
	done chan struct{}
	Errs chan error
}

func (h *holder) start() {
	h.errs = make(chan error, 1)
	go func() { h.errs <- h.srv.ListenAndServe() }() // want `the program lives on`
	go func() { h.Errs <- h.srv.ListenAndServe() }()
	go func() {
		defer close(h.done)
		if err := h.srv.ListenAndServe(); err != nil { // want `the program lives on`
			log.Print(err)
		}
	}()
}

func (h *holder) Stop() {
	h.srv.Close()
	<-h.done
}

type memory struct{ net.Listener }

func (m *memory) Accept() (net.Conn, error) { return nil, nil }

func inMemory(srv *http.Server, m *memory) {
	l := tls.NewListener(m, nil)
	go srv.Serve(l)
	go srv.Serve(m)
}

func handler() http.Handler { return nil }

func withHandler() {
	go func() {
		if err := http.ListenAndServe(":80", handler()); err != nil { // want `the program lives on`
			log.Print(err)
		}
	}()
}
