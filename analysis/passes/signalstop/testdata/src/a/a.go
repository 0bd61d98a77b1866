// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func run(ctx context.Context) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM) // want "signal.Notify without signal.Stop: when nobody reads the channel any more its signals still do not end the program"
	select {
	case <-c:
	case <-ctx.Done():
	}
}

func goroutine(cancel func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "signal.Notify without signal.Stop"
	go func() {
		<-c
		cancel()
	}()
}

func loop(work chan int) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "signal.Notify without signal.Stop"
loop:
	for {
		select {
		case <-c:
			break loop
		case <-work:
		}
	}
}

func stopped(ctx context.Context) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer signal.Stop(c)
	<-c
}

func stoppedBehindLabel(work chan int) {
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
}

func exits() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		<-c
		os.Exit(1)
	}()
}

func fatal() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	s := <-c
	log.Fatalf("%v", s)
}

func forever(reload func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		for range c {
			reload()
		}
	}()
}

func rotates(reopen func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	<-c
	reopen()
}

func given(c chan os.Signal) {
	signal.Notify(c, syscall.SIGTERM)
	<-c
}

type Server struct{ c, stopped chan os.Signal }

func (s *Server) open() {
	s.c = make(chan os.Signal, 1)
	s.stopped = make(chan os.Signal, 1)
	signal.Notify(s.c, syscall.SIGTERM) // want "signal.Notify without signal.Stop"
	signal.Notify(s.stopped, syscall.SIGTERM)
}

func (s *Server) wait() {
	select {
	case <-s.c:
	case <-s.stopped:
	}
}

func (s *Server) close() { signal.Stop(s.stopped) }

func runUntilSignal(stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	<-c
	stop()
}

func handleSignals(stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		<-c
		stop()
	}()
}

func NewCache() *Server {
	s := &Server{}
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP) // want "signal.Notify from NewCache without signal.Stop: each call leaves a channel registered"
	go func() {
		for {
			<-c
			s.open()
		}
	}()
	return s
}

func NewView(cancel chan struct{}) *Server {
	s := &Server{}
	c := make(chan os.Signal, 1)
	onHangup(c) // want "signal.Notify from NewView without signal.Stop"
	go func() {
		for {
			select {
			case <-c:
				s.open()
			case <-cancel:
				return
			}
		}
	}()
	return s
}

func onHangup(c chan os.Signal) { signal.Notify(c, syscall.SIGHUP) }

type plugin struct{}

func (p *plugin) Start(cancel func()) { go p.watchSignals(cancel) }

func (p *plugin) watchSignals(cancel func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "signal.Notify without signal.Stop"
	for {
		if <-c == os.Interrupt {
			cancel()
			return
		}
	}
}

func (p *plugin) Open(done chan struct{}) { go p.reloads(done) }

func (p *plugin) reloads(done chan struct{}) {
	c := make(chan os.Signal, 1)
	OnHangup(c) // want "signal.Notify without signal.Stop"
	for waiting := true; waiting; {
		select {
		case <-c:
		case <-done:
			waiting = false
		}
	}
}

// OnHangup is for others, too.
func OnHangup(c chan os.Signal) { signal.Notify(c, syscall.SIGHUP) }

// An embedded is a server that programs have in them: when it has been stopped they go on.
type embedded struct{ quit chan struct{} }

func (e *embedded) handle() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT, syscall.SIGHUP) // want "signal.Notify without signal.Stop: when nobody reads the channel any more"
	go func() {
		for {
			select {
			case sig := <-c:
				switch sig {
				case syscall.SIGINT:
					os.Exit(0)
				case syscall.SIGHUP:
					println("reload")
				}
			case <-e.quit:
				return
			}
		}
	}()
}

// This one ends with the program only.
func (e *embedded) handleForEver(turns chan int) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT)
	go func() {
		for {
			select {
			case <-c:
				os.Exit(0)
			case <-turns:
				println("turn")
			}
		}
	}()
}

func Main(closed chan struct{}) { os.Exit(runUntil(closed)) }

// The program ends with it.
func runUntil(closed chan struct{}) int {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	select {
	case <-c:
	case <-closed:
	}
	return 0
}
