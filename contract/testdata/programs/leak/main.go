// SPDX-License-Identifier: Apache-2.0

// Leak has goroutines that are blocked for ever, each in its own way and in a
// function of its own, and prints what the leak profile says about them.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"weak"
)

var (
	everybodys = make(chan int)
	registry   = map[string]chan int{}
)

// onlyMine waits on a channel that nobody else holds.
func onlyMine(held *[1 << 16]byte) {
	<-make(chan int)
	runtime.KeepAlive(held)
}

// onGlobal waits on a channel that a package variable holds.
func onGlobal() { <-everybodys }

// onRegistered waits on a channel that a table of tasks holds.
func onRegistered(c chan int) { <-c }

// onNil waits on no channel at all.
func onNil() {
	var c chan int
	<-c
}

// onContext waits for a context whose cancel function nobody has.
func onContext() {
	ctx, cancel := context.WithCancel(context.Background())
	_ = cancel
	<-ctx.Done()
}

func main() {
	profile := pprof.Lookup("goroutineleak")
	if profile == nil {
		fmt.Println("no leak profile")
		os.Exit(1)
	}
	held := start()
	before := runtime.NumGoroutine()
	awaitBlocked()
	for range 2 { // does the first one free anything?
		if err := profile.WriteTo(os.Stdout, 1); err != nil {
			panic(err)
		}
	}
	fmt.Println("goroutines gone:", before-runtime.NumGoroutine())
	fmt.Println("memory kept:", held.Value() != nil)
}

// start returns a pointer to memory that only a blocked goroutine uses.
func start() weak.Pointer[[1 << 16]byte] {
	held := new([1 << 16]byte)
	w := weak.Make(held)
	go onlyMine(held)
	go onGlobal()
	registry["task"] = make(chan int)
	go onRegistered(registry["task"])
	go onNil()
	go onContext()
	return w
}

// awaitBlocked returns when every goroutine but this one is blocked.
func awaitBlocked() {
	for {
		buf := make([]byte, 1<<16)
		all := string(buf[:runtime.Stack(buf, true)])
		if strings.Count(all, " [runn") == 1 { // running, runnable
			return
		}
		runtime.Gosched()
	}
}
