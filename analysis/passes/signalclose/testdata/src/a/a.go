// SPDX-License-Identifier: Apache-2.0

package a

import (
	"os"
	"os/signal"
	"syscall"
)

func deferred() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer close(c) // want "close of a channel that signal.Notify still sends to: the next signal is a panic that nobody can recover"
	<-c
}

func atOnce() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	<-c
	close(c) // want "still sends to"
	signal.Stop(c)
}

func wrongOrder() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer signal.Stop(c)
	defer close(c) // want "still sends to"
	<-c
}

func rightOrder() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer close(c)
	defer signal.Stop(c)
	<-c
}

func stoppedFirst() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer func() {
		signal.Stop(c)
		close(c)
	}()
	<-c
}

func deferredCloseAfterStop() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer close(c)
	<-c
	signal.Stop(c)
}

type server struct {
	sigs, done chan os.Signal
}

func (s *server) start() {
	s.sigs = make(chan os.Signal, 1)
	s.done = make(chan os.Signal, 1)
	signal.Notify(s.sigs, syscall.SIGTERM)
	signal.Notify(s.done, syscall.SIGHUP)
}

func (s *server) run() {
	for range s.sigs {
		return
	}
	<-s.done
}

func (s *server) stop() {
	close(s.sigs) // want "still sends to"
}

func (s *server) unregister() { signal.Stop(s.done) }

func (s *server) stopDone() { close(s.done) }

func reset() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	signal.Reset(syscall.SIGTERM)
	close(c)
}

func other() {
	c := make(chan os.Signal, 1)
	d := make(chan struct{})
	signal.Notify(c, syscall.SIGTERM)
	defer signal.Stop(c)
	go func() {
		<-c
		close(d)
	}()
	<-d
}

func withLabel(work chan int) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
loop:
	for {
		select {
		case <-c:
			break loop
		case <-work:
		}
	}
	signal.Stop(c)
	close(c)
}

type registry struct {
	notify func(chan<- os.Signal, ...os.Signal)
	stop   func(chan<- os.Signal)
}

func throughFields() {
	r := registry{notify: signal.Notify, stop: signal.Stop}
	c := make(chan os.Signal, 1)
	r.notify(c, syscall.SIGTERM)
	<-c
	r.stop(c)
	close(c)
	d := make(chan os.Signal, 1)
	r.notify(d, syscall.SIGTERM)
	close(d) // want "still sends to"
}

func stopsInGoroutine(done chan struct{}) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		<-done
		signal.Stop(c)
	}()
	<-c
	close(c) // want "still sends to"
}

func closesInGoroutine(done chan struct{}) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		<-done
		signal.Stop(c)
		close(c)
	}()
	<-c
}
