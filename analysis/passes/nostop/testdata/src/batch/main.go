// SPDX-License-Identifier: Apache-2.0

// Package main has a server as long as it works: it does not wait for it.
package main

import (
	"database/sql"
	"net/http"
	"sync"
)

func main() {
	var db *sql.DB
	var wg sync.WaitGroup
	wg.Go(func() { db.Ping() })
	go http.ListenAndServe(":8080", http.NotFoundHandler())
	wg.Wait()
	db.Exec("VACUUM")
}
