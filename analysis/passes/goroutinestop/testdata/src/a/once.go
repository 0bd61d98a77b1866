// SPDX-License-Identifier: Apache-2.0

package a

import (
	"sync"
	"time"
)

type zone struct {
	startup sync.Once
	n       int
}

// each starts a goroutine for each zone.
func each(zones []*zone) (hooks []func()) {
	for _, z := range zones {
		hooks = append(hooks, func() {
			z.startup.Do(func() {
				go func() { // want `the loop at line \d+ has no end`
					for {
						time.Sleep(time.Second)
						z.n++
					}
				}()
			})
		})
	}
	return hooks
}

// refresh has one for the object, of which there may be one only.
func (z *zone) refresh() {
	z.startup.Do(func() {
		go func() {
			for {
				time.Sleep(time.Second)
				z.n++
			}
		}()
	})
}

// PanicToError returns what a function panics with.
func PanicToError(f func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	f()
	return nil
}

type queue struct {
	in   chan int
	quit chan struct{}
}

// serves never leaves its loop: the break leaves the select, and nobody makes quit.
func (q *queue) serves(in chan int) {
	go func() { // want `the loop at line \d+ waits for quit, which nothing makes`
		for {
			select {
			case <-q.quit:
				break
			case v := <-in:
				PanicToError(func() { q.in <- v })
			}
		}
	}()
}

func (q *queue) stop() { PanicToError(func() { close(q.quit) }) }
