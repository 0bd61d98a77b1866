// SPDX-License-Identifier: Apache-2.0

package a

import (
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
)

// Metrics is for a program that has more to do than that.
func Metrics(srv *http.Server) {
	go func() {
		if err := srv.ListenAndServe(); err != nil && err != http.ErrServerClosed {
			log.Fatal(err) // want `log.Fatal in Metrics ends the process from a goroutine: nobody can act on the error`
		}
	}()
	go func() {
		if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err) // want `log.Fatal in Metrics ends the process from a goroutine`
		}
	}()
}

// Signals ends a process that was told to end.
func Signals() {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, os.Interrupt)
	go func() {
		<-ch
		os.Exit(1)
	}()
}

// Log has to crash rather than go on with what it could not write.
func Log(file *os.File, lines <-chan string) {
	go func() {
		for {
			if _, err := file.WriteString(<-lines); err != nil {
				log.Fatal(err)
			}
		}
	}()
}

// A Document can be asked what it says while the process does other things.
type Document struct{ name string }

func (d *Document) Title() string {
	data, err := os.ReadFile(d.name)
	if err != nil {
		log.Fatal(err) // want `log.Fatal in Title ends the process of whoever calls it`
	}
	return string(data)
}

type hidden struct{ name string }

func (h *hidden) Title() string {
	if _, err := os.ReadFile(h.name); err != nil {
		log.Fatal(err)
	}
	return h.name
}

// Run starts a server that nobody else runs.
func (s *Server) Run(addr string) {
	go s.accept(addr)
	go s.logs()
	go s.commits()
}

func (s *Server) accept(addr string) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		log.Fatal(err) // want `log.Fatal in accept ends the process from a goroutine: nobody can act on the error`
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			log.Fatal(err) // want `log.Fatal in accept ends the process from a goroutine`
		}
		conn.Close()
	}
}

func (s *Server) logs() {
	for {
		if err := s.save("x"); err != nil {
			log.Fatal(err)
		}
		if err := s.release(); err != nil {
			log.Fatal(err)
		}
	}
}

func (s *Server) commits() {
	err := s.commit()
	if err != nil {
		log.Fatal(err)
	}
}

func (s *Server) save(string) error { return nil }

func (s *Server) release() error { return nil }

func (s *Server) commit() error { return nil }
