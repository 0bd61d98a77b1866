// SPDX-License-Identifier: Apache-2.0

// Package main has nothing that a signal stops: the context is never used.
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
	go func() {
		log.Fatal(http.ListenAndServe(":9090", nil))
	}()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	go tree{}.Serve(context.Background())
	<-signals
}
