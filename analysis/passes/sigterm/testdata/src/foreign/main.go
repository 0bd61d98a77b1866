// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"os"
	"os/signal"

	"daemon"
)

func main() {
	srv := &http.Server{}
	daemon.Handle(func() { srv.Close() })
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go srv.ListenAndServe()
	<-c
}
