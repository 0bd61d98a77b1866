// SPDX-License-Identifier: Apache-2.0

package callback

import (
	"net/http"
	"sync"
)

type config struct{ n int }

type committer interface{ Commit(from, to config) bool }

type wrapper struct{ subs []committer }

func (w *wrapper) Subscribe(c committer) { w.subs = append(w.subs, c) }

func (w *wrapper) Unsubscribe(c committer) {}

type reports struct {
	force chan struct{}
	stop  chan struct{}
}

func newReports(w *wrapper) *reports {
	r := &reports{force: make(chan struct{}), stop: make(chan struct{})}
	w.Subscribe(r)
	return r
}

func (r *reports) Commit(from, to config) bool {
	if from != to {
		r.force <- struct{}{} // want `send on r.force, which Stop closes at line 40, although what line 27 registers still calls this: then it panics`
	}
	return true
}

func (r *reports) Stop() {
	close(r.stop)
	close(r.force)
}

type polite struct {
	w     *wrapper
	force chan struct{}
}

func newPolite(w *wrapper) *polite {
	p := &polite{w: w, force: make(chan struct{})}
	w.Subscribe(p)
	return p
}

func (p *polite) Commit(from, to config) bool {
	p.force <- struct{}{}
	return true
}

func (p *polite) Stop() {
	p.w.Unsubscribe(p)
	close(p.force)
}

type locked struct {
	mu    sync.Mutex
	force chan struct{}
	down  bool
}

func newLocked(w *wrapper) *locked {
	p := &locked{force: make(chan struct{}, 1)}
	w.Subscribe(p)
	return p
}

func (p *locked) Commit(from, to config) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.down {
		p.force <- struct{}{}
	}
	return true
}

func (p *locked) Stop() {
	p.mu.Lock()
	p.down = true
	close(p.force)
	p.mu.Unlock()
}

type hooks struct{ on []func(string) }

func (h *hooks) OnEvent(f func(string)) { h.on = append(h.on, f) }

type feed struct{ events chan string }

func newFeed(h *hooks, mux *http.ServeMux) *feed {
	f := &feed{events: make(chan string)}
	h.OnEvent(f.event)
	return f
}

func (f *feed) event(s string) {
	f.events <- s // want `send on f.events, which Close closes at line \d+, although what line \d+ registers still calls this`
}

func (f *feed) Close() { close(f.events) }

// queue is for its callers, who know when they stop it.
type queue struct{ events chan string }

func newQueue() *queue { return &queue{events: make(chan string)} }

func (q *queue) Put(s string) { q.events <- s }

func (q *queue) Close() { close(q.events) }
