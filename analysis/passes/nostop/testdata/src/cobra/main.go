// SPDX-License-Identifier: Apache-2.0

package main

import (
	"database/sql"
	"log"
	"net/http"
)

type command struct{ RunE func() error }

func main() {
	c := command{RunE: func() error { return serve(nil, nil) }}
	if err := c.RunE(); err != nil {
		log.Fatal(err)
	}
}

func serve(db *sql.DB, api http.Handler) error {
	errc := make(chan error, 2)
	go func() { errc <- http.ListenAndServe(":9090", metricsHandler()) }()
	go func() {
		errc <- http.ListenAndServe(":8080", api) // want `http.ListenAndServe serves until the process is killed`
	}()
	return <-errc
}

func metricsHandler() http.Handler { return nil }
