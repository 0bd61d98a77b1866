// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

var reload = make(chan os.Signal, 1)

var ctx, stop = signal.NotifyContext(context.Background(), os.Interrupt) // want "signal.NotifyContext from a package variable"

func init() {
	signal.Notify(reload, syscall.SIGHUP) // want "signal.Notify from init: the package takes signals from each program that uses it, unasked"
	go watch()
}

func watch() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM) // want "signal.Notify from init"
	for range c {
		println("stop")
	}
}

var once sync.Once

func init() {
	once.Do(func() {
		go func() {
			signal.Ignore(syscall.SIGHUP) // want "signal.Ignore from init"
		}()
	})
}

var commands = map[string]func(){}

func init() {
	commands["serve"] = func() { // runs when it is asked for
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		<-c
		signal.Stop(c)
	}
}

var handler = func() {
	signal.Notify(reload, syscall.SIGUSR1)
}

type Server struct{ c chan os.Signal }

func NewServer() *Server {
	s := &Server{c: make(chan os.Signal, 1)}
	s.listen()
	return s
}

func (s *Server) listen() {
	signal.Notify(s.c, syscall.SIGTERM) // want "signal.Notify from NewServer"
	go func() {
		<-s.c
		os.Exit(0)
	}()
}

// NewListener returns a server that is stopped by SIGTERM.
func NewListener() *Server {
	s := &Server{c: make(chan os.Signal, 1)}
	signal.Notify(s.c, syscall.SIGTERM)
	return s
}

func NewSignalContext() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt)
	return ctx
}

func NewAsked(handle bool) *Server {
	s := &Server{c: make(chan os.Signal, 1)}
	if handle {
		signal.Notify(s.c, syscall.SIGINT)
	}
	return s
}

type options struct{ quiet bool }

func NewWithOptions(o options) *Server {
	s := &Server{c: make(chan os.Signal, 1)}
	s.listenUnless(o)
	return s
}

func (s *Server) listenUnless(o options) {
	if o.quiet {
		return
	}
	signal.Notify(s.c, syscall.SIGTERM)
}

func NewWithError(path string) (*Server, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	s := &Server{c: make(chan os.Signal, 1)}
	signal.Notify(s.c, syscall.SIGTERM) // want "signal.Notify from NewWithError"
	return s, nil
}

func NewLog() *Server {
	s := &Server{c: make(chan os.Signal, 1)}
	signal.Notify(s.c, syscall.SIGUSR1)
	return s
}

func (s *Server) Run() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer signal.Stop(c)
	<-c
}

var _ = hangup()

func hangup() chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP) // want "signal.Notify from a package variable"
	return c
}
