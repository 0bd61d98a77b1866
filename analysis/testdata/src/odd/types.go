// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"
)

type (
	T struct{ *T }
	A = B
	B = C
	C struct {
		next []A
		m    map[string]*C
		f    func(C) C
		ch   chan chan C
	}
)
type (
	I        interface{ M(I) I }
	F        func(F) F
	S        []S
	M        map[string]M
	P        *P
	Ch       chan Ch
	G[X any] struct {
		g *G[X]
		x X
	}
)
type (
	H[X interface{ *Y }, Y any] struct{ h *H[X, Y] }
	L[X any]                    = []X
	Srv                         struct {
		*http.Server
		sync.Mutex
		*Srv2
	}
)
type Srv2 struct {
	*Srv
	stop chan struct{}
	once sync.Once
}

func (c Ch) run() {
	for x := range c {
		go x.run()
		x <- c
		close(x)
		close(x)
	}
}
func (f F) call()      { f(f)(f).call() }
func (p *Srv2) Close() { p.once.Do(func() { close(p.stop) }); p.Srv.Server.Close() }
func (s *Srv) Run(ctx context.Context) error {
	go s.ListenAndServe()
	f := s.Shutdown
	defer f(ctx)
	g := (*http.Server).Shutdown
	g(s.Server, ctx)
	s.Lock()
	defer s.Unlock()
	h := s.Srv2.Close
	h()
	_ = s.Mutex.Unlock
	return nil
}

func gen[X any, C ~chan X](c C, x X) {
	go func() {
		for {
			c <- x
		}
	}()
	close(c)
	close(c)
	select {
	case <-c:
	case <-time.After(1):
	}
}

func gen2[S interface{ Shutdown(context.Context) error }](s S) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	cancel()
	s.Shutdown(ctx)
}

func useTypes() {
	gen(make(chan int), 1)
	gen2(&http.Server{})
	var x struct{ c chan os.Signal }
	x.c = make(chan os.Signal)
	signal.Notify(x.c)
	n := signal.Notify
	n(x.c, []os.Signal{}...)
	signal.Notify(func() chan os.Signal { return x.c }())
	signal.Notify(*new(chan os.Signal))
	signal.Notify(nil)
	signal.Notify(map[int]chan os.Signal{}[0])
	for range x.c {
	}
}
