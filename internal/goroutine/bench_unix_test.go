// SPDX-License-Identifier: Apache-2.0

//go:build unix

package goroutine

import (
	"io"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// What a profile of 100,000 goroutines in 100 label sets costs in CPU time,
// against the runtime's own part of it: of one set, of all, and of all if every
// goroutine is alone in its set.
func BenchmarkProfile(b *testing.B) {
	const goroutines = 100_000
	for _, c := range []struct {
		name string
		sets int
		keep func(Labels) bool
	}{
		{"keep=one-of-100", 100, func(l Labels) bool { return l.Get("extra") == "7" }},
		{"keep=all-of-100", 100, nil},
		{"keep=all-of-100000", goroutines, nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			defer manyGoroutines(goroutines, c.sets)()
			var own, bare []float64
			for b.Loop() {
				bare = append(bare, cpuOf(b, func() error { return pprof.Lookup("goroutine").WriteTo(io.Discard, 0) }))
				own = append(own, cpuOf(b, func() error { _, err := Profile(c.keep); return err }))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(bare)/1e6, "bare-cpu-ms")
			b.ReportMetric(median(own)/1e6, "cpu-ms")
			b.ReportMetric(median(own)/median(bare), "ratio")
		})
	}
}

// manyGoroutines launches goroutines that wait, in that many label sets and with
// ten different stacks, and returns what ends them.
func manyGoroutines(n, sets int) (end func()) {
	g, c := newGroup(), make(chan int)
	var begun, ended sync.WaitGroup
	begun.Add(n)
	ended.Add(n)
	for i := range n {
		g.launch(strconv.Itoa(i%sets), func() {
			defer ended.Done()
			begun.Done()
			waitDeep(c, i%10)
		})
	}
	begun.Wait()
	return func() {
		close(c)
		ended.Wait()
	}
}

//go:noinline
func waitDeep(c chan int, depth int) {
	if depth > 0 {
		waitDeep(c, depth-1)
		return
	}
	<-c
}

// cpuOf is the process's CPU time for f, and for the garbage that it leaves.
func cpuOf(b *testing.B, f func() error) float64 {
	b.Helper()
	runtime.GC() // not of what came before
	before := cpuTime(b)
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return float64(cpuTime(b) - before)
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(v []float64) float64 { return slices.Sorted(slices.Values(v))[len(v)/2] }
