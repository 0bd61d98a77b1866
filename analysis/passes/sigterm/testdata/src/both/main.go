// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	c := make(chan os.Signal, 1)
	d := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Notify(c, syscall.SIGTERM)
	signal.Notify(d, os.Interrupt)
	go http.ListenAndServe(":0", nil)
	select {
	case <-c:
	case <-d:
	}
}
