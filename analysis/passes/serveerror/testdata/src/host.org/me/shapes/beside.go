// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"

	"google.golang.org/grpc"
)

// two waits for both servers, whatever has become of one.
func two(public, plain *http.Server) error {
	var wg sync.WaitGroup
	failed := make(chan error, 1)
	wg.Add(2)
	go func() {
		defer wg.Done()
		failed <- public.ListenAndServe() // want `the program lives on`
	}()
	go func() {
		defer wg.Done()
		failed <- plain.ListenAndServe() // want `the program lives on`
	}()
	err := <-failed
	log.Print(err)
	wg.Wait()
	return err
}

func twoLogged(public, plain *http.Server) {
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		if err := public.ListenAndServe(); err != nil { // want `the program lives on`
			log.Print(err)
		}
	}()
	go func() {
		defer wg.Done()
		log.Print(plain.ListenAndServe()) // want `the program lives on`
	}()
	wg.Wait()
}

// twoTogether ends the other one.
func twoTogether(public, plain *http.Server) error {
	var wg sync.WaitGroup
	failed := make(chan error, 2)
	wg.Add(2)
	go func() {
		defer wg.Done()
		failed <- public.ListenAndServe()
	}()
	go func() {
		defer wg.Done()
		failed <- plain.ListenAndServe()
	}()
	err := <-failed
	public.Close()
	plain.Close()
	wg.Wait()
	return err
}

// onlyOne ends when its server does.
func onlyOne(srv *http.Server) error {
	var wg sync.WaitGroup
	failed := make(chan error, 1)
	wg.Add(1)
	go func() {
		defer wg.Done()
		failed <- srv.ListenAndServe()
	}()
	err := <-failed
	wg.Wait()
	return err
}

// first does not wait for the other one.
func first(public, plain *http.Server) error {
	failed := make(chan error, 2)
	go func() { failed <- public.ListenAndServe() }()
	go func() { failed <- plain.ListenAndServe() }()
	return <-failed
}

// outer keeps the error in a variable that nobody reads any more.
func outer(srv *http.Server, name string) error {
	err := check(name)
	if err != nil {
		return err
	}
	go func() {
		err = srv.ListenAndServe() // want `the program lives on`
		if err != http.ErrServerClosed {
			log.Print(err)
		}
	}()
	return nil
}

func outerRead(srv *http.Server, done chan struct{}) error {
	var err error
	go func() {
		err = srv.ListenAndServe()
		log.Print(err)
	}()
	<-done
	return err
}

func check(string) error { return nil }

// a tunnel is a listener for others.
type tunnel struct {
	conns chan net.Conn
	srv   *http.Server
}

func (t *tunnel) Accept() (net.Conn, error) { return <-t.conns, nil }

func newTunnel(l net.Listener) *tunnel {
	t := &tunnel{srv: &http.Server{}}
	go t.srv.Serve(l)
	return t
}

func listenTunnel() (*tunnel, error) {
	l, err := net.Listen("tcp", ":1")
	if err != nil {
		return nil, err
	}
	t := &tunnel{srv: &http.Server{}}
	go t.srv.Serve(l) // want `the program lives on`
	return t, nil
}

// within sends what a function that serves returns.
func within(l net.Listener) error {
	failed := make(chan error, 1)
	go func() {
		failed <- func() error {
			s := grpc.NewServer()
			initializeMetrics(s)
			err := s.Serve(l)
			return fmt.Errorf("serve: %w", err)
		}()
	}()
	return <-failed
}

// registered has the word of figures beside its calls.
func registered(l net.Listener) {
	s := grpc.NewServer()
	go func() {
		initializeMetrics(s)
		s.Serve(l) // want `the program lives on`
	}()
	<-quit
}

func initializeMetrics(*grpc.Server) {}
