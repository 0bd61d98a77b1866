// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/signal"
	"syscall"

	"tty"
)

var handlers struct {
	ch   chan os.Signal
	list []func()
}

func init() {
	handlers.ch = make(chan os.Signal, 1)
	go handle(handlers.ch)
	signal.Notify(handlers.ch, syscall.SIGINT) // want "only SIGINT is taken: SIGTERM ends the program at once, without RunCleanupHandlers"
}

func handle(c <-chan os.Signal) {
	for range c {
		exit(130)
	}
}

func exit(code int) {
	RunCleanupHandlers()
	os.Exit(code)
}

// RunCleanupHandlers gives back what is locked.
func RunCleanupHandlers() {
	for _, f := range handlers.list {
		f()
	}
}

func main() {
	tty.Background()
	exit(0)
}

// This one ends with nothing to clean up.
func plain() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
	bye()
}

func bye() {
	println("bye")
	os.Exit(1)
}

// This one goes on: the file is of one turn.
func turns(name string) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	for range c {
		turn(name)
	}
}

func turn(name string) { os.Remove(name) }
