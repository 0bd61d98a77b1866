// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log"
	"net/http"
	"time"
)

func deferredLast(srv *http.Server, closed chan struct{}, flush func()) int {
	defer func() {
		go func() {
			srv.Shutdown(ctx) // want `nobody can wait for srv.Shutdown`
			select {
			case <-closed:
			case <-time.After(time.Second):
				log.Print("not closed in time")
			}
		}()
		go func() {
			<-time.After(time.Minute)
			log.Print("late")
		}()
		flush()
	}()
	go srv.ListenAndServe()
	<-quit
	return 0
}

func behindTheSignal(srv *http.Server, closeAll func() error) {
	go srv.ListenAndServe()
	select {
	case <-quit:
	case <-ctx.Done():
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		srv.Shutdown(ctx) // want `nobody can wait for srv.Shutdown`
	}()
	log.Print("bye")
}

// Here the function gives it some time.
func sleepsAfter(srv *http.Server) {
	defer func() {
		go func() { srv.Shutdown(ctx) }()
		time.Sleep(time.Second)
	}()
	<-quit
}

func waitsForIt(srv *http.Server) {
	done := make(chan struct{})
	<-quit
	go func() {
		defer close(done)
		srv.Shutdown(ctx)
	}()
	<-done
}

// Nothing was waited for: this is a reload.
func replaces(old, next *http.Server) {
	go func() { old.Shutdown(ctx) }()
	log.Print("next")
}
