// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"runtime"
)

// reason is written before a context is cancelled.
var reason string

// cancelled has a goroutine read what another wrote before it cancelled a
// context. wait is all that may order the two.
func cancelled(wait func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	read := make(chan string)
	go func() {
		wait(ctx)
		read <- reason
	}()
	reason = "told to"
	cancel()
	<-read
}

func untilDone(ctx context.Context) { <-ctx.Done() }

func untilErr(ctx context.Context) {
	for ctx.Err() == nil {
		runtime.Gosched()
	}
}

func notAtAll(context.Context) {}
