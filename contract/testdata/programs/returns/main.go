// SPDX-License-Identifier: Apache-2.0

// Command returns has unfinished work, unreachable objects and a full buffer
// when it takes SIGTERM and returns from main. It is a program of its own
// because the programs of claims are functions that end with os.Exit.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
)

func main() {
	debug.SetGCPercent(-1) // nothing is collected before the end
	defer fmt.Println("deferred in main")
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	fmt.Fprintln(bufio.NewWriter(os.Stdout), "buffered")
	runtime.SetFinalizer(new([64]byte), func(*[64]byte) { fmt.Println("finalizer") })
	runtime.AddCleanup(new([64]byte), func(string) { fmt.Println("cleanup") }, "")
	working := make(chan struct{})
	go work(working)
	<-working
	fmt.Println("ready")
	<-term
	fmt.Println("taken")
}

// work is not finished before its standard input ends, which is after the end
// of the program.
func work(working chan<- struct{}) {
	defer fmt.Println("deferred in a goroutine")
	close(working)
	_, _ = os.Stdin.Read(make([]byte, 1))
	fmt.Println("work finished")
}
