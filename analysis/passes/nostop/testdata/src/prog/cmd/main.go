// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"log"
	"net"
	"prog/store"

	"google.golang.org/grpc"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	if _, err := store.Open(); err != nil {
		return err
	}
	l, err := net.Listen("tcp", ":1")
	if err != nil {
		return err
	}
	if store.Secure {
		return grpc.NewServer().Serve(tls.NewListener(l, nil)) // want `serves until the process is killed`
	}
	return grpc.NewServer().Serve(l) // want `serves until the process is killed`
}
