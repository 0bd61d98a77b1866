// SPDX-License-Identifier: Apache-2.0

// Package main stops on a request.
package main

import (
	"context"
	"log"
	"net/http"
	"os"
)

func main() {
	f, err := os.Create("access.log")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	srv := &http.Server{}
	http.HandleFunc("/quit", func(http.ResponseWriter, *http.Request) { go srv.Shutdown(context.Background()) })
	srv.ListenAndServe()
}
