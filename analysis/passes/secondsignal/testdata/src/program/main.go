// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	work(stoppable())
}

func work(ctx context.Context) { <-ctx.Done() }

func stoppable() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	go handle(c, cancel)
	signal.Notify(c, os.Interrupt) // want "a second signal has no effect: nobody receives it while what the first one cancels comes to its end"
	return ctx
}

func handle(c <-chan os.Signal, cancel context.CancelFunc) {
	<-c
	cancel()
}
