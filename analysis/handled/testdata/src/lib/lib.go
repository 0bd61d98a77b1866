// SPDX-License-Identifier: Apache-2.0

package lib

import (
	"os"
	"os/signal"
	"syscall"
)

var stops = []os.Signal{os.Interrupt, syscall.SIGQUIT}

func Wait() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, stops...)
	<-c
}
