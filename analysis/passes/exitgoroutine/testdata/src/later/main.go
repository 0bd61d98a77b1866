// SPDX-License-Identifier: Apache-2.0

// Package main cleans up in the functions that main calls.
package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"
)

type agent struct{}

func (agent) Run(ctx context.Context) error { return nil }

func main() {
	go func() {
		if err := http.ListenAndServe(":6060", nil); err != nil {
			log.Fatal(err) // want `log.Fatal in a goroutine skips the clean-up of runAgent, the function of line \d+: the file stays behind`
		}
	}()
	go func() { // no server
		if _, err := os.ReadFile("a"); err != nil {
			log.Fatal(err)
		}
	}()
	reload()
}

func reload() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := runAgent(ctx); err != nil {
		log.Print(err)
	}
}

func runAgent(ctx context.Context) error {
	defer func() {
		os.Remove("/run/agent.pid")
	}()
	return agent{}.Run(ctx)
}

// Its work is over soon.
func short() {
	go func() { log.Fatal(http.ListenAndServe(":6060", nil)) }()
	unpack()
	time.Sleep(time.Minute)
}

func unpack() {
	dir, _ := os.MkdirTemp("", "a")
	defer os.RemoveAll(dir)
}
