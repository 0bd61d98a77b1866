// SPDX-License-Identifier: Apache-2.0

// Package daemon takes signals for whoever asks.
package daemon

import (
	"os"
	"os/signal"
	"syscall"
)

// Handle calls stop on a signal.
func Handle(stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		<-c
		stop()
	}()
}

// A Server is one.
type Server struct{}

// Start starts it.
func (*Server) Start() {}

// Query asks it.
func (*Server) Query() {}
