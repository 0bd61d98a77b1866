// SPDX-License-Identifier: Apache-2.0

package calledback

import (
	"errors"
	"sync"

	"example.com/broker"
)

// One callback sends, and the other one closes.
func connect(o *broker.Options, done <-chan struct{}) <-chan string {
	ch := make(chan string)
	message := func(m string) {
		select {
		case ch <- m: // want `send on ch, which another callback closes at line \d+, maybe at the same time: then this panics`
		case <-done:
		}
	}
	lost := func() { close(ch) }
	o.OnMessage(message)
	o.OnLost(func(error) { lost() })
	return ch
}

// Here a lock keeps them apart.
func locked(o *broker.Options) <-chan string {
	var mu sync.Mutex
	ch, open := make(chan string, 1), true
	o.OnMessage(func(m string) {
		mu.Lock()
		defer mu.Unlock()
		if open {
			ch <- m
		}
	})
	o.OnLost(func(error) {
		mu.Lock()
		defer mu.Unlock()
		close(ch)
		open = false
	})
	return ch
}

// Here who closes is no callback.
func own(o *broker.Options, wait func()) <-chan string {
	ch := make(chan string)
	o.OnMessage(func(m string) { ch <- m })
	go func() {
		wait()
		close(ch)
	}()
	return ch
}

type list []string

func (l list) each(f func(string)) {
	for _, s := range l {
		f(s)
	}
}

// Here the package calls both, one after the other.
func inTurn(l list) <-chan string {
	ch := make(chan string, len(l))
	l.each(func(s string) { ch <- s })
	finish(func(error) { close(ch) })
	return ch
}

func finish(f func(error)) { f(errors.New("end")) }

// starters have their channels in no function of the package.
var starters = map[string]func() (send, stop func()){
	"one": func() (send, stop func()) {
		jobs := make(chan int)
		go func() {
			for range jobs {
			}
		}()
		return func() { jobs <- 1 }, func() { close(jobs) }
	},
}
