// SPDX-License-Identifier: Apache-2.0

package broadcast

import (
	"context"
	"slices"
	"sync"
)

type hub struct {
	mu        sync.Mutex
	listeners map[int]chan string
	next      int
}

func (h *hub) subscribe(done chan struct{}) <-chan string {
	ch := make(chan string, 200)
	h.mu.Lock()
	i := h.next
	h.next++
	h.listeners[i] = ch
	h.mu.Unlock()
	go func() {
		<-done
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.listeners, i)
	}()
	return ch
}

func (h *hub) publish(s string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, ch := range h.listeners {
		ch <- s // want `ch may have no receiver any more, and this send has mu locked, which line 26 waits for to take the receiver off: then both wait for ever`
	}
}

func (h *hub) try(s string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, ch := range h.listeners {
		select {
		case ch <- s:
		default:
		}
	}
}

func (h *hub) copied(s string) {
	h.mu.Lock()
	list := make([]chan string, 0, len(h.listeners))
	for _, ch := range h.listeners {
		list = append(list, ch)
	}
	h.mu.Unlock()
	for _, ch := range list {
		ch <- s
	}
}

type client struct {
	out chan string
	ctx context.Context
}

type room struct {
	sync.RWMutex
	clients []*client
}

func (r *room) leave(c *client) {
	r.Lock()
	defer r.Unlock()
	r.clients = slices.DeleteFunc(r.clients, func(other *client) bool { return other == c })
}

func (r *room) say(s string) {
	r.RLock()
	if s == "" {
		r.RUnlock()
		return
	}
	for _, c := range r.clients {
		c.out <- s // want `c.out may have no receiver any more, and this send has room locked, which line 75 waits for`
	}
	r.RUnlock()
}

type drained struct {
	mu    sync.Mutex
	chans map[chan int]bool
}

func (d *drained) remove(ch chan int) {
	go func() {
		for range ch {
		}
	}()
	d.mu.Lock()
	delete(d.chans, ch)
	close(ch)
	d.mu.Unlock()
}

func (d *drained) send(v int) {
	d.mu.Lock()
	for ch := range d.chans {
		ch <- v
	}
	d.mu.Unlock()
}

type closed struct {
	mu    sync.Mutex
	chans []chan int
}

func (c *closed) add(ch chan int) {
	c.mu.Lock()
	c.chans = append(c.chans, ch)
	c.mu.Unlock()
}

func (c *closed) send(v int) {
	c.mu.Lock()
	for _, ch := range c.chans {
		ch <- v
	}
	c.mu.Unlock()
}

type once struct {
	mu      sync.Mutex
	waiters map[chan int]bool
}

func (o *once) wait(ctx context.Context) int {
	ch := make(chan int, 1)
	o.mu.Lock()
	o.waiters[ch] = true
	o.mu.Unlock()
	select {
	case v := <-ch:
		return v
	case <-ctx.Done():
		o.forget(ch)
		return 0
	}
}

func (o *once) forget(ch chan int) {
	o.mu.Lock()
	delete(o.waiters, ch)
	o.mu.Unlock()
}

func (o *once) wake(v int) {
	o.mu.Lock()
	for ch := range o.waiters {
		ch <- v
	}
	o.waiters = map[chan int]bool{}
	o.mu.Unlock()
}
