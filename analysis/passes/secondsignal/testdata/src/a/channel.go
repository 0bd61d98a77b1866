// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
)

func background(srv *http.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "a second signal has no effect: nobody receives it while Shutdown waits without a bound"
	<-c
	srv.Shutdown(context.Background())
}

func variable(srv *http.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "while Shutdown waits without a bound"
	defer signal.Stop(c)
	ctx := context.Background()
	<-c
	srv.Shutdown(ctx)
}

func graceful(srv *grpc.Server, errs chan error) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM) // want "while GracefulStop waits"
	select {
	case s := <-c:
		log.Println(s)
	case <-errs:
		return
	}
	srv.GracefulStop()
}

func inCase(srv *grpc.Server, errs chan error) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM) // want "while GracefulStop waits"
	select {
	case <-c:
		srv.GracefulStop()
	case <-errs:
	}
}

func otherCase(srv *grpc.Server, errs chan error) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	select {
	case <-c:
		srv.Stop()
	case <-errs:
		srv.GracefulStop()
	}
}

func workers(wg *sync.WaitGroup, cancel func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM) // want "while Wait waits"
	<-c
	cancel()
	wg.Wait()
}

func inGoroutine(wg *sync.WaitGroup, cancel func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM) // want "while Wait waits"
	go func() {
		<-c
		cancel()
	}()
	wg.Wait()
}

func goroutineThatExits(wg *sync.WaitGroup, cancel func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		<-c
		cancel()
		os.Exit(1)
	}()
	wg.Wait()
}

func goroutineThatReceivesTwice(wg *sync.WaitGroup, cancel func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		<-c
		cancel()
		<-c
		os.Exit(1)
	}()
	wg.Wait()
}

func documented(srv *http.Server) {
	idle := make(chan struct{})
	go func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt) // want "while Shutdown waits"
		<-c
		if err := srv.Shutdown(context.Background()); err != nil {
			log.Print(err)
		}
		close(idle)
	}()
	srv.ListenAndServe()
	<-idle
}

type server struct {
	wg   sync.WaitGroup
	http *http.Server
}

func (s *server) stop() {
	s.http.Close()
	s.wg.Wait()
}

func (s *server) stopInTime() {
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
}

func wrapper(s *server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM) // want "while stop waits"
	<-c
	s.stop()
}

func wrapperInTime(s *server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	<-c
	s.stopInTime()
}

func bounded(srv *http.Server, wg *sync.WaitGroup) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	<-c
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	srv.Shutdown(ctx)
	wg.Wait()
}

func stopped(srv *http.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	<-c
	signal.Stop(c)
	srv.Shutdown(context.Background())
}

func reset(srv *http.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	<-c
	signal.Reset()
	srv.Shutdown(context.Background())
}

func forced(srv *http.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	<-c
	go func() {
		time.Sleep(time.Minute)
		os.Exit(1)
	}()
	srv.Shutdown(context.Background())
}

func forcedByTimer(srv *grpc.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	<-c
	time.AfterFunc(time.Minute, srv.Stop)
	srv.GracefulStop()
}

func reloads(srv *http.Server, wg *sync.WaitGroup) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGHUP)
	for s := range c {
		switch s {
		case syscall.SIGHUP:
			wg.Wait()
		default:
			srv.Close()
			return
		}
	}
}

func inLoop(srv *http.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGHUP) // want "while Shutdown waits"
	for s := range c {
		switch s {
		case syscall.SIGHUP:
			log.Println("reload")
		case syscall.SIGTERM:
			srv.Shutdown(context.Background())
			return
		}
	}
}

func twoChannels(srv *http.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	force := make(chan os.Signal, 2)
	signal.Notify(force, syscall.SIGTERM)
	go func() {
		<-force
		<-force
		os.Exit(1)
	}()
	<-c
	srv.Shutdown(context.Background())
}

func unrelated(wg *sync.WaitGroup) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	<-c
	wg.Wait()
}

