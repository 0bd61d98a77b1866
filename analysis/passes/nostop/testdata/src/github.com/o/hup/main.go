// SPDX-License-Identifier: Apache-2.0

package main

import (
	"database/sql"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	var db *sql.DB
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	go func() {
		for range hup {
			db.Ping()
		}
	}()
	log.Fatal(http.ListenAndServe(":8080", http.NotFoundHandler())) // want `http.ListenAndServe serves until the process is killed`
}
