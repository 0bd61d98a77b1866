// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"google.golang.org/grpc"
)

func deferredGraceful(s *grpc.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "a second signal has no effect: nobody receives it while the deferred GracefulStop waits without a bound"
	defer s.GracefulStop()
	<-c
}

func deferredShutdown(srv *http.Server, failed chan error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want "while the deferred Shutdown waits without a bound"
	defer stop()
	defer func() { srv.Shutdown(context.Background()) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// deferredBefore gives the signals back first.
func deferredBefore(srv *http.Server) {
	defer srv.Shutdown(context.Background())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	<-ctx.Done()
}

func deferredStopped(s *grpc.Server) {
	defer s.GracefulStop()
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	defer signal.Stop(c)
	<-c
}

func deferredInTime(srv *http.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		srv.Shutdown(ctx)
	}()
	<-c
}

// deferredWait is for goroutines that have been told to end.
func deferredWait(quit chan struct{}) int {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() { <-quit; wg.Done() }()
	defer func() {
		close(quit)
		wg.Wait()
	}()
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
	return 0
}

func deferredExit(s *grpc.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	defer s.GracefulStop()
	<-c
	os.Exit(1)
}
