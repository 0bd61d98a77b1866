// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
)

var (
	quit = make(chan os.Signal, 1)
	api  http.Handler
)

func main() {
	srv := &http.Server{}
	go func() {
		if err := srv.ListenAndServe(); err != nil && !errors.Is(err, http.ErrServerClosed) { // want `the program lives on without its server when srv.ListenAndServe fails`
			log.Printf("listen: %v", err)
		}
	}()
	<-quit
	srv.Shutdown(context.Background())
}

func ofGRPC(l net.Listener) {
	srv := grpc.NewServer()
	go func() {
		slog.Info("serving", "addr", l.Addr().String())
		err := srv.Serve(l) // want `the program lives on without its server when srv.Serve fails`
		if err != nil {
			slog.Error("serve", "error", err)
			return
		}
	}()
	<-quit
	srv.GracefulStop()
}

func dropped() {
	srv := &http.Server{}
	go srv.ListenAndServe()                           // want `the program lives on without its server when srv.ListenAndServe fails`
	go http.ListenAndServe("localhost", api)          // want `the program lives on without its server when http.ListenAndServe fails`
	go func() { _ = srv.ListenAndServe() }()          // want `the program lives on`
	go func() { log.Println(srv.ListenAndServe()) }() // want `the program lives on`
	<-quit
}

type app struct {
	srv  *http.Server
	wg   sync.WaitGroup
	stop func()
}

func (a *app) start() { go a.loop() }

func (a *app) loop() {
	if err := a.srv.ListenAndServe(); err != nil { // want `the program lives on without its server when a.srv.ListenAndServe fails`
		log.Print(err)
	}
}

type plugin struct {
	srv *http.Server
	wg  sync.WaitGroup
}

func (p *plugin) Start(l net.Listener) {
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		if err := p.srv.Serve(l); err != nil { // want `the program lives on without its server when p.srv.Serve fails`
			log.Print(err)
		}
	}()
}

func (p *plugin) Stop() {
	p.srv.Close()
	p.wg.Wait()
}

func group(l net.Listener, stop func() error) error {
	srv := grpc.NewServer()
	var g errgroup.Group
	g.Go(func() error { return srv.Serve(l) }) // want `the program lives on without its server when srv.Serve fails`
	g.Go(stop)
	return g.Wait()
}

func withTLS(srv *http.Server, cert string) {
	go func() {
		if cert != "" {
			if err := srv.ListenAndServeTLS(cert, cert); err != nil { // want `the program lives on without its server when srv.ListenAndServeTLS fails`
				log.Print(err)
			}
		} else {
			if err := srv.ListenAndServe(); err != nil { // want `the program lives on without its server when srv.ListenAndServe fails`
				log.Print(err)
			}
		}
	}()
	go func() {
		if cert != "" {
			err := srv.ListenAndServeTLS(cert, cert) // want `the program lives on`
			log.Print(err)
			return
		}
		log.Print(srv.ListenAndServe()) // want `the program lives on`
	}()
	<-quit
}

func thenWaits(srv *http.Server, stopped chan struct{}) {
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) { // want `the program lives on without its server when srv.ListenAndServe fails`
		log.Print(err)
	}
	<-stopped
}

func thenReloads(srv *http.Server, listeners chan net.Listener, l net.Listener, cert string) error {
	var err error
	for {
		if cert == "" {
			err = srv.Serve(l) // want `the program lives on without its server when srv.Serve fails`
		} else {
			log.Print("with TLS")
			err = srv.ServeTLS(l, cert, cert) // want `the program lives on without its server when srv.ServeTLS fails`
		}
		if err != http.ErrServerClosed {
			log.Print(err)
		}
		select {
		case l = <-listeners:
		case <-quit:
			return http.ErrServerClosed
		}
	}
}

// From here on nothing is wrong.

func thenTriesAgain(srv *http.Server, l net.Listener) {
	for {
		err := srv.Serve(l)
		log.Print(err)
		select {
		case <-quit:
			return
		case <-time.After(time.Second):
		}
	}
}

