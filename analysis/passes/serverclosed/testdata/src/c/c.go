// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log"
	"mylog"
	"net"
	"net/http"
	"os"
)

var (
	ctx  = context.Background()
	quit = make(chan os.Signal, 1)
)

func tlsOrNot(useTLS bool, l net.Listener) {
	srv := &http.Server{}
	go func() {
		if useTLS {
			if err := srv.ListenAndServeTLS("", ""); err != nil && err != http.ErrServerClosed {
				log.Printf("listen: %v", err)
			}
		} else {
			if err := srv.ListenAndServe(); err != nil { // want `each clean stop is logged as a failure: srv.ListenAndServe`
				log.Printf("listen: %v", err)
			}
		}
	}()
	<-quit
	srv.Shutdown(ctx)
}

func wrongError(l net.Listener) {
	srv := &http.Server{}
	go func() {
		if err := srv.Serve(l); err != nil { // want `each clean stop is logged as a failure: srv.Serve`
			if !errors.Is(err, net.ErrClosed) {
				log.Printf("serve: %v", err)
			}
		}
	}()
	go func() {
		if err := srv.Serve(l); err != nil && err != net.ErrClosed { // want `each clean stop is logged as a failure: srv.Serve`
			log.Printf("serve: %v", err)
		}
	}()
	<-quit
	srv.Shutdown(ctx)
}

func oneOfTwo() {
	srv, side := &http.Server{}, &http.Server{}
	go func() {
		if err := side.ListenAndServe(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	go func() {
		if err := srv.ListenAndServe(); err != nil { // want `srv.ListenAndServe returns http.ErrServerClosed`
			log.Fatal(err)
		}
	}()
	<-quit
	srv.Shutdown(ctx)
	side.Shutdown(ctx)
}

// From here on nothing is wrong.

func afterBoth(useTLS bool) {
	srv := &http.Server{}
	go func() {
		var err error
		if useTLS {
			err = srv.ListenAndServeTLS("", "")
		} else {
			err = srv.ListenAndServe()
		}
		if err != nil && err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-quit
	srv.Shutdown(ctx)
}

func says() {
	srv := &http.Server{}
	go func() {
		if err := srv.ListenAndServe(); err != nil {
			mylog.Logger{}.Info("server has ended", err)
		}
	}()
	<-quit
	srv.Shutdown(ctx)
}

func main() {}
