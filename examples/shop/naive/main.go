// SPDX-License-Identifier: Apache-2.0

// Command naive is the shop with the main function that one finds everywhere:
// signal.Notify, Shutdown with a timeout, done. Handlers, store and outbox are
// the shop's own. "quiesce demo" puts the same load on both, and counts.
//
// What is wrong with it, in the order in which it shows:
//
//   - Serve returns as soon as Shutdown begins, so main returns while requests
//     are still in their handlers, and the process is gone.
//   - Nothing told the load balancer: clients find a closed port.
//   - The worker's context is the one that the signal ended: it is cut in the
//     middle of a batch, which is published again by the next process, and what
//     was acknowledged last is not published at all until then.
//   - A stream has no end of its own; nobody tells it.
//   - Had main waited, the database would be closed under whatever Shutdown had
//     not waited for.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/examples/shop/internal/orders"
)

func main() {
	config := orders.Flags(flag.CommandLine)
	flag.Parse()

	ctx, cancel := context.WithCancel(context.Background())
	store, err := orders.Open(config.DB)
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	outbox := orders.NewOutbox(store, orders.Broker{URL: config.Broker})
	go outbox.Run(ctx)

	srv := &http.Server{Handler: orders.API(store, outbox, orders.NewEvents())}
	sigs := make(chan os.Signal, 1)
	signal.Notify(sigs, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-sigs
		log.Println("shutting down")
		cancel()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			log.Println("shutdown:", err)
		}
		store.Close()
	}()

	public, admin := listen(config.Addr), listen(config.Admin)
	go http.Serve(admin, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
	}))
	if err := orders.Ready(os.Stdout, public.Addr(), admin.Addr()); err != nil {
		log.Fatal(err)
	}
	if err := srv.Serve(public); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	log.Println("bye")
}

func listen(addr string) net.Listener {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		log.Fatal(err)
	}
	return ln
}
