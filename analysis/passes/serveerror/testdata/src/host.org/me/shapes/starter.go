// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"
	"net"
	"net/http"
	"sync"
)

// A starter serves in a goroutine of its own, and returns when it cannot.
type starter struct {
	listener net.Listener
	srv      *http.Server
	ended    chan struct{}
}

func (s *starter) Serve() error {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		return err
	}
	s.listener = l
	s.ended = make(chan struct{})
	go func() {
		defer close(s.ended)
		s.srv.Serve(l)
	}()
	return nil
}

func (s *starter) Wait() { <-s.ended }

func (s *starter) URL() string { return s.listener.Addr().String() }

func waitsForNothing(s *starter) {
	err := s.Serve() // want `the program lives on without its server when s.Serve fails`
	if err != nil {
		log.Printf("opening listener: %v", err)
	}
	log.Printf("serving on %s", s.URL())
	s.Wait()
}

func waitsWhenServing(s *starter) {
	if err := s.Serve(); err != nil {
		log.Printf("opening listener: %v", err)
		return
	}
	s.Wait()
}

func waitsForOthers(s *starter, wg *sync.WaitGroup) {
	if err := s.Serve(); err != nil {
		log.Print(err)
	}
	wg.Wait()
}
