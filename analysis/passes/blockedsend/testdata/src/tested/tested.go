// SPDX-License-Identifier: Apache-2.0

// Package tested is looked at together with its tests.
package tested

import (
	"context"
	"time"
)

func read(ctx context.Context) (int, error) { return 0, ctx.Err() }

// The test makes a channel for it as well.
func readEvents(ctx context.Context, events chan<- int) {
	for {
		event, err := read(ctx)
		if err != nil {
			return
		}
		events <- event // want `events has no buffer, and line 31 leaves without a receive`
	}
}

func serve(ctx context.Context) {
	events := make(chan int)
	go readEvents(ctx, events)
	idle := time.NewTimer(time.Minute)
	for {
		select {
		case <-events:
		case <-idle.C:
			return
		}
	}
}

// What a test would do with it is not what the program does.
func readOne(ctx context.Context, out chan<- int) {
	n, _ := read(ctx)
	out <- n
}

func one(ctx context.Context) int {
	out := make(chan int)
	go readOne(ctx, out)
	return <-out
}
