// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"runtime"
	"syscall"
	"time"
)

// onMainThread runs f on the main thread, whose id is that of the process, and
// waits for it. Goroutines occupy one idle thread after the other until one of
// them has that. Call it first: os/signal locks a thread, a system call keeps one.
func onMainThread(f func()) {
	done := make(chan struct{})
	var try func(left int)
	try = func(left int) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		switch {
		case syscall.Gettid() == os.Getpid():
			f()
			close(done)
		case left == 0:
			panic("the main thread is not free")
		default:
			time.Sleep(time.Millisecond) // it may be on its way to be idle
			go try(left - 1)
			<-done
		}
	}
	go try(100)
	<-done
}

// onThreads runs f on n threads, first on the main thread, then on all others at
// once.
func onThreads(n int, f func()) {
	onMainThread(func() {
		f()
		done, over := make(chan struct{}), make(chan struct{})
		defer close(over)
		for range n - 1 {
			go func() {
				runtime.LockOSThread()
				f()
				done <- struct{}{}
				<-over // nobody else gets this thread
			}()
		}
		for range n - 1 {
			<-done
		}
	})
}

// untilStdinEnds keeps this thread in read(2).
func untilStdinEnds() { _, _ = io.Copy(io.Discard, blockingStdin{}) }

// blockingStdin is standard input without the poller.
type blockingStdin struct{}

func (blockingStdin) Read(b []byte) (int, error) {
	n, err := syscall.Read(0, b)
	if n <= 0 {
		return 0, io.EOF
	}
	return n, err
}
