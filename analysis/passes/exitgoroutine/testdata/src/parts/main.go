// SPDX-License-Identifier: Apache-2.0

// Package main has parts that are stopped one after another.
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"

	"parts/store"

	"golang.org/x/sync/errgroup"
)

type app struct {
	store   *store.Store
	api     *http.Server
	metrics *http.Server
}

func main() {
	a := &app{store: &store.Store{}}
	a.start()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	<-signals
	a.shutdown()
}

func (a *app) start() {
	go a.serve()
	go func() {
		a.serveMetrics()
	}()
}

// The store has to be stopped too.
func (a *app) serve() {
	if err := a.api.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err) // want `log.Fatal in a goroutine skips the clean-up of main, a.shutdown of line \d+: requests in flight are cut off`
	}
}

func (a *app) serveMetrics() {
	if err := a.metrics.ListenAndServe(); err != http.ErrServerClosed {
		log.Fatal(err) // want `log.Fatal in a goroutine skips the clean-up of main, a.shutdown`
	}
}

func (a *app) shutdown() {
	a.api.Shutdown(context.Background())
	a.store.Stop()
}

// The server is one of those that its helper stops.
func listed(srv *http.Server, signals chan os.Signal) {
	go func() {
		if err := srv.ListenAndServe(); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-signals
	stopAll()
}

var servers []*http.Server

func stopAll() {
	for _, s := range servers {
		s.Shutdown(context.Background())
	}
}

// It serves what is stopped, and nothing else.
func own(srv *http.Server, signals chan os.Signal) {
	go serveOwn(srv)
	<-signals
	srv.Shutdown(context.Background())
}

func serveOwn(s *http.Server) {
	if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

func grouped(s *store.Store, signals chan os.Signal) {
	var g errgroup.Group
	g.Go(func() error {
		err := http.ListenAndServe(":9090", nil)
		if err != nil {
			log.Fatal(err) // want `log.Fatal in a goroutine skips the clean-up of grouped, s.Stop of line \d+: what it stops is cut off`
		}
		return err
	})
	<-signals
	s.Stop()
	g.Wait()
}

// It is not stopped, or what runs is the same.
func closed(s *store.Store, signals chan os.Signal) {
	go func() { log.Fatal(http.ListenAndServe(":9090", nil)) }()
	<-signals
	s.Close()
}

func runs(s *store.Store, signals chan os.Signal) {
	go func() {
		if err := s.Run(); err != nil {
			log.Fatal(err)
		}
	}()
	<-signals
	s.Stop()
}

type worker struct {
	quit chan struct{}
	wg   sync.WaitGroup
}

func (w *worker) Stop() {
	close(w.quit)
	w.wg.Wait()
}

type flag struct{ set bool }

func (f *flag) Stop() { f.set = true }

func works(w *worker, signals chan os.Signal) {
	go metrics()
	<-signals
	w.Stop()
}

func metrics() {
	log.Fatal(http.ListenAndServe(":9090", nil)) // want `skips the clean-up of works, w.Stop of line \d+: what it stops is cut off`
}

func flagged(f *flag, signals chan os.Signal) {
	go func() { log.Fatal(http.ListenAndServe(":9090", nil)) }()
	<-signals
	f.Stop()
}

// What follows the start is no clean-up.
func startsFirst() {
	starts()
	os.Remove("/run/a.sock")
	select {}
}

func starts() {
	go func() { log.Fatal(http.ListenAndServe(":9090", nil)) }()
}
