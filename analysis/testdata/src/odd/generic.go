// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"
)

type (
	Number                                    interface{ ~int | ~float64 }
	Server[H http.Handler, C ~chan os.Signal] struct {
		srv  *http.Server
		sigs C
		h    H
		mu   sync.Mutex
		once sync.Once
		done chan struct{}
		next atomic.Pointer[Server[H, C]]
	}
)

type (
	Alias[H http.Handler] = Server[H, chan os.Signal]
	SrvAlias              = http.Server
	MuAlias               = sync.Mutex
	ChanAlias             = chan os.Signal
)

func New[H http.Handler](h H) *Alias[H] {
	s := &Alias[H]{srv: &SrvAlias{}, h: h, sigs: make(ChanAlias), done: make(chan struct{})}
	signal.Notify(s.sigs, os.Interrupt)
	return s
}

func (s *Server[H, C]) Run(ctx context.Context) error {
	go func() {
		<-s.sigs
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		cancel()
		_ = s.srv.Shutdown(ctx)
	}()
	go s.loop()
	return s.srv.ListenAndServe()
}

func (s *Server[H, C]) loop() {
	t := time.NewTicker(time.Second)
	for range t.C {
		s.mu.Lock()
		if s.next.Load() == nil {
			return
		}
		s.mu.Unlock()
		s.mu.Unlock()
	}
}

func (s *Server[H, C]) Close() { close(s.done); close(s.done) }

func Send[T any](ctx context.Context, f func() T) (T, error) {
	c := make(chan T)
	go func() { c <- f() }()
	select {
	case v := <-c:
		return v, nil
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}

type set[K comparable, V Number] map[K]V

func (s set[K, V]) each(f func(K, V) bool) {
	for k, v := range s {
		if !f(k, v) {
			os.Exit(1)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func main() {
	defer os.Remove("pid")
	f := must(os.Create("x"))
	defer f.Close()
	s := New(http.NotFoundHandler())
	run := s.Run
	must(0, run(context.Background()))
	for k, v := range (set[string, int]{}).each {
		_, _ = k, v
	}
	var mu MuAlias
	mu.Unlock()
	must(Send(context.Background(), func() int { return 1 }))
}
