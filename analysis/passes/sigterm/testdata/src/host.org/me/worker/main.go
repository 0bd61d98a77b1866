// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/signal"

	"host.org/me/worker/queue"
)

func main() {
	q := new(queue.Queue)
	go q.Run()
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want `only SIGINT is taken: SIGTERM ends the program at once, without q.Close`
	<-c
	q.Close()
}
