// SPDX-License-Identifier: Apache-2.0

package a

import "sync"

type T struct {
	done  chan struct{} // want `make 1, close 1, receive 1, private, unbuffered`
	Open  chan int      // want `receive 1`
	given <-chan int    // want `origin 1, receive 1`
	plain chan int      // want `make 1, send 1, private`
}

func New(in <-chan int) *T {
	t := &T{done: make(chan struct{}), given: in}
	t.plain = make(chan int, 1)
	t.plain <- 1
	go t.run() // want `starts, literal false`
	return t
}

func (t *T) run() {
	for {
		select {
		case <-t.done:
			return
		case <-t.Open:
		case <-t.given:
		}
	}
}

func (t *T) Stop() { shut(t.done) }

func shut(ch chan struct{}) { close(ch) }

func local(wg *sync.WaitGroup) {
	ch := make(chan int) // want `make 1, send 1, receive 1, private, unbuffered`
	go func(out chan<- int) { // want `starts, literal true`
		out <- 1
	}(ch)
	alias := (<-chan int)(ch)
	<-alias
	wg.Go(func() {}) // want `starts, literal true`
}

func escapes(f func(chan int)) chan int {
	a := make(chan int) // want `make 1, escape 1, unbuffered`
	b := make(chan int) // want `make 1, escape 1, unbuffered`
	f(a)
	return b
}

func foreign(f func() chan int) {
	ch := f() // want `origin 1, receive 1`
	for range ch {
		continue
	}
}

type pair struct {
	a, b chan int // want `make 1, private, unbuffered` `make 1, close 1, private, unbuffered`
}

func newPair() pair {
	b := make(chan int)
	return pair{make(chan int), b}
}

func (p pair) stop() { close(p.b) }

func wait(ch <-chan int) { <-ch } // want `make 1, receive 1, private, unbuffered`

func waits() { wait(make(chan int)) }

func waitFor(ch <-chan int) { <-ch } // want `origin 1, receive 1`

func waitsFor(f func() chan int) { waitFor(f()) }
