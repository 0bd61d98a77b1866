// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"time"
)

func limitBehind(srv *http.Server, closed chan struct{}) {
	go func() {
		srv.Shutdown(context.Background()) // want `srv.Shutdown waits without a bound: the time limit behind it begins only when it is over`
		select {
		case <-closed:
		case <-time.After(time.Second):
			log.Print("not closed in time")
		}
	}()
	go func() {
		<-time.After(time.Minute)
		os.Exit(1)
	}()
}

// This limit is for something else.
func limitOfAnother(srv *http.Server, closed chan struct{}, flush func()) {
	srv.Shutdown(context.Background()) // want `srv.Shutdown has a context that never ends`
	flush()
	select {
	case <-closed:
	case <-time.After(time.Second):
	}
}

// This one begins before.
func limitBeside(srv *http.Server, closed chan struct{}) {
	go func() {
		srv.Shutdown(context.Background())
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(time.Second):
	}
}
