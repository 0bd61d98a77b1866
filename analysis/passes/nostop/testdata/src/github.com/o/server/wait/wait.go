// SPDX-License-Identifier: Apache-2.0

// Package wait handles the signals of one command.
package wait

import (
	"os"
	"os/signal"
	"syscall"
)

// Interrupt waits.
func Interrupt() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	<-c
}

// OnInterrupt ends the program.
func OnInterrupt() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-c
		os.Exit(0)
	}()
}
