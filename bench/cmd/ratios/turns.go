// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/bench/internal/measure"
)

// A way is one way to run many small functions.
type way struct {
	name string
	// open makes what the way needs, and returns what has a burst of functions run and
	// waits for them; and what ends the way.
	open func() (run func(n int), end func())

	cost   time.Duration // CPU of one function, the median
	allocs float64       // of one function
}

// What is measured at a time: batches of so many functions, each waited for.
const (
	burst  = 256
	bursts = 400
)

// takeTurns measures all ways on so many processors, in turns.
func takeTurns(rounds, procs int, ways []way) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	samples := make([][]time.Duration, len(ways))
	for i := range rounds + 1 { // the first round warms up
		for j := range ways {
			at := (i + j) % len(ways)
			cpu, allocs := ways[at].sample()
			if i > 0 {
				samples[at] = append(samples[at], cpu)
				ways[at].allocs = allocs
			}
		}
	}
	for i := range ways {
		ways[i].cost = measure.Median(samples[i])
	}
}

func (w *way) sample() (cpu time.Duration, allocs float64) {
	run, end := w.open()
	defer end()
	for range 10 {
		run(burst) // workers, rings and free lists are there
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu = cpuOf(func() {
		for range bursts {
			run(burst)
		}
	}) / (burst * bursts)
	runtime.ReadMemStats(&after)
	return cpu, float64(after.Mallocs-before.Mallocs) / (burst * bursts)
}

// waited is a way in which a WaitGroup waits: give has a function run.
func waited(open func(done func()) (give func(), end func())) func() (func(int), func()) {
	return func() (func(int), func()) {
		var wg sync.WaitGroup
		give, end := open(wg.Done)
		return func(n int) {
			wg.Add(n)
			for range n {
				give()
			}
			wg.Wait()
		}, end
	}
}

// processors are those that every comparison of ways is made on.
var processors = []int{1, 2}

func onProcs(what string, procs int) string { return fmt.Sprintf("P=%d, %s", procs, what) }
