// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"
	"os"
	"os/signal"

	"host.org/me/prog/store"
)

func main() {
	s := new(store.Store)
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, os.Interrupt) // want "nobody receives it while Close waits without a bound"
	<-terminate
	if err := s.Close(true); err != nil {
		log.Print(err)
	}
}
