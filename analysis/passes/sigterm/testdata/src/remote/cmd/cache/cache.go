// SPDX-License-Identifier: Apache-2.0

// Package cache has a command that starts a server of another package.
package cache

import (
	"os"
	"os/signal"

	"remote/api"
)

func serve() error {
	if _, err := api.StartHandler(":1"); err != nil {
		return err
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "only SIGINT is taken"
	<-c
	return nil
}

func ask() {
	api.Ask()
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
}
