// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	for {
		reload := make(chan os.Signal, 1)
		signal.Notify(reload, syscall.SIGHUP) // want "signal.Notify in a loop without signal.Stop: each turn leaves a channel registered"
		select {
		case <-reload:
		case <-c:
			wait()
			return
		}
	}
}

func wait() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	<-c
}
