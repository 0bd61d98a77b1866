// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"
)

// A cpuset is a set of processors; see sched_setaffinity(2). It is for as many
// as the kernel can have (CONFIG_NR_CPUS, 8192).
type cpuset [128]uint64

// affinity gets or sets the processors of the calling thread.
func affinity(call uintptr, set *cpuset) {
	if _, _, errno := syscall.Syscall(call, 0, unsafe.Sizeof(*set), uintptr(unsafe.Pointer(set))); errno != 0 {
		panic(errno)
	}
}

// twoProcessors returns the numbers of two that this process may use, also if
// whoever started it had it use one. It ends the program if there is only one.
func twoProcessors() (a, b int) {
	runtime.LockOSThread()
	var set cpuset
	for i := range set {
		set[i] = ^uint64(0)
	}
	affinity(syscall.SYS_SCHED_SETAFFINITY, &set)
	set = cpuset{}
	affinity(syscall.SYS_SCHED_GETAFFINITY, &set)
	var found []int
	for n := range len(set) * 64 {
		if set[n/64]&(1<<(n%64)) != 0 {
			found = append(found, n)
		}
	}
	if len(found) < 2 {
		fmt.Println("one processor")
		os.Exit(0)
	}
	return found[0], found[1]
}

// both runs f twice at once, on the processors a and b. Each has a thread that
// ends with it, and with it what was said about processors.
func both(a, b int, f func(side int)) {
	runtime.GOMAXPROCS(4) // two may be left of a caller that wants one
	var begin, end sync.WaitGroup
	begin.Add(2)
	for side, cpu := range []int{a, b} {
		end.Go(func() {
			runtime.LockOSThread()
			var set cpuset
			set[cpu/64] = 1 << (cpu % 64)
			affinity(syscall.SYS_SCHED_SETAFFINITY, &set)
			begin.Done()
			begin.Wait()
			f(side)
		})
	}
	end.Wait()
}
