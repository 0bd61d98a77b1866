// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"log"
	"os"
	"os/signal"
)

func interruptible(ctx context.Context, attemptCleanup func()) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() { // want `nobody waits for attemptCleanup in this goroutine: the cancel before it lets the rest of the program go on`
		defer signal.Stop(c)
		select {
		case <-c:
			cancel()
			attemptCleanup()
		}
	}()
	return ctx
}

// The rest goes on only when all is clean.
func inOrder(c chan os.Signal, cancel context.CancelFunc, dir string) {
	go func() {
		<-c
		os.RemoveAll(dir)
		cancel()
	}()
}

func reported(c chan os.Signal, cancel context.CancelFunc, dir string, done chan bool) {
	go func() {
		<-c
		cancel()
		if err := os.RemoveAll(dir); err != nil {
			log.Print(err)
		}
		close(done)
	}()
}
