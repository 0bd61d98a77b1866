// SPDX-License-Identifier: Apache-2.0

// Package check is of commands that leave something behind.
package check

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func interruptible(ctx context.Context, attemptCleanup func()) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "only SIGINT is taken: SIGTERM ends the program at once, without attemptCleanup"
	go func() {
		defer signal.Stop(c)
		select {
		case <-c:
			cancel()
			attemptCleanup()
		}
	}()
	return ctx
}

func scratch(dir string) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "without os.RemoveAll"
	go func() {
		<-c
		os.RemoveAll(dir)
		os.Exit(1)
	}()
}

// A command of its own takes both.
func lock(unlock func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	<-c
	unlock()
}

// Ctrl-C ends one query, SIGTERM all.
func query(cancel func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		<-c
		cancel()
	}()
}

// Another channel has SIGTERM.
func two(dir string) {
	c, d := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Notify(d, syscall.SIGTERM)
	select {
	case <-c:
		os.RemoveAll(dir)
	case <-d:
		os.RemoveAll(dir)
	}
}
