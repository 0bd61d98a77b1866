// SPDX-License-Identifier: Apache-2.0

package a

import (
	"sync"
	"time"
)

type server struct {
	mu      sync.Mutex
	other   sync.Mutex
	wg      sync.WaitGroup
	quit    chan bool
	done    chan bool
	running bool
}

func (s *server) start() {
	s.wg.Add(1)
	go s.loop()
	go func() {
		defer close(s.done)
		<-s.quit
		s.end()
	}()
}

func (s *server) loop() {
	defer s.wg.Done()
	for {
		select {
		case <-s.quit:
			return
		default:
			s.work()
		}
	}
}

func (s *server) work() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = true
}

func (s *server) end() {
	s.mu.Lock()
	s.running = false
	s.mu.Unlock()
}

func (s *server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.quit)
	s.wg.Wait() // want `mu is held during this wait, and the goroutine that is waited for locks it: the stop hangs`
}

func (s *server) Close() {
	s.mu.Lock()
	if !s.running {
		s.mu.Unlock()
		return
	}
	close(s.quit)
	<-s.done // want `mu is held during this wait`
	s.mu.Unlock()
}

func (s *server) Shutdown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.join() // want `mu is held during this wait`
}

func (s *server) join() {
	close(s.quit)
	s.wg.Wait()
}

type embeds struct {
	sync.RWMutex
	wg sync.WaitGroup
	n  int
}

func (e *embeds) start() {
	e.wg.Go(func() {
		e.RLock()
		defer e.RUnlock()
		println(e.n)
	})
}

func (e *embeds) Stop() {
	e.Lock()
	defer e.Unlock()
	e.wg.Wait() // want `RWMutex is held during this wait`
}

// Readers do not keep each other out.
func (e *embeds) Wait() {
	e.RLock()
	defer e.RUnlock()
	e.wg.Wait()
}

func (s *server) each(list []int) {
	var wg sync.WaitGroup
	s.mu.Lock()
	defer s.mu.Unlock()
	for range list {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s.work()
		}()
	}
	wg.Wait() // want `mu is held during this wait`
}

// From here on nothing is wrong.

type tree struct {
	mu   sync.Mutex
	sub  *tree
	done chan bool
}

type wanted struct {
	mu     sync.Mutex
	result chan int
	done   bool
}

// The result is handed over under the lock: who sees done finds it.
func (w *wanted) deliver(v int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = true
	w.result <- v
	close(w.result)
}

func (w *wanted) start() { go func() { w.deliver(1) }() }

func (w *wanted) cancel() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		<-w.result
	}
}

// The goroutine of a tree locks what it has below, not itself.
func (t *tree) start() {
	go func() {
		defer close(t.done)
		t.sub.mark()
	}()
}

func (t *tree) mark() {
	t.mu.Lock()
	t.mu.Unlock()
}

func (t *tree) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	<-t.done
}

func (s *server) unlocksFirst() {
	s.mu.Lock()
	close(s.quit)
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *server) unlocksInBoth() {
	s.mu.Lock()
	if s.running {
		s.mu.Unlock()
	} else {
		s.running = true
		s.mu.Unlock()
	}
	s.wg.Wait()
}

func (s *server) anotherLock() {
	s.other.Lock()
	defer s.other.Unlock()
	s.wg.Wait()
}

func (s *server) wayOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
	case <-time.After(time.Second):
	}
}

func (s *server) elsewhere() {
	s.mu.Lock()
	defer s.mu.Unlock()
	go func() {
		s.wg.Wait()
		close(s.quit)
	}()
}

func (s *server) off() {
	s.mu.Lock()
	defer s.mu.Unlock()
	//quiesce:ignore stoplock the loop has ended before, see start
	s.wg.Wait()
}
