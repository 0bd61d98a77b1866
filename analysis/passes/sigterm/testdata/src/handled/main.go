// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/signal"
	"syscall"
)

var c = make(chan os.Signal, 1)

func init() {
	signal.Notify(c, syscall.SIGINT)
	go handle()
}

func handle() {
	<-c
	exit()
}

func exit() {
	os.Remove("lock")
	os.Exit(1)
}

// SIGTERM is taken here.
func main() {
	d := make(chan os.Signal, 1)
	signal.Notify(d, syscall.SIGTERM)
	<-d
	exit()
}
