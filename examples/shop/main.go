// SPDX-License-Identifier: Apache-2.0

// Command shop takes orders over HTTP, keeps them in SQLite, publishes each to a
// broker and streams them to whoever listens. It is a small real service that
// can be stopped at any moment without losing a request, an order or a stream:
// "quiesce demo" does that, under load, and counts.
//
//	go run ./examples/shop
//	curl -d 'two teapots' -H 'Idempotency-Key: 1' localhost:8080/orders
//	curl localhost:8080/orders/1
//	curl -N localhost:8080/events
//
// Its twin in naive has the main function that one finds everywhere.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/go-quiesce/quiesce/examples/shop/internal/orders"
)

func main() {
	config := orders.Flags(flag.CommandLine)
	flag.Parse()
	app, err := newApp(config, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "shop: error:", err)
		os.Exit(1)
	}
	os.Exit(app.Main())
}
