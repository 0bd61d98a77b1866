// SPDX-License-Identifier: Apache-2.0

// Package lib has objects with goroutines of their own.
package lib

import (
	"context"
	"time"
)

// A Cache forgets what is old until it is closed.
type Cache struct {
	quit chan struct{}
	m    map[string]int
}

// NewCache makes a cache.
func NewCache() *Cache {
	c := &Cache{quit: make(chan struct{}), m: map[string]int{}}
	go c.expire()
	return c
}

func (c *Cache) expire() {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			clear(c.m)
		case <-c.quit:
			return
		}
	}
}

// Get returns a value.
func (c *Cache) Get(key string) int { return c.m[key] }

// Close ends it.
func (c *Cache) Close() error {
	close(c.quit)
	return nil
}

// A Worker works until it is told to end, by a send.
type Worker struct {
	jobs chan int
	stop chan chan bool
}

// NewWorker makes a worker.
func NewWorker() (*Worker, error) {
	w := &Worker{jobs: make(chan int), stop: make(chan chan bool)}
	w.start()
	return w, nil
}

func (w *Worker) start() {
	go func() {
		for {
			select {
			case j := <-w.jobs:
				if j < 0 {
					panic("negative")
				}
			case done := <-w.stop:
				done <- true
				return
			}
		}
	}()
}

// Do gives it something to do.
func (w *Worker) Do(n int) { w.jobs <- n }

// Stop ends it.
func (w *Worker) Stop() {
	done := make(chan bool)
	w.stop <- done
	<-done
}

// A Queue works until its input is closed.
type Queue struct{ in chan int }

// NewQueue makes a queue.
func NewQueue() *Queue {
	q := &Queue{in: make(chan int)}
	go q.run()
	return q
}

func (q *Queue) run() {
	for {
		v, ok := <-q.in
		if !ok {
			return
		}
		println(v)
	}
}

// Put adds one.
func (q *Queue) Put(v int) { q.in <- v }

// Close ends it.
func (q *Queue) Close() { close(q.in) }

// A Watcher watches until its context is cancelled.
type Watcher struct{ cancel context.CancelFunc }

// Watch makes one.
func Watch() *Watcher {
	ctx, cancel := context.WithCancel(context.Background())
	w := &Watcher{cancel: cancel}
	go func() {
		for {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return
			}
		}
	}()
	return w
}

// Close ends it.
func (w *Watcher) Close() { w.cancel() }

// What follows ends by itself, too.

// A Job ends when it is done.
type Job struct {
	quit chan struct{}
	left int
}

// NewJob makes one.
func NewJob() *Job {
	j := &Job{quit: make(chan struct{}), left: 9}
	go func() {
		for {
			select {
			case <-time.After(time.Second):
				if j.left--; j.left == 0 {
					return
				}
			case <-j.quit:
				return
			}
		}
	}()
	return j
}

// Close ends it.
func (j *Job) Close() { close(j.quit) }

// A Session closes itself.
type Session struct{ quit chan struct{} }

// NewSession makes one.
func NewSession() *Session {
	s := &Session{quit: make(chan struct{})}
	go func() {
		for {
			select {
			case <-time.After(time.Second):
			case <-s.quit:
				return
			}
		}
	}()
	return s
}

// Use ends it after the last use.
func (s *Session) Use(last bool) {
	if last {
		s.Close()
	}
}

// Close ends it.
func (s *Session) Close() { close(s.quit) }

// A Zone is brought up to date for ever.
type Zone struct{ n int }

// Update never comes back.
func (z *Zone) Update() error {
again:
	tick := time.NewTicker(time.Minute)
	for {
		select {
		case <-tick.C:
			z.n++
			if z.n == 0 {
				break
			}
			tick.Stop()
			goto again
		}
	}
}

// Every calls a function again and again.
func Every(f func()) {
	for {
		f()
		time.Sleep(time.Second)
	}
}

// Until calls a function until it fails.
func Until(f func() error) {
	for {
		if f() != nil {
			return
		}
	}
}
