// SPDX-License-Identifier: Apache-2.0

// A program whose servers are stopped, or need not be.
package main

import (
	"context"
	"database/sql"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

var db *sql.DB

func main() {
	term := make(chan os.Signal, 1)
	signal.Notify(term, os.Interrupt, syscall.SIGTERM)
	stopped(term)
	givenAway(nil)
	forFigures()
	redirecting()
	forReload()
}

func stopped(term chan os.Signal) {
	srv := &http.Server{Addr: ":80", Handler: http.NotFoundHandler()}
	go srv.ListenAndServe()
	<-term
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	srv.Shutdown(ctx)
	db.Close()
}

func givenAway(add func(*http.Server)) {
	srv := &http.Server{Addr: ":80", Handler: http.NotFoundHandler()}
	go srv.ListenAndServe()
	add(srv)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	<-ctx.Done()
}

func forFigures() {
	metrics := &http.Server{Addr: ":80", Handler: http.NotFoundHandler()}
	go metrics.ListenAndServe()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	<-ctx.Done()
}

func redirecting() {
	go http.ListenAndServe(":80", http.RedirectHandler("https://host", 301))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	<-ctx.Done()
}

func forReload() {
	srv := &http.Server{Addr: ":80", Handler: http.NotFoundHandler()}
	go srv.ListenAndServe()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	for range hup {
	}
}