func onlyCancels(work func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "nobody receives it while what the first one cancels comes to its end"
	go func() {
		<-c
		cancel()
	}()
	work(ctx)
	work(context.TODO())
}

func cancelsWhatIsQuick(work func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		<-c
		cancel()
	}()
	work(ctx)
}

func onlyCancelsByName(work func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	go handler(c, cancel)
	signal.Notify(c, os.Interrupt) // want "while what the first one cancels comes to its end"
	work(ctx)
	work(context.Background())
}

func handler(c <-chan os.Signal, cancel context.CancelFunc) {
	<-c
	cancel()
}

func cancelsAndStops(work func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		<-c
		signal.Stop(c)
		cancel()
	}()
	work(ctx)
}

func cancelsWithLimit(work func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		<-c
		time.AfterFunc(time.Minute, func() { os.Exit(1) })
		cancel()
	}()
	work(ctx)
}

func cancelsAgain(work func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		<-c
		cancel()
		<-c
		os.Exit(1)
	}()
	work(ctx)
}

func gracefulBehindTimeout(srv *http.Server, rpc *grpc.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "while GracefulStop waits"
	<-c
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	srv.Shutdown(ctx)
	rpc.GracefulStop()
}

func cancelsAndDefersStop(work func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		defer signal.Stop(c)
		<-c
		cancel()
	}()
	work(ctx)
}

func waitForSignal() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "while GracefulStop waits"
	<-c
}

func program(rpc *grpc.Server) {
	waitForSignal()
	rpc.GracefulStop()
}

func waitAndStop() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	defer signal.Stop(c)
	<-c
}

func programThatStops(rpc *grpc.Server) {
	waitAndStop()
	rpc.GracefulStop()
}

func waitElsewhere() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
}

func programWithLimit(rpc *grpc.Server) {
	waitElsewhere()
	time.AfterFunc(time.Minute, rpc.Stop)
	rpc.GracefulStop()
}

func dispatch(name string, rpc *grpc.Server) {
	switch name {
	case "one":
		one(rpc)
	case "two":
		two()
	}
}

func dispatchToo(name string, rpc *grpc.Server) {
	if name == "three" {
		one(rpc)
	} else {
		two()
	}
}

func one(rpc *grpc.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "while GracefulStop waits"
	<-c
	rpc.GracefulStop()
}

func two() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
}

func both(rpc *grpc.Server) {
	go three(rpc)
	four()
}

func three(rpc *grpc.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
	rpc.GracefulStop()
}

func four() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
	<-c
	os.Exit(1)
}

// The program ends as soon as the Shutdown begins.
func unheard(srv *http.Server) error {
	go func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt)
		<-c
		_ = srv.Shutdown(context.Background())
	}()
	return srv.ListenAndServe()
}

func heard(srv *http.Server) {
	done := make(chan bool)
	go func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt) // want "while Shutdown waits without a bound"
		<-c
		_ = srv.Shutdown(context.Background())
		close(done)
	}()
	_ = srv.ListenAndServe()
	<-done
}

var handlers struct {
	ch   chan os.Signal
	list []func() error
}

func init() {
	handlers.ch = make(chan os.Signal, 1)
	go handleAll(handlers.ch)
	signal.Notify(handlers.ch, syscall.SIGINT) // want "a second signal has no effect: nobody receives it while runHandlers waits without a bound"
}

func handleAll(c <-chan os.Signal) {
	for s := range c {
		println(s)
		leave(1)
	}
}

func leave(code int) {
	runHandlers()
	os.Exit(code)
}

func runHandlers() {
	for _, f := range handlers.list {
		if err := f(); err != nil {
			println(err)
		}
	}
}

func givesBackFirst() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT)
	go func() {
		<-c
		signal.Stop(c)
		leave(1)
	}()
}

func exitsInTime() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT)
	go func() {
		<-c
		time.AfterFunc(time.Second, func() { os.Exit(2) })
		leave(1)
	}()
}

// It tells others each time, and goes on.
func tells() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT)
	go func() {
		for range c {
			runHandlers()
		}
	}()
}
