// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"
)

// It ends with the process.
func main() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	go func() {
		for range ticker.C {
			println("tick")
		}
	}()
	go report(context.Background())
	<-make(chan bool)
}

func report(ctx context.Context) {
	for range time.Tick(time.Second) {
		println("tick")
	}
}
