// SPDX-License-Identifier: Apache-2.0

package objects

import "sync"

type worker struct {
	m    *manager
	wg   sync.WaitGroup
	quit chan struct{}
	done chan struct{}
	ask  chan int
}

type manager struct {
	mu      sync.Mutex
	workers map[int]*worker
	first   *worker
	n       int
}

func (m *manager) report() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
}

func (w *worker) start() {
	w.wg.Add(1)
	go w.run()
	go func() {
		defer close(w.done)
		w.m.mu.Lock()
		w.m.n++
		w.m.mu.Unlock()
	}()
}

func (w *worker) run() {
	defer w.wg.Done()
	for {
		select {
		case <-w.quit:
			return
		case <-w.ask:
			w.m.report()
		}
	}
}

func (w *worker) stop() {
	close(w.quit)
	w.wg.Wait()
}

func newWorker(m *manager) *worker {
	return &worker{m: m, quit: make(chan struct{}), done: make(chan struct{}), ask: make(chan int)}
}

func (m *manager) stopFirst() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.first.stop() // want `mu is held during this wait`
}

func (m *manager) stopAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.workers {
		w.stop()   // want `mu is held during this wait`
		<-w.done   // want `mu is held during this wait`
		w.ask <- 1 // want `mu is held during this wait`
	}
}

func (m *manager) stopOne(id int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w, ok := m.workers[id]; ok {
		w.wg.Wait() // want `mu is held during this wait`
	}
}

// From here on nothing is wrong.

func (m *manager) stopOutside() {
	m.mu.Lock()
	all := m.workers
	m.mu.Unlock()
	for _, w := range all {
		w.stop()
	}
}

func (m *manager) stopAnother(w *worker) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w.stop()
}

type quiet struct {
	wg  sync.WaitGroup
	log *manager
}

type holder struct {
	mu sync.Mutex
	q  *quiet
}

func (q *quiet) start() {
	q.wg.Add(1)
	go func() {
		defer q.wg.Done()
		q.log.report()
	}()
}

func (h *holder) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.q.wg.Wait()
}
