// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const pidFile = "/run/a.pid"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	srv := &http.Server{}
	go func() {
		log.Fatal(http.ListenAndServe(":9090", nil)) // want `log.Fatal in a goroutine skips the clean-up of main, srv.Shutdown of line 31: requests in flight are cut off`
	}()
	go func() { // its own server: it has no requests
		if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	<-ctx.Done()
	srv.Shutdown(context.Background())
}

func deferred(signals chan os.Signal) {
	defer os.Remove(pidFile)
	go func() {
		<-signals
		os.Exit(0) // want `os.Exit in a goroutine skips the clean-up of deferred, os.Remove of line \d+: the file stays behind`
	}()
	time.Sleep(time.Minute)
}

func named() {
	go metrics()
	time.Sleep(time.Minute)
	os.Remove(pidFile)
}

func metrics() {
	if err := http.ListenAndServe(":9090", nil); err != nil {
		log.Fatal(err) // want `skips the clean-up of named`
	}
}

func outer() {
	defer os.Remove(pidFile)
	inner()
}

func inner() {
	go func() {
		log.Fatal(http.ListenAndServe(":9090", nil)) // want `skips the clean-up of outer`
	}()
	time.Sleep(time.Minute)
}

// It cleans up by itself, or is forced.
func handler(signals chan os.Signal, cancel context.CancelFunc) {
	defer os.Remove(pidFile)
	go func() {
		<-signals
		os.Remove(pidFile)
		os.Exit(0)
	}()
	go func() {
		<-signals
		cancel()
		os.Exit(1)
	}()
	go func() {
		<-signals
		<-signals
		os.Exit(1)
	}()
	go func() {
		select {
		case <-time.After(time.Minute):
			os.Exit(1)
		}
	}()
	time.Sleep(time.Minute)
}

func second(signals chan os.Signal) {
	srv := &http.Server{}
	<-signals
	go func() {
		<-signals
		os.Exit(1)
	}()
	srv.Shutdown(context.Background())
}

func counts(signals chan os.Signal) {
	defer os.Remove(pidFile)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		stopping := false
		for range signals {
			if stopping {
				os.Exit(1)
			}
			stopping = true
			cancel()
		}
	}()
	<-ctx.Done()
}

func timedOut() {
	srv := &http.Server{}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	go func() {
		<-ctx.Done()
		if ctx.Err() == context.DeadlineExceeded {
			log.Fatal("the stop takes too long")
		}
	}()
	srv.Shutdown(ctx)
}

var global = &http.Server{}

func byHelper() {
	go func() {
		if err := global.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	time.Sleep(time.Minute)
	stopGlobal()
}

func stopGlobal() { global.Shutdown(context.Background()) }

// There is nothing to skip.
func nothing(f *os.File) {
	go func() {
		log.Fatal(http.ListenAndServe(":9090", nil))
	}()
	if err := f.Sync(); err != nil {
		os.Remove(pidFile)
		return
	}
	f.Close()
}

// What comes after is the work, not its end.
func works() {
	go func() {
		log.Fatal(http.ListenAndServe(":9090", nil))
	}()
	go work()
	work()
}

func work() {
	f, _ := os.CreateTemp("", "a")
	defer os.Remove(f.Name())
}

func off() {
	defer os.Remove(pidFile)
	go func() {
		//quiesce:ignore exitgoroutine a pid file is checked at the start
		log.Fatal(http.ListenAndServe(":9090", nil))
	}()
	time.Sleep(time.Minute)
}
