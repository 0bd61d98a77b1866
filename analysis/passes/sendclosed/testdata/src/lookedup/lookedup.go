// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
	"time"
)

var (
	mu      sync.RWMutex
	outbox  = map[string]chan string{}
	replies = map[string]chan string{}
	last    = map[string]chan string{}
)

func serve(to, text string) {
	mu.RLock()
	ch, ok := outbox[to]
	mu.RUnlock()
	if !ok {
		return
	}
	select {
	case ch <- text: // want `send on ch, which line \d+ may have closed since it was taken out of outbox: then it panics`
	case <-time.After(time.Second):
	}
}

// answer sends with the lock.
func answer(to, text string) {
	mu.RLock()
	defer mu.RUnlock()
	if ch := replies[to]; ch != nil {
		ch <- text
	}
}

func tell(to, text string) {
	mu.RLock()
	ch := last[to]
	mu.RUnlock()
	ch <- text
}

func main() {
	go serve("a", "b")
	go answer("a", "b")
	go tell("a", "b")
	mu.Lock()
	defer mu.Unlock()
	for _, ch := range outbox {
		close(ch)
	}
	for _, ch := range replies {
		close(ch)
	}
	fmt.Println("stopped")
	time.Sleep(time.Second)
	for _, ch := range last { // the process ends with it
		close(ch)
	}
}

// A hub whose Close waits for those that send.
type hub struct {
	mu      sync.Mutex
	wg      sync.WaitGroup
	members map[string]chan string
	guests  map[string]chan string
}

func (h *hub) send(to, text string) {
	h.wg.Add(1)
	defer h.wg.Done()
	h.mu.Lock()
	ch := h.members[to]
	h.mu.Unlock()
	ch <- text
}

func (h *hub) invite(to, text string) {
	h.mu.Lock()
	ch := h.guests[to]
	h.mu.Unlock()
	ch <- text // want `send on ch, which line \d+ may have closed since it was taken out of guests: then it panics`
}

func (h *hub) Close() {
	h.wg.Wait()
	for _, ch := range h.members {
		close(ch)
	}
}

func (h *hub) dismiss() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, ch := range h.guests {
		close(ch)
	}
}
