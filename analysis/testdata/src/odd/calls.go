// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func two() (context.Context, time.Duration)      { return context.Background(), 1 }
func sig() (chan<- os.Signal, os.Signal)         { return make(chan os.Signal), os.Interrupt }
func ctxSig() (context.Context, os.Signal)       { return context.Background(), os.Kill }
func ctxFunc() (context.Context, func())         { return context.Background(), func() {} }
func pidSig() (int, syscall.Signal)              { return os.Getpid(), 9 }
func addr() (string, http.Handler)               { return "", nil }
func name() (string, string)                     { return "", "" }
func ctxName() (context.Context, string, string) { return nil, "", "" }
func group() (*sync.WaitGroup, int)              { return nil, 1 }
func srvCtx() (*http.Server, context.Context)    { return nil, nil }
func apply[T any](f func(T), t T)                { f(t) }
func pick(ok bool, a, b func(int)) func(int)     { return a }
func id[T any](t T) T                            { return t }
func (w *waiter) self() *waiter                  { return w }
func variadic(fs ...func())                      {}
func named() (c chan int, err error)             { defer close(c); close(c); return }
func noBody(c chan os.Signal)
func recursive(c chan int) chan int { return recursive(recursive(c)) }
func mutual1(ctx context.Context)   { mutual2(ctx) }
func mutual2(ctx context.Context)   { mutual1(ctx); os.Exit(1) }

type waiter struct {
	sync.WaitGroup
	*sync.Mutex
	context.Context
	atomic.Bool
	next       *waiter
	f          func(...os.Signal)
	stop, done chan struct{}
	m          map[string]chan os.Signal
	a          [3]chan struct{}
}

type fn func(chan<- os.Signal, ...os.Signal)

func (f fn) Notify(c chan<- os.Signal) { f(c) }

func oddCalls(ctx context.Context, w *waiter, srv *http.Server) {
	c, cancel := context.WithTimeout(two())
	cancel()
	srv.Shutdown(c)
	srv.Shutdown(c)
	(*http.Server).Shutdown(srv, c)
	(*http.Server).Shutdown(srvCtx())
	signal.Notify(sig())
	signal.Notify(sig())
	fn(signal.Notify).Notify(nil)
	nctx, stop := signal.NotifyContext(ctxSig())
	stop()
	<-nctx.Done()
	<-nctx.Done()
	<-context.Context.Done(nctx)
	defer context.AfterFunc(ctxFunc())()
	syscall.Kill(pidSig())
	http.ListenAndServe(addr())
	exec.Command(name()).Run()
	exec.CommandContext(ctxName()).Run()
	(*sync.WaitGroup).Add(group())
	(*sync.WaitGroup).Go(&w.WaitGroup, func() {})
	signal.Ignore()
	signal.Reset()
	signal.Stop(nil)
	w.f([]os.Signal{}...)
	w.m["x"] <- os.Interrupt
	signal.Notify(w.m["x"], []os.Signal{os.Kill, syscall.Signal(15)}...)
	close(w.a[0])
	close(w.a[0])
	pick(true, os.Exit, nil)(1)
	apply(os.Exit, 1)
	id(os.Exit)(1)
	id(id[func(int)])(os.Exit)(2)
	func() { (func())(func() { os.Exit(3) })() }()
	go func() { w.WaitGroup.Done() }()
	go w.self().next.Wait()
	go func() { w.WaitGroup.Done(); w.self().Unlock(); w.Mutex.Unlock() }()
	go id(func() {})()
	go signal.Notify(sig())
	go close(w.stop)
	defer w.Unlock()
	defer recover()
	defer panic(1)
	defer print(1)
	go println()
	variadic(w.WaitGroup.Done, w.Unlock, cancel)
	f := w.WaitGroup.Done
	f()
	select {}
}

func oddSelects(w *waiter, cs ...chan chan int) {
	t := time.Tick(1)
	for {
		select {
		case (<-cs[0]) <- <-<-cs[1]:
		case w.a[0] = <-make(chan chan struct{}):
		case <-t:
		case <-(<-chan time.Time)(time.After(1)):
		case <-func() chan int { return nil }():
			break
		default:
			continue
		}
	}
}
