// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"
)

type tree struct{}

func (tree) Serve(context.Context) error { return nil }

func main() {
	var services tree
	go func() {
		log.Fatal(http.ListenAndServe(":9090", nil)) // want `log.Fatal in a goroutine goes around the stop of services.Serve of line \d+, which a signal waits for`
	}()
	go func() { // no server
		if os.Getppid() == 1 {
			log.Fatal("the parent has gone")
		}
	}()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	go func() {
		<-signals
		cancel()
	}()
	services.Serve(ctx)
}
