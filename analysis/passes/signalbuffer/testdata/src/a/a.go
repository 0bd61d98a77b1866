// SPDX-License-Identifier: Apache-2.0

package a

import (
	"os"
	"os/signal"
	"syscall"
)

func local() {
	c := make(chan os.Signal)
	signal.Notify(c, os.Interrupt) // want "signal.Notify with an unbuffered channel: a signal that comes while nobody receives is lost"
	<-c
}

func zero() {
	c := make(chan os.Signal, 0)
	signal.Notify(c, os.Interrupt) // want "unbuffered channel"
	<-c
}

const room = 1

func innocent(n int) {
	c := make(chan os.Signal, room)
	signal.Notify(c, os.Interrupt)
	<-c
	d := make(chan os.Signal, n)
	signal.Notify(d, os.Interrupt)
	<-d
	e := make(chan os.Signal) // never registered
	<-e
	signal.Notify(make(chan os.Signal), syscall.SIGPIPE) // swallows it
}

type server struct {
	sigs  chan os.Signal
	other chan os.Signal
	fine  chan os.Signal
}

func newServer() *server {
	return &server{
		sigs:  make(chan os.Signal),
		other: make(chan os.Signal),
		fine:  make(chan os.Signal, 1),
	}
}

func (s *server) run() {
	signal.Notify(s.sigs, syscall.SIGTERM) // want "unbuffered channel"
	signal.Notify(s.fine, syscall.SIGHUP)
	select {
	case <-s.sigs:
	case <-s.other:
	case <-s.fine:
	}
}

var global = make(chan os.Signal)

var later chan os.Signal

func globals() {
	signal.Notify(global, syscall.SIGTERM) // want "unbuffered channel"
	<-global
	later = make(chan os.Signal)
	signal.Notify(later, syscall.SIGTERM) // want "unbuffered channel"
	<-later
}

func made() chan os.Signal { return make(chan os.Signal) }

func makes() chan os.Signal {
	c := make(chan os.Signal)
	return c
}

func fromFunction() {
	c := makes()
	signal.Notify(c, syscall.SIGTERM) // want "unbuffered channel"
	<-c
}

func register(c chan os.Signal) {
	signal.Notify(c, syscall.SIGTERM)
}

func toFunction() {
	c := make(chan os.Signal)
	register(c) // want "unbuffered channel"
	<-c
}

func toFunctionInnocent() {
	c := make(chan os.Signal, 1)
	register(c)
	<-c
}

func inGoroutine() {
	c := make(chan os.Signal)
	go func() {
		signal.Notify(c, syscall.SIGTERM) // want "unbuffered channel"
	}()
	<-c
}

type registry struct {
	notify func(chan<- os.Signal, ...os.Signal)
}

func throughField() {
	r := registry{notify: signal.Notify}
	c := make(chan os.Signal)
	r.notify(c, os.Interrupt) // want "unbuffered channel"
	<-c
}

func ignored() {
	c := make(chan os.Signal)
	//quiesce:ignore signalbuffer the receiver is always there
	signal.Notify(c, os.Interrupt)
	<-c
}

func several() {
	c := make(chan os.Signal)
	signal.Notify(c, os.Interrupt) // want "unbuffered channel"
	signal.Notify(c, syscall.SIGTERM)
	<-c
}
