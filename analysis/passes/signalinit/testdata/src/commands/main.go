// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

var handlers struct {
	list []func()
	ch   chan os.Signal
}

func init() {
	handlers.ch = make(chan os.Signal, 1)
	go handle(handlers.ch)
	signal.Notify(handlers.ch, syscall.SIGINT) // want "signal.Notify before main: each command of the program, and each test, loses the default action of these signals"
}

func handle(c <-chan os.Signal) {
	for range c {
		for _, f := range handlers.list {
			f()
		}
		os.Exit(130)
	}
}

var background, _ = signal.NotifyContext(context.Background(), syscall.SIGTERM) // want "signal.NotifyContext before main"

var _ = reload()

func reload() chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP) // want "signal.Notify before main"
	return c
}

func init() {
	signal.Ignore(syscall.SIGPIPE)
	size := make(chan os.Signal, 1)
	signal.Notify(size, syscall.SIGWINCH)
	go func() {
		for range size {
			println("new size")
		}
	}()
}

var root = &cobra.Command{Use: "prog", Run: func(cmd *cobra.Command, args []string) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	<-c
}}

func main() { root.Execute() }
