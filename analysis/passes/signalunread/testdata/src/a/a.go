// SPDX-License-Identifier: Apache-2.0

package a

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func nobody() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM) // want "nobody receives from this channel: from here on SIGTERM has no effect"
	work()
}

func onlyStop() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "nobody receives from this channel: from here on SIGINT has no effect"
	defer signal.Stop(c)
	work()
}

func all() {
	c := make(chan os.Signal, 1)
	signal.Notify(c) // want "from here on every signal has no effect"
	work()
}

func wrongOne() {
	c := make(chan os.Signal, 1)
	d := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM) // want "nobody receives from this channel"
	<-d
}

func work() {}

func received() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	<-c
}

func inGoroutine() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		for s := range c {
			println(s)
		}
	}()
}

func handler(c <-chan os.Signal) { <-c }

func passed() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go handler(c)
}

func literal() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	f := func(c chan os.Signal) { <-c }
	go f(c)
}

func returned() chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	return c
}

func Both() (chan os.Signal, error) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	return c, nil
}

func swallow() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGPIPE)
}

func child() error {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	defer signal.Stop(c)
	return exec.Command("sh").Run()
}

type Server struct {
	Sigs chan os.Signal
	sigs chan os.Signal
	deaf chan os.Signal
}

func New() *Server {
	return &Server{Sigs: make(chan os.Signal, 1), sigs: make(chan os.Signal, 1), deaf: make(chan os.Signal, 1)}
}

func (s *Server) Start() {
	signal.Notify(s.Sigs, syscall.SIGTERM)
	signal.Notify(s.sigs, syscall.SIGTERM)
	signal.Notify(s.deaf, syscall.SIGTERM) // want "nobody receives from this channel"
}

func (s *Server) wait() {
	select {
	case <-s.sigs:
	default:
	}
}

type waiter struct{ c chan os.Signal }

func (w waiter) wait() { <-w.c }

func intoField() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	w := waiter{c}
	w.wait()
}

func intoMap(m map[string]chan os.Signal) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	m["x"] = c
}

func inSlice() []chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	return []chan os.Signal{c}
}

var global = make(chan os.Signal, 1)

func register() { signal.Notify(global, syscall.SIGTERM) }

func receive() { <-global }
