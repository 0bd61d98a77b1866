// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

var (
	counter int
	sum     float64
	mu      sync.Mutex
)

func lockAndUnlock() {
	mu.Lock()
	defer mu.Unlock()
}

// count increments counter in one goroutine, then in another. That they come one
// after the other is the doing of a pipe, in a way that the race detector does
// not see, as if it were chance. between is run by both, on either side of it.
func count(between func()) {
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		panic(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		counter++
		between()
		transfer(syscall.SYS_WRITE, pipe[1])
	})
	wg.Go(func() {
		transfer(syscall.SYS_READ, pipe[0])
		between()
		counter++
	})
	wg.Wait()
}

// transfer reads or writes a byte. Unlike syscall.Read and syscall.Write it does
// not tell the race detector.
func transfer(call uintptr, fd int) {
	var b [1]byte
	if n, _, errno := syscall.Syscall(call, uintptr(fd), uintptr(unsafe.Pointer(&b)), 1); n != 1 {
		panic(errno)
	}
}

// increments is how many each of two goroutines makes: a few milliseconds, so
// that two on one processor take turns.
const increments = 5_000_000

// lost prints how many increments of two goroutines were lost, with each on a
// processor of its own and with both on one.
func lost() {
	a, b := twoProcessors()
	fmt.Println("int on two:", untilLost(a, b, incrementInt))
	few := 0
	for range 4 {
		few += incrementInt(a, a)
	}
	fmt.Println("int on one:", few)
	fmt.Println("float64 on one:", untilLost(a, a, incrementFloat))
}

// untilLost tries until some are lost.
func untilLost(a, b int, try func(a, b int) int) int {
	for began := time.Now(); time.Since(began) < patience; {
		if n := try(a, b); n > 0 {
			return n
		}
	}
	return 0
}

func incrementInt(a, b int) int {
	counter = 0
	both(a, b, func(int) {
		for range increments {
			counter++
		}
	})
	return 2*increments - counter
}

func incrementFloat(a, b int) int {
	sum = 0
	both(a, b, func(int) {
		for range increments {
			sum++
		}
	})
	return 2*increments - int(sum)
}
