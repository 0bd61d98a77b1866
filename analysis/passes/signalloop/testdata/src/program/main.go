// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	srv := &http.Server{}
	go srv.ListenAndServe()
	wait(srv)
}

func wait(srv *http.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP, os.Interrupt) // want "the loop that takes SIGINT stops what runs and then waits for the next signal: the program never ends"
	for s := range c {
		if s != syscall.SIGHUP {
			stop(srv)
			srv.Shutdown(context.Background())
		}
	}
}

func stop(srv *http.Server) { srv.SetKeepAlivesEnabled(false) }
