// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/signal"

	"host.org/me/worker/queue"
)

func main() {
	q := new(queue.Queue)
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		<-c
		q.Close()
	}()
	q.Run()
}
