// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

	"host.org/me/prog/store"
	"host.org/me/prog/web"
)

func main() {
	if err := web.Start(); err != nil {
		log.Fatal(err)
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
	if err := web.Stop(); err != nil {
		log.Fatal(err) // want `log.Fatal because of web.Stop leaves out the rest of the stop, store.Stop: what it stops is cut off`
	}
	log.Print("stopped the web server")
	store.Stop()
}

func shutdown(srv *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := srv.Shutdown(ctx)
	if err != nil {
		log.Fatal(err) // want `log.Fatal because of srv.Shutdown leaves out the rest of the stop, store.Stop`
	}
	store.Stop()
}

// last has nothing else to stop.
func last() {
	store.Stop()
	if err := web.Stop(); err != nil {
		log.Fatal(err)
	}
	log.Print(store.Info())
}

// logged goes on.
func logged() {
	if err := web.Stop(); err != nil {
		log.Print(err)
	}
	store.Stop()
}

// failed has something else to say.
func failed(name string) {
	if _, err := os.Stat(name); err != nil {
		log.Fatal(err)
	}
	store.Stop()
}
