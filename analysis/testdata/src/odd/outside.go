// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"time"
)

// What is here stands in no function of the package.

var (
	outsideDone  = make(chan struct{})
	outsideSigs  = make(chan os.Signal)
	outsideJobs  = make(chan int)
	outsideList  []chan int
	outsideMap   = map[string]chan int{}
	outsideLock  sync.Mutex
	outsideGroup sync.WaitGroup

	outsideContext, outsideCancel = context.WithCancel(context.Background())
	outsideServer                 = &http.Server{BaseContext: func(net.Listener) context.Context { go outsideServer2.Serve(nil); return nil }}
	outsideServer2                = new(http.Server)
	_                             = http.ListenAndServe("", nil)
	_                             = exec.Command("x").Run()
	_, _                          = net.Dial("tcp", "")
)

var _ = func() error {
	signal.Notify(outsideSigs, os.Interrupt, os.Kill)
	go outsideServer.ListenAndServe()
	<-outsideSigs
	for {
		switch <-outsideSigs {
		case os.Interrupt:
			outsideServer.Shutdown(outsideContext)
			os.Exit(1)
		}
		break
	}
	defer os.Remove("x")
	log.Fatal("x")
	return outsideServer.Shutdown(context.Background())
}()

var outsideFuncs = []func(){
	func() {
		go func() {
			for {
				select {
				case <-outsideDone:
					break
				case <-time.After(1):
				}
			}
		}()
		close(outsideDone)
		close(outsideDone)
	},
	func() {
		outsideGroup.Go(func() { outsideGroup.Add(1); outsideJobs <- 1 })
		outsideGroup.Wait()
		close(outsideJobs)
	},
	func() {
		outsideLock.Lock()
		defer outsideLock.Unlock()
		for _, c := range outsideList {
			c <- 1
		}
		for _, c := range outsideMap {
			close(c)
		}
		outsideLock.Unlock()
	},
	func() {
		c := outsideMap["x"]
		outsideLock.Unlock()
		c <- 1
		go func() { c <- 2; close(c) }()
		<-c
	},
	func() {
		t := time.NewTicker(1)
		for range t.C {
			go func() { t = time.NewTicker(2) }()
		}
	},
	func() {
		ctx, cancel := context.WithTimeout(outsideContext, 1)
		ctx, cancel = context.WithCancel(ctx)
		go func() { <-ctx.Done(); http.DefaultClient.Get("") }()
		outsideCancel()
		defer outsideServer.Shutdown(ctx)
		_ = cancel
	},
	func() {
		cmd := exec.Command("x")
		out, _ := cmd.StdoutPipe()
		go func() { out.Read(nil); outsideGroup.Done() }()
		go cmd.Wait()
		conn, _, _ := http.ResponseWriter(nil).(http.Hijacker).Hijack()
		conn.Read(nil)
	},
}

var _ = map[string]func(w http.ResponseWriter, r *http.Request){
	"x": func(w http.ResponseWriter, r *http.Request) {
		go func() { w.Write(nil) }()
		select {
		case outsideJobs <- 1:
		case <-r.Context().Done():
			exec.CommandContext(r.Context(), "x").Run()
		}
		outsideServer.RegisterOnShutdown(func() { close(outsideJobs) })
	},
}

var outsideTimer = time.AfterFunc(1, func() {
	var again *time.Timer
	again = time.AfterFunc(1, func() { go func() { again.Reset(1) }() })
})
