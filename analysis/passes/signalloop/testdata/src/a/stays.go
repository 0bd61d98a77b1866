// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sync/errgroup"
)

func serve(srv *http.Server, load func() error) error {
	var group errgroup.Group
	group.Go(srv.ListenAndServe)
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP, syscall.SIGTERM) // want "the loop that takes SIGTERM stops what runs and then waits for the next signal: the program never ends"
	handle := func(c chan os.Signal) {
		for {
			sig := <-c
			switch sig {
			case syscall.SIGHUP:
				log.Println("reload")
			default:
				ctx, cancel := context.WithCancel(context.Background())
				if err := srv.Shutdown(ctx); err != nil {
					log.Println(err)
				}
				cancel()
			}
		}
	}
	group.Go(func() error {
		handle(c)
		return nil
	})
	return group.Wait()
}

func counted(srv *http.Server) {
	var wg sync.WaitGroup
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM) // want "the loop that takes SIGTERM stops what runs"
	wg.Go(func() {
		for s := range c {
			log.Println(s)
			srv.Shutdown(context.Background())
		}
	})
	wg.Wait()
}

// Nobody waits for this loop: the server has ended, and so does the program.
func besides(srv *http.Server) error {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		for range c {
			srv.Shutdown(context.Background())
		}
	}()
	return srv.ListenAndServe()
}

// The server ends the program here.
func exitsBeside(srv *http.Server) {
	var wg sync.WaitGroup
	go func() { log.Fatal(srv.ListenAndServe()) }()
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	wg.Go(func() {
		for range c {
			srv.Shutdown(context.Background())
		}
	})
	wg.Wait()
}

func leavesThen(srv *http.Server) {
	var wg sync.WaitGroup
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGHUP)
	wg.Go(func() {
		for s := range c {
			if s == syscall.SIGHUP {
				continue
			}
			srv.Shutdown(context.Background())
			return
		}
	})
	wg.Wait()
}

func isTold(srv *http.Server, done chan struct{}) {
	var wg sync.WaitGroup
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	wg.Go(func() {
		for {
			select {
			case <-c:
				srv.Shutdown(context.Background())
			case <-done:
				return
			}
		}
	})
	wg.Wait()
}
