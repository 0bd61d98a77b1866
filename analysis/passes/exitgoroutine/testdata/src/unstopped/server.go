// SPDX-License-Identifier: Apache-2.0

package unstopped

import (
	"log"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

type Server struct {
	listener net.Listener
	quit     chan struct{}
	running  sync.WaitGroup
}

func (s *Server) Start() {}

func (s *Server) Shutdown() {
	close(s.quit)
	s.listener.Close()
}

func (s *Server) Logf(format string, args ...any) { log.Printf(format, args...) }

func (s *Server) reload() {}

func (s *Server) signals() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT, syscall.SIGHUP)
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		for {
			select {
			case sig := <-c:
				s.Logf("trapped %v", sig)
				switch sig {
				case syscall.SIGINT:
					s.Logf("exiting")
					os.Exit(0) // want "os.Exit at a signal without s.Shutdown: what is running is cut off, and nothing is cleaned up"
				case syscall.SIGHUP:
					s.reload()
				}
			case <-s.quit:
				return
			}
		}
	}()
}

func (s *Server) ranged() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		for sig := range c {
			s.Logf("trapped %v", sig)
			os.Exit(0) // want "os.Exit at a signal without s.Shutdown"
		}
	}()
}

func (s *Server) stopped() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		<-c
		s.Shutdown()
		os.Exit(0)
	}()
}

// What it calls may be the stop.
func (s *Server) byAnother() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		<-c
		s.reload()
		os.Exit(0)
	}()
}

func (s *Server) second() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		n := 0
		for range c {
			if n++; n > 1 {
				os.Exit(1)
			}
			go s.Shutdown()
		}
	}()
}

// A prompt has nothing that runs.
type prompt struct{ term *os.File }

func (p *prompt) Close() {
	p.term.Sync()
	p.term.Close()
}

func (p *prompt) signals() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		<-c
		os.Exit(0)
	}()
}
