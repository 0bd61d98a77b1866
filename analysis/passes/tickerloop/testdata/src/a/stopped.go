// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"time"
)

// server is stopped by a channel that its Serve closes.
type server struct{ shutdownChan chan struct{} }

func (s *server) Serve(signals chan int) {
	s.shutdownChan = make(chan struct{})
	go s.expire()
	<-signals
	close(s.shutdownChan)
}

func (s *server) expire() {
	ticker := time.NewTicker(time.Second)
	for range ticker.C { // want `the loop over ticker.C goes on after the close of shutdownChan`
		work()
	}
}

// keeper closes a channel that tells others that it is ready.
type keeper struct{ ready chan struct{} }

func (k *keeper) Serve() {
	k.ready = make(chan struct{})
	go k.expire()
	close(k.ready)
}

func (k *keeper) expire() {
	ticker := time.NewTicker(time.Second)
	for range ticker.C {
		work()
	}
}

type watcher struct{ n int }

// Run ends with its context, and leaves a goroutine behind.
func (w *watcher) Run(ctx context.Context) error {
	go w.count()
	<-ctx.Done()
	return ctx.Err()
}

func (w *watcher) count() {
	for range time.Tick(time.Second) { // want `goes on when the context of the function that starts it is done`
		w.n++
	}
}

// Begin has a context for as long as it takes to begin.
func (w *watcher) Begin(ctx context.Context) error {
	go w.counts()
	return ctx.Err()
}

func (w *watcher) counts() {
	for range time.Tick(time.Second) {
		w.n++
	}
}
