// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"os"
	"os/signal"
)

func main() {
	c := make(chan os.Signal, 1)
	signal.Notify(c)
	go http.ListenAndServe(":0", nil)
	<-c
	listen(c, nil)
}

func listen(c chan os.Signal, sigs []os.Signal) {
	signal.Notify(c, sigs...)
	signal.Notify(c, os.Interrupt)
}
