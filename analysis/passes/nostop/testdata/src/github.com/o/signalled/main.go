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

var db *sql.DB

func main() {
	srv := &http.Server{Addr: ":80", Handler: http.NotFoundHandler()}
	failed := make(chan struct{})
	go func() {
		if err := srv.ListenAndServe(); err != http.ErrServerClosed { // want `nobody stops the server of srv.ListenAndServe when the signal comes`
			log.Print(err)
			close(failed)
		}
		defer srv.Close()
	}()
	term := make(chan os.Signal, 1)
	signal.Notify(term, os.Interrupt, syscall.SIGTERM)
	select {
	case <-term:
	case <-failed:
		os.Exit(1)
	}
	db.Close()
}
