// SPDX-License-Identifier: Apache-2.0

// Package sub has commands.
package sub

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

func delay(d time.Duration) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM) // want "signal.Notify without signal.Stop"
	select {
	case <-c:
	case <-time.After(d):
	}
}

func elect(stop func(), done chan struct{}) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		<-c
		stop()
	}()
	<-done
}

func runUntil(done chan struct{}) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	select {
	case <-c:
	case <-done:
	}
}

func test(finished chan struct{}) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	select {
	case <-c:
	case <-finished:
	}
}
