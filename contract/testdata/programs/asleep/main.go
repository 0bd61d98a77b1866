// SPDX-License-Identifier: Apache-2.0

// Asleep is a program in which nothing can happen any more. Its argument says
// what else there is in it.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func main() {
	defer fmt.Println("deferred")
	fmt.Println("ready")
	switch os.Args[1] {
	case "goexit":
		runtime.Goexit()
	case "signals":
		signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR1)
	case "timer":
		time.AfterFunc(time.Hour, func() {})
	case "pipe":
		go readForEver()
	}
	<-make(chan int)
}

// readForEver waits as a server does for its next connection or request.
func readForEver() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	_, _ = r.Read(make([]byte, 1))
	runtime.KeepAlive(w)
}
