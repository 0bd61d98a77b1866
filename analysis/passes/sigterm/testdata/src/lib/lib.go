// SPDX-License-Identifier: Apache-2.0

package lib

import (
	"context"
	"net"
	"os"
	"os/signal"
	"syscall"
)

var stopping = []os.Signal{syscall.SIGINT, syscall.SIGHUP}

// Serve is a server.
func Serve(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt) // want "only SIGINT is taken"
	defer stop()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return err
	}
	<-ctx.Done()
	return l.Close()
}

// ServeToo is another, with a list in a variable.
func ServeToo() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, stopping...) // want "only SIGINT is taken"
	go net.Listen("tcp", "localhost:0")
	<-c
}

// Ask asks something.
func Ask(c chan os.Signal) {
	signal.Notify(c, os.Interrupt)
	<-c
}

// Reload does not end anything.
func Reload(c chan os.Signal) {
	signal.Notify(c, syscall.SIGHUP)
	<-c
	net.Listen("tcp", "localhost:0")
}

// An API is a server.
type API struct{}

func (*API) listen() { net.Listen("tcp", "localhost:0") }

// Wait waits for a signal.
func (a *API) Wait() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "only SIGINT is taken"
	<-c
}

type listener struct{}

func (*listener) listen() { net.Listen("tcp", "localhost:0") }

func (*listener) watch() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
}