func thenReturns(srv *http.Server, stopped chan struct{}) error {
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

func thenStops(srv *http.Server, cancel func(), stopped chan struct{}) {
	if err := srv.ListenAndServe(); err != nil {
		log.Print(err)
	}
	cancel()
	<-stopped
}

func withTLSOrEnds(srv *http.Server, cert string) {
	go func() {
		if cert != "" {
			log.Print(srv.ListenAndServeTLS(cert, cert))
		} else {
			log.Print(srv.ListenAndServe())
		}
		close(quit)
	}()
	<-quit
}

type memory struct{ net.Listener }

func inMemory(srv *http.Server) {
	l := &memory{}
	go func() { _ = srv.Serve(l) }()
}

func groupWithContext(ctx context.Context, l net.Listener, stop func() error) error {
	srv := grpc.NewServer()
	g, _ := errgroup.WithContext(ctx)
	g.Go(func() error { return srv.Serve(l) })
	g.Go(stop)
	return g.Wait()
}

func groupOfServers(l, m net.Listener) error {
	srv := grpc.NewServer()
	var g errgroup.Group
	g.Go(func() error { return srv.Serve(l) })
	g.Go(func() error { return srv.Serve(m) })
	return g.Wait()
}

func tells(srv *http.Server) error {
	failed := make(chan error, 1)
	go func() { failed <- srv.ListenAndServe() }()
	select {
	case <-quit:
		return nil
	case err := <-failed:
		return err
	}
}

func fatal(srv *http.Server) {
	go func() {
		if err := srv.ListenAndServe(); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-quit
}

func (a *app) counted() {
	a.wg.Add(1)
	go func() {
		defer a.wg.Done()
		if err := a.srv.ListenAndServe(); err != nil {
			log.Print(err)
		}
	}()
	a.wg.Wait()
}

func (a *app) stops(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		if err := a.srv.ListenAndServe(); err != nil {
			log.Print(err)
			cancel()
		}
	}()
	<-ctx.Done()
}

func (a *app) callback() {
	go func() {
		if err := a.srv.ListenAndServe(); err != nil {
			log.Print(err)
			a.stop()
		}
	}()
}

// Nobody misses these for long.
func profiles() {
	go func() {
		log.Println("pprof:", http.ListenAndServe("localhost:6060", nil))
	}()
	internal := &http.Server{Addr: ":9091"} // with the default handler
	go internal.ListenAndServe()
	debugger := &http.Server{Handler: api}
	go debugger.ListenAndServe()
}

func metrics() {
	go func() {
		srv := &http.Server{Addr: ":9091", Handler: api}
		if err := srv.ListenAndServe(); err != nil { // want `the program lives on without its server when srv.ListenAndServe fails`
			log.Println("metrics:", err)
		}
	}()
}

func metricsOn(l net.Listener) {
	go func() {
		srv := &http.Server{Handler: api}
		if err := srv.Serve(l); err != nil {
			log.Println("metrics:", err)
		}
	}()
}

func many(l []net.Listener, srv *http.Server) {
	for _, l := range l {
		go srv.Serve(l)
	}
}

func off(srv *http.Server) {
	//quiesce:ignore serveerror a page for developers
	go srv.ListenAndServe()
}

// A monitor has fields that are let go of when its server has ended.
type monitor struct {
	mu      sync.Mutex
	srv     *http.Server
	handler http.Handler
	done    chan bool
	up      bool
}

func newMonitor() *monitor { return &monitor{done: make(chan bool, 1)} }

func (m *monitor) startMonitoring(l net.Listener) {
	srv := &http.Server{Handler: api}
	m.srv, m.handler = srv, api
	go func() {
		srv.Serve(l) // want `the program lives on without its server when srv.Serve fails`
		srv.Handler = nil
		m.mu.Lock()
		m.handler = nil
		m.mu.Unlock()
		m.done <- true
	}()
}

// This one writes why, and its port was free; the next says that it is down.
func (m *monitor) startMetrics(l net.Listener) {
	go func() {
		if err := m.srv.Serve(l); err != nil {
			log.Print(err)
		}
	}()
	go func() {
		m.srv.Serve(l)
		m.mu.Lock()
		m.up = false
		m.mu.Unlock()
	}()
}

func (m *monitor) Shutdown() {
	m.srv.Close()
	<-m.done
}

func waitsForEver(s *http.Server) {
	if err := s.ListenAndServe(); err != nil { // want `the program lives on without its server when s.ListenAndServe fails`
		log.Print(err)
	}
	select {}
}

// What asks for its metrics notices that there is no answer.
func (m *monitor) startMetricsUnlogged(l net.Listener) {
	go func() { m.srv.Serve(l) }()
}
