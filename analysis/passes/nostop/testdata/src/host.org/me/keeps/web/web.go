// SPDX-License-Identifier: Apache-2.0 // want package:`reported`

package web

import (
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

type Service struct {
	addr   string
	router http.Handler
	ln     net.Listener
	srv    *http.Server
}

func (s *Service) Run(addr string) error {
	return http.ListenAndServe(addr, s.router) // want `nobody can shut down the server of http.ListenAndServe: only this function knows it`
}

// Close stops to listen, and cuts off what is served when the program then ends.
func (s *Service) Close() { s.ln.Close() }

func (s *Service) Start() error {
	server := http.Server{Handler: s.router}
	server.ReadTimeout = time.Minute
	ln, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	s.ln = ln
	go func() {
		err := server.Serve(s.ln) // want `nobody can shut down the server of server.Serve`
		if err != nil {
			log.Println(err)
		}
	}()
	return nil
}

// These keep it, and hand it on.
func (s *Service) StartKept() {
	server := &http.Server{Handler: s.router}
	s.srv = server
	go server.ListenAndServe()
}

func (s *Service) StartGiven(keep func(*http.Server)) {
	server := &http.Server{Handler: s.router}
	keep(server)
	go server.ListenAndServe()
}

func Start(h http.Handler) *http.Server {
	server := &http.Server{Handler: h}
	go server.ListenAndServe()
	return server
}

// Its listener is another's, who may close it.
func (s *Service) serveOn(l net.Listener) {
	server := &http.Server{Handler: s.router}
	go server.Serve(l)
}

func (s *Service) serveOnOwn() {
	server := &http.Server{Handler: s.router}
	go server.Serve(s.ln)
}

// These are beside what the program is for, over soon, or one of many.
func startMetrics(h http.Handler) {
	go http.ListenAndServe(":9090", h)
}

func redirect(h http.Handler) error {
	return http.ListenAndServe(":80", http.RedirectHandler("https://host.org", http.StatusFound))
}

func loginCallback(h http.Handler) {
	go http.ListenAndServe("localhost:53682", h)
}

func all(addrs []string, h http.Handler) {
	for _, addr := range addrs {
		go http.ListenAndServe(addr, h)
	}
}

func startAdmin(h http.Handler) {
	go http.ListenAndServe("localhost:7400", h)
}

func listen(addr string, h http.Handler) {
	go (&http.Server{Addr: addr, Handler: h}).ListenAndServe() // want `nobody can shut down the server of`
}

// A plugin waits for what is served when it has closed its listener.
type plugin struct {
	ln      net.Listener
	running sync.WaitGroup
}

func (p *plugin) start(h http.Handler) (err error) {
	if p.ln, err = net.Listen("tcp", ":0"); err != nil {
		return err
	}
	server := &http.Server{Handler: h}
	p.running.Add(1)
	go func() {
		defer p.running.Done()
		server.Serve(p.ln)
	}()
	return nil
}

func (p *plugin) stop() {
	p.ln.Close()
	p.running.Wait()
}
