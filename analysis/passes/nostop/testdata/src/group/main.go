// SPDX-License-Identifier: Apache-2.0

// Package main waits for its servers, which nobody stops.
package main

import (
	"database/sql"
	"log"
	"net/http"
	"sync"
)

func main() {
	serve(new(sql.DB), http.NotFoundHandler())
}

func serve(db *sql.DB, api http.Handler) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		log.Print(http.ListenAndServe(":8080", api)) // want `http.ListenAndServe serves until the process is killed`
	}()
	db.Ping()
	wg.Wait()
}
