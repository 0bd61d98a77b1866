// SPDX-License-Identifier: Apache-2.0

// Package helper registers channels for others.
package helper

import (
	"os"
	"os/signal"
	"syscall"
)

// Register registers a channel for what stops a program.
func Register(c chan<- os.Signal) {
	signal.Notify(c, syscall.SIGTERM, os.Interrupt)
}

// Listen registers a channel for whatever is wanted, and receives.
func Listen(sigs ...os.Signal) os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, sigs...)
	return <-c
}
