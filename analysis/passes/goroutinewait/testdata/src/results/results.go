// SPDX-License-Identifier: Apache-2.0

// Package results has goroutines that collect what comes from a channel.
package results

import (
	"sync"
	"time"
)

func produce(wg *sync.WaitGroup, ch chan<- int) {
	for i := range 10 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ch <- i
		}()
	}
}

// all returns what may not be all.
func all() []int {
	var wg sync.WaitGroup
	var out []int
	ch := make(chan int)
	go func() { // want `nobody waits for this goroutine after the close of ch`
		for i := range ch {
			out = append(out, i)
		}
	}()
	produce(&wg, ch)
	wg.Wait()
	close(ch)
	return out
}

// late closes its channel at the end only.
func late(mu *sync.Mutex) map[int]bool {
	var wg sync.WaitGroup
	out := map[int]bool{}
	ch := make(chan int)
	defer close(ch)
	go func() { // want `out is read at line \d+ without waiting for this goroutine`
		for i := range ch {
			mu.Lock()
			out[i] = true
			mu.Unlock()
		}
	}()
	produce(&wg, ch)
	wg.Wait()
	mu.Lock()
	defer mu.Unlock()
	return out
}

// named gives the goroutine all it needs.
func named() (int, error) {
	ch := make(chan error)
	var total int
	var first error
	go collect(ch, &total, &first) // want `total is read at line \d+ without waiting for this goroutine`
	for range 10 {
		ch <- nil
	}
	close(ch)
	if total > 0 {
		return total, first
	}
	return 0, first
}

func collect(ch <-chan error, total *int, first *error) {
	for err := range ch {
		*total++
		if *first == nil {
			*first = err
		}
	}
}

// workers write to a slice each at its place.
func workers(jobs []int) []int {
	out := make([]int, len(jobs))
	ch := make(chan int)
	for range 4 {
		go func() { // want `out is read at line \d+ without waiting for this goroutine`
			for i := range ch {
				out[i] = jobs[i] * 2
			}
		}()
	}
	for i := range jobs {
		ch <- i
	}
	close(ch)
	return out
}

// stopped looks at two channels.
func stopped(values []int) (sum int) {
	ch, stop := make(chan int, 10), make(chan struct{})
	go func() { // want `sum is read at line \d+ without waiting for this goroutine`
		for {
			select {
			case v := <-ch:
				sum += v
			case <-stop:
				return
			}
		}
	}()
	for _, v := range values {
		ch <- v
	}
	close(stop)
	return sum
}

// recorder collects in a field.
type recorder struct {
	ch    chan string
	lines []string
}

func newRecorder() *recorder {
	r := &recorder{ch: make(chan string)}
	go r.run() // want `r.lines is read at line \d+ without waiting for this goroutine`
	return r
}

func (r *recorder) run() {
	for s := range r.ch {
		r.lines = append(r.lines, s)
	}
}

func (r *recorder) Finish() []string {
	close(r.ch)
	return r.lines
}

// Innocent from here.

func waited() (out []int) {
	var wg sync.WaitGroup
	ch, done := make(chan int), make(chan struct{})
	go func() {
		defer close(done)
		for i := range ch {
			out = append(out, i)
		}
	}()
	produce(&wg, ch)
	wg.Wait()
	close(ch)
	<-done
	return out
}

func each() (out []int) {
	var wg sync.WaitGroup
	ch := make(chan int)
	go func() {
		for i := range ch {
			out = append(out, i)
			wg.Done()
		}
	}()
	for i := range 10 {
		wg.Add(1)
		ch <- i
	}
	wg.Wait()
	close(ch)
	return out
}

func called(finished func()) (out []int) {
	ch := make(chan int)
	go func() {
		defer finished()
		for i := range ch {
			out = append(out, i)
		}
	}()
	ch <- 1
	close(ch)
	return out
}

func unlocked() (out []int) {
	var mu sync.Mutex
	ch := make(chan int)
	mu.Lock()
	go func() {
		defer mu.Unlock()
		for i := range ch {
			out = append(out, i)
		}
	}()
	ch <- 1
	close(ch)
	mu.Lock()
	return out
}

func semaphore(jobs []int) []int {
	out := make([]int, len(jobs))
	ch, sem := make(chan int), make(chan struct{}, 4)
	for range 4 {
		sem <- struct{}{}
		go func() {
			for i := range ch {
				out[i] = jobs[i] * 2
			}
			<-sem
		}()
	}
	for i := range jobs {
		ch <- i
	}
	close(ch)
	for range 4 {
		sem <- struct{}{}
	}
	return out
}

// turned is the other way round: the goroutine sends, and the function collects.
func turned() (out []int) {
	var wg sync.WaitGroup
	ch := make(chan int)
	produce(&wg, ch)
	go func() {
		wg.Wait()
		close(ch)
	}()
	for i := range ch {
		out = append(out, i)
	}
	return out
}

// phases waits for those who send first, and sends more.
func phases() (n int) {
	var wg sync.WaitGroup
	ch := make(chan int)
	go func() {
		for range ch {
			n++
		}
	}()
	produce(&wg, ch)
	wg.Wait()
	ch <- 1
	time.Sleep(time.Second)
	return n
}

// unread closes, and looks at nothing.
func unread() {
	n := 0
	ch := make(chan int)
	go func() {
		for range ch {
			n++
		}
	}()
	ch <- 1
	close(ch)
}

// failing leaves early.
func failing(values []int) (sum int, ok bool) {
	ch, done := make(chan int), make(chan struct{})
	go func() {
		for v := range ch {
			sum += v
		}
		done <- struct{}{}
	}()
	for _, v := range values {
		if v < 0 {
			close(ch)
			return 0, false
		}
		ch <- v
	}
	close(ch)
	<-done
	return sum, true
}

// meter is read at any time.
type meter struct {
	mu sync.Mutex
	ch chan int
	n  int
}

func (m *meter) run() {
	go func() {
		for i := range m.ch {
			m.mu.Lock()
			m.n += i
			m.mu.Unlock()
		}
	}()
}

func (m *meter) Close() int {
	close(m.ch)
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.n
}

// sampled has what it has when it is asked.
func sampled() int {
	var mu sync.Mutex
	stop, peak := make(chan struct{}), 0
	go func() {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case <-stop:
				return
			case <-t.C:
				mu.Lock()
				peak++
				mu.Unlock()
			}
		}
	}()
	time.Sleep(time.Minute)
	close(stop)
	mu.Lock()
	defer mu.Unlock()
	return peak
}
