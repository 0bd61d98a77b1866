// SPDX-License-Identifier: Apache-2.0

// Package cmd belongs to a program.
package cmd

import (
	"log"
	"os"
)

func Run() error {
	if _, err := os.ReadFile("a"); err != nil {
		log.Fatal(err)
	}
	return nil
}

// A Server is what a command runs.
type Server struct{}

// NewServer could return its error.
func NewServer(name string) *Server {
	if _, err := os.ReadFile(name); err != nil {
		log.Fatal(err) // want `log.Fatal in NewServer ends the process of whoever calls it`
	}
	return new(Server)
}

// Serve could return its error.
func (s *Server) Serve(name string) error {
	f, err := os.Open(name)
	if err != nil {
		log.Fatal("no file", err) // want `log.Fatal in Serve ends the process of whoever calls it, which expects an error`
	}
	return f.Close()
}

// Run is the command itself.
func (s *Server) Run() error {
	if _, err := os.ReadFile("a"); err != nil {
		log.Fatal(err)
	}
	return nil
}

type options struct{ cert, key string }

func NewRefusing(o *options) *options {
	if (o.cert == "") != (o.key == "") {
		log.Fatal("need both a certificate and a key") // want `log.Fatal in NewRefusing ends the process of whoever calls it`
	}
	return o
}

func refuse(o *options) *options {
	if (o.cert == "") != (o.key == "") {
		log.Fatal("need both a certificate and a key")
	}
	return o
}
