// SPDX-License-Identifier: Apache-2.0

// Package sub has the commands of a program.
package sub

import (
	"os"
	"os/signal"

	"daemon"
)

func serve() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "only SIGINT is taken"
	start()
	<-c
}

func start() { new(daemon.Server).Start() }

func query() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	new(daemon.Server).Query()
	<-c
}
