// SPDX-License-Identifier: Apache-2.0

// Package raw gives a terminal back at a signal.
package raw

import (
	"os"
	"os/signal"
)

// Mode changes a terminal.
func Mode() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
}
