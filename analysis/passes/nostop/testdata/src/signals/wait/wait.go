// SPDX-License-Identifier: Apache-2.0

// Package wait handles the signals of the program.
package wait

import (
	"os"
	"os/signal"
)

func Exit(f func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c)
	go func() {
		<-c
		f()
		os.Exit(0)
	}()
}
