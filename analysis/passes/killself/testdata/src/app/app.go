// SPDX-License-Identifier: Apache-2.0

// Package app is a program that takes signals.
package app

import (
	"os"
	"os/signal"
	"syscall"
)

// Run runs until SIGTERM comes.
func Run() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer signal.Stop(c)
	<-c
}

// Start takes signals from now on.
func Start() chan struct{} {
	done := make(chan struct{})
	c := listen()
	go func() {
		<-c
		close(done)
	}()
	return done
}

func listen() chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	return c
}
