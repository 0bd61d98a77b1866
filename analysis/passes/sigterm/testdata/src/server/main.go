// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
)

func main() {
	srv := &http.Server{}
	go srv.ListenAndServe()
	wait()
	srv.Shutdown(context.Background())
}

func wait() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "only SIGINT is taken: SIGTERM, which stops a service, ends this server at once"
	<-c
}

// Taken is the list of a program, which nobody imports.
var Taken = []os.Signal{os.Interrupt}

var fixed = [...]os.Signal{os.Interrupt}

func waitListed() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, Taken...) // want "only SIGINT is taken: SIGTERM, which stops a service, ends this server at once"
	<-c
}

func waitFixed() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, fixed[:]...) // want "only SIGINT is taken: SIGTERM, which stops a service, ends this server at once"
	<-c
}
