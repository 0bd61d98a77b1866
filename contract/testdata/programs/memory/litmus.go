// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// A duel is between two goroutines: each writes something of its own, then looks
// for what the other wrote. Its functions say whether they missed it. If both
// do, each has read before its own write was seen by the other.
type duel [2]func(round int) (missed bool)

// rounds is how many duels one after the other are fought by a pair of threads.
const rounds = 2000

// A cell has cache lines to itself, for reads and writes to be delayed alone.
type cell struct {
	p unsafe.Pointer
	_ [120]byte
}

func newPlain(n int) duel {
	cells := [2][]cell{make([]cell, n), make([]cell, n)}
	side := func(own, other int) func(int) bool {
		return func(i int) bool {
			cells[own][i].p = unsafe.Pointer(&cells)
			return cells[other][i].p == nil
		}
	}
	return duel{side(0, 1), side(1, 0)}
}

func newAtomic(n int) duel {
	cells := [2][]cell{make([]cell, n), make([]cell, n)}
	side := func(own, other int) func(int) bool {
		return func(i int) bool {
			atomic.StorePointer(&cells[own][i].p, unsafe.Pointer(&cells))
			return atomic.LoadPointer(&cells[other][i].p) == nil
		}
	}
	return duel{side(0, 1), side(1, 0)}
}

// newAtomicCancel is the one people ask about: one side publishes its work and
// looks whether it was cancelled, the other cancels and looks for the work.
func newAtomicCancel(n int) duel {
	cells, values := make([]cell, n), make([]int, n)
	ctxs, cancels := make([]context.Context, n), make([]context.CancelFunc, n)
	for i := range n {
		ctxs[i], cancels[i] = context.WithCancel(context.Background())
	}
	publish := func(i int) bool {
		values[i] = 1
		atomic.StorePointer(&cells[i].p, unsafe.Pointer(&values[i]))
		return ctxs[i].Err() == nil
	}
	cancel := func(i int) bool {
		cancels[i]()
		p := (*int)(atomic.LoadPointer(&cells[i].p))
		return p == nil || *p == 0
	}
	return duel{publish, cancel}
}

// litmus prints how often both sides missed each other. It goes on until plain
// writes have done so ten times: then there was enough of a chance. On a machine
// that is not busy it makes more of them.
func litmus() {
	a, b := twoProcessors()
	var total, plain, atomics, cancels int
	goesOn := func(took time.Duration) bool {
		return plain < 10 && took < patience || total < 20_000 && took < patience/100
	}
	for began := time.Now(); goesOn(time.Since(began)); total += rounds {
		plain += fight(a, b, newPlain(rounds))
		atomics += fight(a, b, newAtomic(rounds))
		cancels += fight(a, b, newAtomicCancel(rounds))
	}
	fmt.Println("duels:", total)
	fmt.Println("plain:", plain)
	fmt.Println("atomic:", atomics)
	fmt.Println("cancel:", cancels)
}

// fight returns in how many rounds both missed.
func fight(a, b int, d duel) int {
	var arrived atomic.Int64
	var missed [2][rounds]bool
	both(a, b, func(side int) {
		for i := range rounds {
			arrived.Add(1)
			meet(&arrived, int64(2*i+2))
			missed[side][i] = d[side](i)
		}
	})
	n := 0
	for i := range rounds {
		if missed[0][i] && missed[1][i] {
			n++
		}
	}
	return n
}

// meet waits, first without giving up the processor: a duel needs both at once.
func meet(arrived *atomic.Int64, want int64) {
	for i := 0; arrived.Load() < want; i++ {
		if i > 1000 {
			runtime.Gosched()
		}
	}
}

// once fights a single round, as the race detector wants it.
func once(d duel) {
	done := make(chan bool)
	go func() { done <- d[0](0) }()
	go func() { done <- d[1](0) }()
	<-done
	<-done
}
